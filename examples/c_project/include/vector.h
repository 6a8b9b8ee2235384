/* A growing array of ranked words. SPDX-License-Identifier: Apache-2.0 */
#ifndef VECTOR_H
#define VECTOR_H

#include <stdbool.h>
#include <stddef.h>

struct ranked {
    const char *key; /* belongs to the caller */
    size_t count;
};

struct vector {
    struct ranked *items;
    size_t size;
    size_t capacity;
};

/* Add an item at the end; false if there is no memory. An empty vector is { 0 }. */
bool vector_push(struct vector *vector, struct ranked item);

/* Return an item; the index must be below the size. */
struct ranked vector_at(const struct vector *vector, size_t index);

/* Sort: the greatest count first, equal ones by key. */
void vector_sort(struct vector *vector);

/* Give back its memory; it is empty then. */
void vector_clear(struct vector *vector);

#endif
