"""H05: whatever a file holds, there is a plan or a list of mistakes, never a traceback.

`TREADLE_FUZZ` says how many files in all, `TREADLE_SEED` which ones.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli

from treadle.errors import WorkflowError
from treadle.workflow import load_plan
from treadle.workflow.model import JobSpec
from treadle.workflow.source import label_of
from treadle.workflow.words import known_words
from workflow_grammar import Grammar, as_json, as_toml

FILES = int(os.environ.get("TREADLE_FUZZ") or 10_000)
SEED = os.environ.get("TREADLE_SEED") or "20260101"
MOST = 1.0  # seconds of the processor for one file
ROOT = Path(__file__).parents[2]
KINDS = pytest.mark.parametrize("kind", ["toml", "json"])

SEEDS = [
    """\
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
    """\
queues = { q = 1 }
env = { X = "y" }
defaults = { grace = 1 }
[job.a]
run = "echo ${{ matrix.x }}"
matrix = { x = [1, "two"] }
[job.b]
needs = ["a[*"]
timeout = 1e3
description = "caf\\u00e9"
""",
]
INCLUDED = {
    "lib.toml": [b"[job.a]", b"run = 'x'", b""],
    "vars.env": [b"A=1", b""],
    "lines.txt": [b"x", b"y", b""],
    "a.c": [b""],
}
PIECES = [
    b"[", b"]", b"{", b"}", b'"', b"'", b"'''", b'"""', b"=", b".", b",", b"#", b"\n", b"\r\n",
    b"\\", b"\\u0000", b"\\ud800", b"\xff", b"\xef\xbb\xbf", b"\0", b"nan", b"-inf", b"1e999",
    b"9" * 30, b"0x" + b"f" * 1500, b"true", b"null", b"1979-05-27T07:32:00Z", b"[job.a]",
    b"[[job]]", b"needs", b"matrix", b"run = ", b"${{", b"}}", b"${{ matrix.x }}", b"*",
    b"job.", b"\xc3\xa9", b"[" * 500, b'{"a":' * 300, b"a." * 100, b"\x1b[31m", b"NaN",
    b"012", b"no", b":", b"\t",
]  # fmt: skip


def corpus(kind: str) -> list[bytes]:
    """The files of the examples and of the pages, and what the pages show of files."""
    files = [*ROOT.glob("examples/*/*.toml"), *ROOT.glob("docs/snippets/*/**/*.toml")]
    pages = [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/howto/*.md"), *ROOT.glob("docs/ref*/*.md")]
    blocks = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)
    texts = SEEDS + [file.read_text("utf-8") for file in sorted(files)]
    texts += [block for page in sorted(pages) for block in blocks.findall(page.read_text("utf-8"))]
    assert len(texts) > 20
    if kind == "toml":
        return [text.encode() for text in texts]
    return [json.dumps(tomli.loads(text), indent=1, default=str).encode() for text in texts]


def mutate(data: bytes, other: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice([1, 1, 2, 4])):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data = data[:at] + chance.choice(PIECES) + data[at:]
            case 1:
                data = data[:at] + data[at + chance.randint(1, 20) :]
            case 2:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 3:
                begin = chance.randrange(len(data) + 1)
                data = data[:at] + data[begin : begin + chance.randint(1, 60)] + data[at:]
            case _:
                begin = chance.randrange(len(other) + 1)
                data = data[:at] + other[begin : begin + chance.randint(1, 200)] + data[at:]
    return data


class Fuzz:
    """Loads one file after the other, and holds what comes against the promise."""

    def __init__(self, folder: Path, kind: str, source: str) -> None:
        self.path = folder / f"w.{kind}"
        self.seed = f"{SEED} {source} {kind}"
        self.good = self.bad = 0
        self.slowest = 0.0
        for name, lines in INCLUDED.items():
            (folder / name).write_bytes(b"\n".join(lines))

    def play(self, share: float, make: Callable[[random.Random], bytes], *, placed: bool) -> None:
        """Load a share of all files; `placed` if every mistake must have a place."""
        for number in range(round(FILES * share)):
            seed = f"{self.seed} {number}"
            data = make(random.Random(seed))
            try:
                self.one(data, placed=placed)
            except BaseException as error:
                error.add_note(f"file {number} of random.Random({seed!r}):\n{data!r}")
                raise
        assert self.good
        assert self.bad
        # Shown by `pytest -rP`.
        print(f"{self.seed}: {self.good} good, {self.bad} bad, slowest {self.slowest:.3f} s")  # noqa: T201 -- a report

    def one(self, data: bytes, *, placed: bool) -> None:
        self.path.write_bytes(data)
        before = time.thread_time()
        messages = mistakes(self.path)
        spent = time.thread_time() - before
        assert spent < MOST
        self.slowest = max(self.slowest, spent)
        self.good += not messages
        self.bad += bool(messages)
        self.judge(messages, data.split(b"\n"), placed=placed)

    def judge(self, messages: list[str], lines: list[bytes], *, placed: bool) -> None:
        files = {label_of(self.path.with_name(name)): text for name, text in INCLUDED.items()}
        files[label_of(self.path)] = lines
        for message in messages:
            label = next((name for name in files if message.startswith(f"{name}:")), None)
            assert label, message
            place = re.match(r":(\d+):(\d+): .", message.removeprefix(label))
            if place:
                assert 1 <= int(place[1]) <= len(files[label]), message
                assert 1 <= int(place[2]) <= len(files[label][int(place[1]) - 1]) + 1, message
            assert place or not placed or " more mistakes" in message, message


def mistakes(path: Path) -> list[str]:
    try:
        load_plan(path)
    except WorkflowError as error:
        return error.messages or ["an error without a message"]
    return []


@pytest.mark.proof
@KINDS
def test_h05_mutated_files_never_show_a_traceback(tmp_path: Path, kind: str) -> None:
    seeds = corpus(kind)
    Fuzz(tmp_path, kind, "mutated").play(
        0.25,
        lambda chance: mutate(chance.choice(seeds), chance.choice(seeds), chance),
        placed=False,
    )


@pytest.mark.proof
@KINDS
def test_h05_files_made_after_the_model_never_show_a_traceback(tmp_path: Path, kind: str) -> None:
    write = {"toml": as_toml, "json": as_json}[kind]

    def make(chance: random.Random) -> bytes:
        tree = Grammar(chance, chance.choice([0, 0, 0.1, 0.5])).document()
        return write(tree, chance).encode("utf-8", "surrogatepass")

    Fuzz(tmp_path, kind, "made").play(0.2, make, placed=True)


@pytest.mark.proof
@KINDS
def test_h05_random_bytes_never_show_a_traceback(tmp_path: Path, kind: str) -> None:
    def make(chance: random.Random) -> bytes:
        if chance.random() < 0.01:
            return b"{}" if kind == "json" else b"\n"
        return chance.randbytes(chance.randrange(200))

    Fuzz(tmp_path, kind, "random").play(0.05, make, placed=False)


def test_the_grammar_writes_toml_as_it_was_made() -> None:
    dice = [random.Random(number) for number in range(200)]
    made = [(chance, Grammar(chance, 0.3).document()) for chance in dice]
    same = [repr(tomli.loads(as_toml(tree, chance))) == repr(tree) for chance, tree in made]

    assert sum(same) > 20  # the others differ in the order of their keys


def test_every_word_of_the_model_is_made() -> None:
    jobs = [
        job
        for number in range(500)
        for job in Grammar(random.Random(number), 0).document().get("job", {}).values()
    ]

    assert set(known_words(JobSpec)) == {word for job in jobs for word in job}
