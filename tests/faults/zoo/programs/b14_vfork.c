/* B14: a child made by vfork holds its parent, which no polite signal reaches before it ends. */
#include "kit.h"
#include <signal.h>
#include <sys/wait.h>

int main(int argc, char **argv) {
    int gate[2];
    char byte;
    if (pipe(gate)) return 1;
    if (!fork()) {
        if (!vfork()) {
            signal(SIGTERM, SIG_IGN);
            if (write(gate[1], ".", 1) != 1) _exit(1);
            hang();
        }
        _exit(0);
    }
    if (read(gate[0], &byte, 1) != 1) return 1;
    tell(2);
    if (argc > 1 && !strcmp(argv[1], "end")) return 0;
    hang();
}
