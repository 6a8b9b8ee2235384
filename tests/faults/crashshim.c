/* Preloaded: writes of the store that are cut short or interrupted, as POSIX allows them to be.
   SHIM is "HOW NUMBER" or "HOW NUMBER+": what happens to that write, or from it on.
   short: half of it is written. torn: half of it, and there is no room for the rest.
   intr: a signal came first. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

typedef ssize_t (*writer)(int, const void *, size_t, off64_t);

static int is_stores(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return strstr(path, "/.treadle/state.db") != NULL;
}

/* Whether something is to happen to this write; NULL if not. */
static const char *fate(int fd) {
  static int count, left_over;
  const char *said = getenv("SHIM"), *number;
  if (said == NULL || (number = strchr(said, ' ')) == NULL || !is_stores(fd)) return NULL;
  count++;
  int wanted = atoi(number), for_ever = strchr(said, '+') != NULL;
  if (left_over) {
    left_over = 0;
    return "full";
  }
  if (!(count == wanted || (for_ever && count > wanted))) return NULL;
  if (*said == 'i' && for_ever && count % 2) return NULL;
  if (*said == 't') left_over = 1;
  return said;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t place) {
  static writer real;
  if (real == NULL) real = (writer)dlsym(RTLD_NEXT, "pwrite64");
  const char *what = fate(fd);
  if (what == NULL) return real(fd, data, size, place);
  if (*what == 'f') return errno = ENOSPC, -1;
  if (*what == 'i') return errno = EINTR, -1;
  return real(fd, data, size > 1 ? size / 2 : size, place);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t place) {
  return pwrite64(fd, data, size, place);
}
