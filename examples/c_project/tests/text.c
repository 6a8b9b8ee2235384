/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include "check.h"

#include <string.h>

static void words_are_letters_and_digits_in_lower_case(void)
{
    const char *rest = "  The 2 foxes,\tjump! ";
    const char *expected[] = { "the", "2", "foxes", "jump" };
    struct word word;

    for (size_t at = 0; at < sizeof expected / sizeof *expected; ++at) {
        CHECK(text_next_word(&rest, &word));
        CHECK(strcmp(word.letters, expected[at]) == 0);
    }
    CHECK(!text_next_word(&rest, &word));
    CHECK(word.length == 0);
}

static void a_long_word_is_cut_and_stays_one_word(void)
{
    char text[200];
    const char *rest = text;
    struct word word;

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    CHECK(text_next_word(&rest, &word));
    CHECK(word.length == TEXT_WORD_MAX);
    CHECK(!text_next_word(&rest, &word));
}

int main(void)
{
    words_are_letters_and_digits_in_lower_case();
    a_long_word_is_cut_and_stays_one_word();
    return EXIT_SUCCESS;
}
