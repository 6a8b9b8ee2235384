"""The line of every key, however it is written."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from treadle.workflow.locate import locate

TOML = '''\
# comment with [brackets] = "and" keys
title = "x" # trailing
[a]
b = 1
"quoted key" = 2
'lit.eral'.dotted = 3
c.d.e = { f = 1, g = [ { h = 1 },
  { h = 2 } ] }
[a."x y"]
multi = """
[not.a.table]
key = 1 \\"""
"""
lit = \'\'\'
also = 'not'\'\'\'\'
date = 1979-05-27 07:32:00
after = true
[[list]]
k = 1
[list.sub]
s = 1
[[list]]
k = 2
'''

EXPECTED = {
    ("title",): 2,
    ("a",): 3,
    ("a", "b"): 4,
    ("a", "quoted key"): 5,
    ("a", "lit.eral", "dotted"): 6,
    ("a", "c", "d", "e"): 7,
    ("a", "c", "d", "e", "f"): 7,
    ("a", "c", "d", "e", "g", 0, "h"): 7,
    ("a", "c", "d", "e", "g", 1, "h"): 8,
    ("a", "x y", "multi"): 10,
    ("a", "x y", "lit"): 14,
    ("a", "x y", "date"): 16,
    ("a", "x y", "after"): 17,
    ("list",): 18,
    ("list", 0, "k"): 19,
    ("list", 0, "sub", "s"): 21,
    ("list", 1, "k"): 23,
}


@pytest.mark.parametrize("path", EXPECTED, ids=str)
def test_a_key_of_toml_has_its_line(path: tuple[str | int, ...]) -> None:
    tomllib.loads(TOML)
    assert locate(TOML)[path] == EXPECTED[path]


def test_crlf_counts_as_one_line() -> None:
    assert locate("a = 1\r\nb = 2\r\n")["b",] == 2


def test_a_key_of_json_has_its_line() -> None:
    text = '{"a": [1,\n {"b":\n 2}], "c\\"d": "x"}'
    found = locate(text)
    assert (found["a",], found["a", 1, "b"], found['c"d',]) == (1, 2, 3)


def paths(tree: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in items:
        found += paths(value, (*path, key)) if isinstance(value, dict | list) else [(*path, key)]
    return found


def test_every_path_of_a_parsed_text_is_known() -> None:
    assert set(paths(tomllib.loads(TOML))) <= set(locate(TOML))
    text = json.dumps({"a": {"b": [1, [2, {"c": None}], "é\\n"], "": {}}}, indent=1)
    assert set(paths(json.loads(text))) <= set(locate(text))


def test_a_text_that_is_not_understood_gives_what_there_was() -> None:
    assert locate("a = 1\n= = =\nb = 2") == {("a",): 1}
