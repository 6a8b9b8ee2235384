"""H05: whatever a file holds, there is a plan or a list of mistakes, never a traceback."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from treadle.errors import WorkflowError
from treadle.workflow import load_plan
from treadle.workflow.source import label_of

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = [
    b"""\
[queues]
gpu = 2
[defaults]
timeout = 10.5
env = { A = "1" }
[env]
B = 2
[job.compile]
run = ["cc", "-c", "${{ matrix.src }}"]
matrix = { src = ["a.c", "b.c"], opt = [0, 2.5, true] }
queue = "gpu"
tokens = 2
[job."link all"]
needs = ["compile", "compile[a.c,*]"]
run = '''ld "x" | tee log'''
priority = -3
cwd = "sub"
""",
    b"""\
{"queues": {"q": 1}, "env": {"X": "y"}, "defaults": {"grace": 1},
 "job": {"a": {"run": "echo ${{ matrix.x }}", "matrix": {"x": [1, "two"]}},
         "b": {"needs": ["a[*"], "timeout": 1e3, "description": "caf\\u00e9"}}}
""",
]
PIECES = [
    b"[", b"]", b"{", b"}", b'"', b"'", b"'''", b'"""', b"=", b".", b",", b"#", b"\n", b"\r\n",
    b"\\", b"\\u0000", b"\\ud800", b"\xff", b"\xef\xbb\xbf", b"\0", b"nan", b"-inf", b"1e999",
    b"9" * 30, b"0x", b"true", b"null", b"1979-05-27T07:32:00Z", b"[job.a]", b"[[job]]", b"needs",
    b"matrix", b"run = ", b"${{", b"}}", b"${{ matrix.x }}", b"*", b"job.", b"\xc3\xa9", b"[" * 500,
    b'{"a":' * 300, b"\x1b[31m",
]  # fmt: skip


def mutate(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data = data[:at] + chance.choice(PIECES) + data[at:]
            case 1:
                data = data[:at] + data[at + chance.randint(1, 20) :]
            case 2:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case _:
                other = chance.randrange(len(data) + 1)
                data = data[:at] + data[other : other + chance.randint(1, 60)] + data[at:]
    return data


def mistakes(path: Path) -> list[str]:
    try:
        load_plan(path)
    except WorkflowError as error:
        return error.messages or ["an error without a message"]
    return []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["toml", "json"])
def test_h05_mutated_files_never_show_a_traceback(tmp_path: Path, kind: str) -> None:
    chance = random.Random(20_260_101)
    path = tmp_path / f"w.{kind}"
    good = 0
    for _ in range(5_000):
        path.write_bytes(mutate(SEEDS[kind == "json"], chance))
        found = mistakes(path)
        assert all(message.startswith(label_of(path)) for message in found)
        good += not found
    assert 0 < good < 5_000


@pytest.mark.parametrize("kind", ["toml", "json"])
def test_h05_random_bytes_never_show_a_traceback(tmp_path: Path, kind: str) -> None:
    chance = random.Random(7)
    path = tmp_path / f"w.{kind}"
    for _ in range(200):
        path.write_bytes(chance.randbytes(chance.randrange(200)))
        assert all(message.startswith(label_of(path)) for message in mistakes(path))
