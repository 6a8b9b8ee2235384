/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include "check.h"

static void a_key_has_the_sum_of_what_was_added(void)
{
    struct table *table = table_new();

    CHECK(table != NULL);
    CHECK(table_add(table, "fox", 1));
    CHECK(table_add(table, "fox", 2));
    CHECK(table_get(table, "fox") == 3);
    CHECK(table_get(table, "dog") == 0);
    CHECK(table_size(table) == 1);
    table_free(table);
}

static void sum_up(const char *key, size_t count, void *context)
{
    (void)key;
    *(size_t *)context += count;
}

static void it_grows_and_loses_nothing(void)
{
    enum { KEYS = 10000 };
    struct table *table = table_new();
    size_t sum = 0;
    char key[16];

    for (int number = 0; number < KEYS; ++number) {
        snprintf(key, sizeof key, "key %d", number);
        CHECK(table_add(table, key, (size_t)number));
    }
    CHECK(table_size(table) == KEYS);
    CHECK(table_get(table, "key 4321") == 4321);
    table_each(table, sum_up, &sum);
    CHECK(sum == (size_t)KEYS * (KEYS - 1) / 2);
    table_free(table);
}

int main(void)
{
    a_key_has_the_sum_of_what_was_added();
    it_grows_and_loses_nothing();
    return EXIT_SUCCESS;
}
