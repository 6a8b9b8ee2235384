/* An index that is too great ends the program. Only in a debug build: a release has no
   assertions. SPDX-License-Identifier: Apache-2.0 */
#include "vector.h"

#include "check.h"

#include <signal.h>

static void it_was_noticed(int number)
{
    (void)number;
    _Exit(EXIT_SUCCESS);
}

int main(void)
{
    struct vector vector = { 0 };

    CHECK(vector_push(&vector, (struct ranked){ "one", 1 }));
    CHECK(signal(SIGABRT, it_was_noticed) != SIG_ERR);
    vector_at(&vector, vector.size);
    return EXIT_FAILURE;
}
