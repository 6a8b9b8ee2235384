/* A growing array of ranked words. SPDX-License-Identifier: Apache-2.0 */
#include "vector.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 8 };

bool vector_push(struct vector *vector, struct ranked item)
{
    if (vector->size == vector->capacity) {
        size_t capacity = vector->capacity != 0 ? vector->capacity * 2 : FIRST_CAPACITY;
        struct ranked *items = realloc(vector->items, capacity * sizeof *items);

        if (items == NULL) {
            return false;
        }
        vector->items = items;
        vector->capacity = capacity;
    }
    vector->items[vector->size++] = item;
    return true;
}

struct ranked vector_at(const struct vector *vector, size_t index)
{
    assert(index < vector->size);
    return vector->items[index];
}

static int compare(const void *one, const void *other)
{
    const struct ranked *a = one;
    const struct ranked *b = other;

    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return strcmp(a->key, b->key);
}

void vector_sort(struct vector *vector)
{
    if (vector->size > 1) {
        qsort(vector->items, vector->size, sizeof *vector->items, compare);
    }
}

void vector_clear(struct vector *vector)
{
    free(vector->items);
    *vector = (struct vector){ 0 };
}
