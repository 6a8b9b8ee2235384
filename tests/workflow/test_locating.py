"""The line and the column of every key, however it is written."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from treadle.workflow.locate import locate

Path = tuple[str | int, ...]

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
s = [ 1, # one
  "é", 2 ]
[[list]]
  "\\u00e9é" = 1 ; k = 2
'''.replace(" ; ", "\n  ")

EXPECTED = {
    ("title",): (2, 1),
    ("a",): (3, 1),
    ("a", "b"): (4, 1),
    ("a", "quoted key"): (5, 1),
    ("a", "lit.eral", "dotted"): (6, 1),
    ("a", "c", "d", "e"): (7, 1),
    ("a", "c", "d", "e", "f"): (7, 11),
    ("a", "c", "d", "e", "g", 0, "h"): (7, 26),
    ("a", "c", "d", "e", "g", 1, "h"): (8, 5),
    ("a", "x y", "multi"): (10, 1),
    ("a", "x y", "lit"): (14, 1),
    ("a", "x y", "date"): (16, 1),
    ("a", "x y", "after"): (17, 2),
    ("list",): (18, 1),
    ("list", 0, "k"): (19, 1),
    ("list", 0, "sub", "s", 0): (21, 7),
    ("list", 0, "sub", "s", 1): (22, 3),
    ("list", 0, "sub", "s", 2): (22, 8),
    ("list", 1): (23, 1),
    ("list", 1, "éé"): (24, 3),
    ("list", 1, "k"): (25, 3),
}
JSON = '{"a": [1,\n {"b":\n 2}], "c\\"d": "x"}'


@pytest.mark.parametrize("path", EXPECTED, ids=str)
def test_a_key_of_toml_has_its_place(path: Path) -> None:
    tomllib.loads(TOML)
    assert locate(TOML)[path] == EXPECTED[path]


@pytest.mark.parametrize("path", EXPECTED, ids=str)
def test_a_key_has_the_same_place_when_nothing_else_is_looked_for(path: Path) -> None:
    found = locate(TOML, [path])

    assert found[path] == EXPECTED[path]
    assert set(found) <= {path[:length] for length in range(1, len(path) + 1)}


def test_crlf_counts_as_one_line() -> None:
    for wanted in (None, [("b", "c")]):
        assert locate("[a]\r\nx = '1'\r\n[b]\r\nc = 2\r\n", wanted)["b", "c"] == (4, 1)


def test_a_key_of_json_has_its_place() -> None:
    for wanted in (None, [("a",), ("a", 1, "b"), ('c"d',)]):
        found = locate(JSON, wanted)
        assert (found["a",], found["a", 1, "b"], found['c"d',]) == ((1, 2), (2, 3), (3, 7))


def paths(tree: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if not isinstance(tree, dict | list):
        return
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield from paths(value, (*path, key))


def test_every_path_of_a_parsed_text_is_known() -> None:
    assert set(paths(tomllib.loads(TOML))) == set(locate(TOML))
    text = json.dumps({"a": {"b": [1, [2, {"c": None}], "é\\n"], "": {}}}, indent=1)
    assert set(paths(json.loads(text))) == set(locate(text))


def test_a_text_that_is_not_understood_gives_what_there_was() -> None:
    assert locate("a = 1\n= = =\nb = 2") == {("a",): (1, 1)}


MANY = 40_000
ELSEWHERE = [
    "[job.j{}]\nrun = ['cc', \"a\\\"b\"] # it's\nenv = {{ A = '[' }}\nneeds = []\n",
    '[job.j{}]\nrun = """\n[job.x]\n"""\nmatrix.x = [[1], [\'2\'],\n {{ a = \']\' }}]\n',
    '[job."j{0}"]\n[[job."j{0}".steps]]\nwith = {{ a = {{ b = 1 }} }}\n',
]


@pytest.mark.slow
@pytest.mark.parametrize("table", ELSEWHERE)
def test_one_mistake_at_the_end_of_a_large_file_is_found_at_once(table: str) -> None:
    text = "".join(table.format(number) for number in range(MANY)) + "[job.last]\n  rum = 1\n"
    before = time.thread_time()
    found = locate(text, [("job", "last", "rum")])
    spent = time.thread_time() - before

    assert found["job", "last", "rum"] == (text.count("\n"), 3)
    assert spent < 2  # seconds of the processor: a limit on what a mistake may cost
