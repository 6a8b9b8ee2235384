/* SPDX-License-Identifier: Apache-2.0 */
#include "vector.h"

#include "check.h"

#include <string.h>

static void the_greatest_count_comes_first_then_the_key(void)
{
    struct vector vector = { 0 };

    CHECK(vector_push(&vector, (struct ranked){ "fox", 2 }));
    CHECK(vector_push(&vector, (struct ranked){ "dog", 2 }));
    CHECK(vector_push(&vector, (struct ranked){ "the", 5 }));
    vector_sort(&vector);
    CHECK(strcmp(vector_at(&vector, 0).key, "the") == 0);
    CHECK(strcmp(vector_at(&vector, 1).key, "dog") == 0);
    CHECK(strcmp(vector_at(&vector, 2).key, "fox") == 0);
    vector_clear(&vector);
    CHECK(vector.size == 0);
}

static void it_grows(void)
{
    struct vector vector = { 0 };

    for (size_t count = 0; count < 1000; ++count) {
        CHECK(vector_push(&vector, (struct ranked){ "same", count }));
    }
    CHECK(vector.size == 1000);
    CHECK(vector_at(&vector, 999).count == 999);
    vector_clear(&vector);
}

int main(void)
{
    the_greatest_count_comes_first_then_the_key();
    it_grows();
    return EXIT_SUCCESS;
}
