/* A hash table that counts strings. SPDX-License-Identifier: Apache-2.0 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table;

/* Return an empty table; NULL if there is no memory. */
struct table *table_new(void);

/* Give back a table with all its keys. */
void table_free(struct table *table);

/* Add to the count of a key, which is copied; false if there is no memory. */
bool table_add(struct table *table, const char *key, size_t count);

/* Return the count of a key, 0 if it was never added. */
size_t table_get(const struct table *table, const char *key);

/* Return the number of different keys. */
size_t table_size(const struct table *table);

/* Call visit for each key, in no certain order. */
void table_each(const struct table *table,
                void (*visit)(const char *key, size_t count, void *context),
                void *context);

#endif
