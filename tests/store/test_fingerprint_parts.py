"""Fingerprints, and what is said of a change."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from treadle.store import fingerprint
from treadle.store.digest import digest_of
from treadle.store.fingerprint import MISSING, changes, fingerprint_of

PARTS = st.dictionaries(
    st.text(st.characters(), max_size=4), st.text("1:a", max_size=3), max_size=4
)


def test_a_digest_has_32_digits_and_stays_what_it_is() -> None:
    # RFC 7693 with 16 bytes; a store of an earlier version counts on it.
    assert digest_of(b"") == "cae66941d9efbd404e4d88758ea67670"


def test_a_fingerprint_stays_what_it_is() -> None:
    assert fingerprint_of({"command": "c", "input a": "1"}) == fingerprint_of(
        {"input a": "1", "command": "c"}
    )
    assert fingerprint_of({}) == digest_of(b"1:1")
    assert fingerprint_of({"a": "bc"}) == digest_of(b"1:11:a2:bc")


@given(PARTS, PARTS)
@example({"a": "1:b"}, {"a1": ":b"})
@example({"\ud83d\ude00": ""}, {"\U0001f600": ""})
@example({"a": ""}, {})
def test_fingerprints_are_equal_only_for_equal_parts(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert (fingerprint_of(one) == fingerprint_of(other)) == (one == other)


def test_another_way_to_make_fingerprints_changes_all(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint_of({"a": "1"})
    monkeypatch.setattr(fingerprint, "FINGERPRINT_VERSION", 2)

    assert fingerprint_of({"a": "1"}) != before


@given(PARTS, PARTS)
def test_words_are_found_for_each_change_and_only_for_changes(
    before: dict[str, str], after: dict[str, str]
) -> None:
    different = {k for k in {**before, **after} if before.get(k) != after.get(k)}

    assert len(changes(before, after)) == len(different)
    assert changes(before, after) == changes(
        dict(reversed(before.items())), dict(reversed(after.items()))
    )


def test_changes_are_said_in_words_the_most_telling_first() -> None:
    before = {
        "job compile": "1",
        "env CC": "1",
        "input b.c": "1",
        "input a.c": "1",
        "input old.h": "1",
        "input lost.h": "1",
        "input found.h": MISSING,
        "input never.h": MISSING,
        "command": "1",
        "cwd": "same",
    }
    after = {
        "cwd": "same",
        "job compile": "2",
        "env CC": "2",
        "input a.c": "2",
        "input b.c": "2",
        "input new.h": "1",
        "input wanted.h": MISSING,
        "input lost.h": MISSING,
        "input found.h": "1",
        "value a.b": "1",
        "command": "2",
    }

    assert changes(before, after) == [
        "command changed",
        "input a.c changed",
        "input b.c changed",
        "input found.h is new",
        "input lost.h is gone",
        "input never.h does not count any more",
        "input new.h is new",
        "input old.h is gone",
        "input wanted.h is missing",
        "env CC changed",
        "value a.b is new",
        "job compile changed",
    ]
