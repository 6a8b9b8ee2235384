/* wordrank [-n N] [FILE...]: the N most frequent words of files, or of standard input.
   SPDX-License-Identifier: Apache-2.0 */
#include "table.h"
#include "text.h"
#include "vector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "wordrank: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

static int count(struct table *table, const char *name, FILE *stream)
{
    struct word word;

    while (text_read_word(stream, &word)) {
        if (!table_add(table, word.letters, 1)) {
            return fail(name, "no memory");
        }
    }
    return ferror(stream) ? fail(name, strerror(errno)) : EXIT_SUCCESS;
}

static int count_file(struct table *table, const char *name)
{
    FILE *stream = fopen(name, "r");
    int status;

    if (stream == NULL) {
        return fail(name, strerror(errno));
    }
    status = count(table, name, stream);
    fclose(stream);
    return status;
}

struct ranking {
    struct vector words;
    bool complete;
};

static void rank(const char *key, size_t number, void *context)
{
    struct ranking *ranking = context;

    ranking->complete &= vector_push(&ranking->words, (struct ranked){ key, number });
}

static int print(const struct table *table, size_t most)
{
    struct ranking ranking = { .complete = true };

    table_each(table, rank, &ranking);
    vector_sort(&ranking.words);
    for (size_t at = 0; at < ranking.words.size && at < most; ++at) {
        struct ranked word = vector_at(&ranking.words, at);

        printf("%7zu %s\n", word.count, word.key);
    }
    vector_clear(&ranking.words);
    return ranking.complete ? EXIT_SUCCESS : fail("result", "no memory");
}

int main(int argc, char **argv)
{
    struct table *table = table_new();
    size_t most = 10;
    int first = 1;
    int status = EXIT_SUCCESS;

    if (table == NULL) {
        return fail("start", "no memory");
    }
    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        most = strtoul(argv[2], NULL, 10);
        first = 3;
    }
    if (first == argc) {
        status = count(table, "standard input", stdin);
    }
    for (int at = first; at < argc && status == EXIT_SUCCESS; ++at) {
        status = count_file(table, argv[at]);
    }
    if (status == EXIT_SUCCESS) {
        status = print(table, most);
    }
    table_free(table);
    return status;
}
