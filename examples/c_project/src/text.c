/* Words of a text. SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <ctype.h>

static void start(struct word *word)
{
    word->length = 0;
    word->letters[0] = '\0';
}

/* Take one character; false when the word has ended with it. */
static bool take(struct word *word, int character)
{
    if (!isalnum(character)) {
        return word->length == 0;
    }
    if (word->length < TEXT_WORD_MAX) {
        word->letters[word->length++] = (char)tolower(character);
        word->letters[word->length] = '\0';
    }
    return true;
}

bool text_read_word(FILE *stream, struct word *word)
{
    int character;

    start(word);
    while ((character = getc(stream)) != EOF && take(word, character)) {
    }
    return word->length > 0;
}

bool text_next_word(const char **rest, struct word *word)
{
    start(word);
    while (**rest != '\0' && take(word, (unsigned char)**rest)) {
        ++*rest;
    }
    return word->length > 0;
}
