/* B14: the main thread ends and others go on: the leader is a zombie that still works. */
#include "kit.h"
#include <pthread.h>

static int ends;

static void *work(void *unused) {
    (void)unused;
    usleep(100000);
    if (ends) _exit(0);
    hang();
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t threads[2];
    ends = argc > 1 && !strcmp(argv[1], "end");
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, work, NULL);
    tell(0);
    pthread_exit(NULL);
}
