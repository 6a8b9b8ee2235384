/* Words of a text. SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Longer words are cut. */
enum { TEXT_WORD_MAX = 63 };

struct word {
    char letters[TEXT_WORD_MAX + 1]; /* lower case, ends with NUL */
    size_t length;
};

/* Read the next word of a stream; false at its end. A word is made of letters and digits. */
bool text_read_word(FILE *stream, struct word *word);

/* Take the next word from a string, and move *rest behind it; false at its end. */
bool text_next_word(const char **rest, struct word *word);

#endif
