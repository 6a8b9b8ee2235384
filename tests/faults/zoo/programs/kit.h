/* For programs in C: what kit.py says. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void tell(int processes) {
    const char *attempt = getenv("TREADLE_ATTEMPT");
    int fifo = open(getenv("ZOO_READY"), O_WRONLY);
    dprintf(fifo, "%s %d\n", attempt ? attempt : "1", processes);
    close(fifo);
}

static inline void hang(void) {
    for (;;) pause();
}
