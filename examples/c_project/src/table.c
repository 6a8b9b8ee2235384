/* A hash table with open addressing: it grows when it is half full.
   SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

struct slot {
    char *key; /* NULL: empty */
    size_t count;
};

struct table {
    struct slot *slots;
    size_t capacity; /* a power of two */
    size_t size;
};

/* FNV-1a, by Fowler, Noll and Vo. */
static uint64_t hash(const char *key)
{
    uint64_t value = 14695981039346656037u;

    for (; *key != '\0'; ++key) {
        value = (value ^ (unsigned char)*key) * 1099511628211u;
    }
    return value;
}

/* Return the slot of a key, or the empty one where it belongs. */
static struct slot *find(struct slot *slots, size_t capacity, const char *key)
{
    size_t at = (size_t)hash(key) & (capacity - 1);

    while (slots[at].key != NULL && strcmp(slots[at].key, key) != 0) {
        at = (at + 1) & (capacity - 1);
    }
    return &slots[at];
}

static bool grow(struct table *table)
{
    size_t capacity = table->capacity * 2;
    struct slot *slots = calloc(capacity, sizeof *slots);

    if (slots == NULL) {
        return false;
    }
    for (size_t at = 0; at < table->capacity; ++at) {
        if (table->slots[at].key != NULL) {
            *find(slots, capacity, table->slots[at].key) = table->slots[at];
        }
    }
    free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
    return true;
}

struct table *table_new(void)
{
    struct table *table = calloc(1, sizeof *table);

    if (table == NULL) {
        return NULL;
    }
    table->capacity = FIRST_CAPACITY;
    table->slots = calloc(table->capacity, sizeof *table->slots);
    if (table->slots == NULL) {
        free(table);
        return NULL;
    }
    return table;
}

void table_free(struct table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t at = 0; at < table->capacity; ++at) {
        free(table->slots[at].key);
    }
    free(table->slots);
    free(table);
}

bool table_add(struct table *table, const char *key, size_t count)
{
    struct slot *slot;

    if (table->size * 2 >= table->capacity && !grow(table)) {
        return false;
    }
    slot = find(table->slots, table->capacity, key);
    if (slot->key == NULL) {
        size_t bytes = strlen(key) + 1;

        slot->key = malloc(bytes);
        if (slot->key == NULL) {
            return false;
        }
        memcpy(slot->key, key, bytes);
        ++table->size;
    }
    slot->count += count;
    return true;
}

size_t table_get(const struct table *table, const char *key)
{
    return find(table->slots, table->capacity, key)->count;
}

size_t table_size(const struct table *table)
{
    return table->size;
}

void table_each(const struct table *table,
                void (*visit)(const char *key, size_t count, void *context),
                void *context)
{
    for (size_t at = 0; at < table->capacity; ++at) {
        if (table->slots[at].key != NULL) {
            visit(table->slots[at].key, table->slots[at].count, context);
        }
    }
}
