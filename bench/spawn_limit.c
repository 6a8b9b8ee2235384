/* The limit of bench/spawn.py: N processes, two in flight, and nothing kept about them.
 *
 *     spawn_limit N independent
 *     spawn_limit N layers WIDTH
 *
 * Each process is /bin/true in a process group of its own, with /dev/null as its
 * standard input: that much a scheduler owes its jobs. With layers, each job needs three
 * of the layer before, the same as `layers` in _spawners.py. glibc's posix_spawn is a
 * clone that shares the memory of the parent until the exec, as vfork does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { TOKENS = 2, NEEDS = 3 };

extern char **environ;

static posix_spawnattr_t attributes;
static posix_spawn_file_actions_t actions;

static void check(int error, const char *what)
{
    if (error) {
        fprintf(stderr, "spawn_limit: %s: %s\n", what, strerror(error));
        exit(1);
    }
}

static pid_t start(void)
{
    static char *const argv[] = {"/bin/true", NULL};
    pid_t pid;
    check(posix_spawn(&pid, argv[0], &actions, &attributes, argv, environ), "posix_spawn");
    return pid;
}

static pid_t ended(void)
{
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status)) {
        fprintf(stderr, "spawn_limit: a process failed\n");
        exit(1);
    }
    return pid;
}

static void independent(int n)
{
    for (int i = 0; i < n; i++) {
        if (i >= TOKENS)
            ended();
        start();
    }
    for (int i = 0; i < n && i < TOKENS; i++)
        ended();
}

/* Which job of the layer before is the j-th that job `i` needs. */
static int need(int i, int j, int width)
{
    return (i / width - 1) * width + (i * 7 + j * 13) % width;
}

static void layers(int n, int width)
{
    int *missing = calloc(n, sizeof *missing);       /* ends that a job still waits for */
    int *first = calloc(n + 1, sizeof *first);       /* where its successors begin */
    int *after = calloc((size_t)n * NEEDS, sizeof *after);
    int *ready = calloc(n, sizeof *ready);
    int head = 0, tail = 0, job[TOKENS];
    pid_t pids[TOKENS] = {0};
    if (!missing || !first || !after || !ready)
        check(ENOMEM, "calloc");

    for (int i = width; i < n; i++)
        for (int j = 0; j < NEEDS; j++)
            first[need(i, j, width) + 1]++;
    for (int i = 0; i < n; i++)
        first[i + 1] += first[i];
    int *next = calloc(n, sizeof *next);
    if (!next)
        check(ENOMEM, "calloc");
    for (int i = width; i < n; i++)
        for (int j = 0; j < NEEDS; j++) {
            int before = need(i, j, width);
            after[first[before] + next[before]++] = i;
        }
    for (int i = 0; i < n; i++) {
        missing[i] = i < width ? 0 : NEEDS;
        if (!missing[i])
            ready[tail++] = i;
    }

    for (int done = 0; done < n; done++) {
        for (int k = 0; k < TOKENS && head < tail; k++)
            if (!pids[k]) {
                job[k] = ready[head++];
                pids[k] = start();
            }
        pid_t pid = ended();
        for (int k = 0; k < TOKENS; k++)
            if (pids[k] == pid) {
                pids[k] = 0;
                for (int s = first[job[k]]; s < first[job[k] + 1]; s++)
                    if (!--missing[after[s]])
                        ready[tail++] = after[s];
            }
    }
    free(missing), free(first), free(after), free(ready), free(next);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return fprintf(stderr, "usage: spawn_limit N independent|layers [WIDTH]\n"), 2;
    int n = atoi(argv[1]);
    check(posix_spawnattr_init(&attributes), "attributes");
    check(posix_spawnattr_setpgroup(&attributes, 0), "attributes");
    check(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP), "attributes");
    check(posix_spawn_file_actions_init(&actions), "actions");
    check(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0), "actions");
    if (argc > 3)
        layers(n, atoi(argv[3]));
    else
        independent(n);
    return 0;
}
