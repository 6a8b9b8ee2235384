"""Who starts the processes of bench/spawn.py: what each needs, its files, its command."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import _common
from _spawn_library import TOKENS, TRUE, graph, width

SHAPES = ("independent", "layers")
LIMIT = "C, posix_spawn (limit)"
LIMIT_SOURCE = _common.HERE / "spawn_limit.c"
NEVER = 10**9

Command = list[str]
Prepare = Callable[[Path, str, int], Command]


class Spawner(NamedTuple):
    """How a tool is asked to run the jobs, in a folder of its own."""

    prepare: Prepare
    program: str = ""  # what must be installed
    library: str = ""  # what must be importable
    limit: int = NEVER  # jobs at most
    why: str = ""  # not more
    layers: bool = True  # whether it knows dependencies

    def missing(self) -> str:
        """What is not there of what it needs; empty if it can run."""
        if self.program and not which(self.program):
            return f"{self.program} is not installed"
        if self.library and not importlib.util.find_spec(self.library):
            return f"{self.library} is not installed"
        return ""

    def refusal(self, shape: str, n: int) -> str:
        """Why it does not run these jobs; empty if it does."""
        if shape == "layers" and not self.layers:
            return "knows no dependencies"
        return self.why if n > self.limit else self.missing()


@cache
def which(program: str) -> str | None:
    """Where a program is: beside this Python, else where the shell would find it."""
    beside = str(Path(sys.executable).parent)
    return shutil.which(program, path=os.pathsep.join([beside, os.environ.get("PATH", "")]))


@cache
def version(program: str) -> str:
    """The first number with a dot that the program says about itself."""
    done = subprocess.run(
        [which(program) or program, "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"\d[\w.]*", done.stdout)
    return found[0] if found else "?"


def _library(who: str) -> Prepare:
    script = str(_common.HERE / "_spawn_library.py")
    return lambda _, shape, n: [sys.executable, script, who, shape, str(n)]


def _limit(_: Path, shape: str, n: int) -> Command:
    return [str(_built()), str(n), shape, *([str(width(n))] if shape == "layers" else [])]


@cache
def _workshop() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes with this process."""
    return tempfile.TemporaryDirectory()


@cache
def _built() -> Path:
    """The limit, compiled."""
    path = Path(_workshop().name, "spawn_limit")
    subprocess.run([which("gcc") or "", "-O2", "-o", str(path), str(LIMIT_SOURCE)], check=True)
    return path


def _cli(folder: Path, shape: str, n: int) -> Command:
    jobs = (
        # A list of strings is written alike in JSON and in TOML.
        f'[job.j{uid}]\nrun = ["{TRUE}"]\nneeds = {json.dumps([f"j{i}" for i in needs])}\n'
        for uid, needs in graph(shape, n)
    )
    _write(folder, "treadle.toml", "".join(jobs))
    return [sys.executable, "-m", "treadle", "run", "-j", str(TOKENS), "-q"]


def _ninja(folder: Path, shape: str, n: int) -> Command:
    jobs = (f"build j{uid}: true |{_names(needs)}\n" for uid, needs in graph(shape, n))
    _write(folder, "build.ninja", f"rule true\n command = {TRUE}\n" + "".join(jobs))
    return [which("ninja") or "", f"-j{TOKENS}"]


def _make(*options: str) -> Prepare:
    def prepare(folder: Path, shape: str, n: int) -> Command:
        jobs = graph(shape, n)
        every = _names([uid for uid, _ in jobs])
        rules = "".join(f"j{uid}:{_names(needs)}\n\t{TRUE}\n" for uid, needs in jobs)
        _write(folder, "Makefile", f"all:{every}\n.PHONY: all{every}\n{rules}")
        return [which("make") or "", f"-j{TOKENS}", *options]

    return prepare


def _names(uids: list[int]) -> str:
    return "".join(f" j{uid}" for uid in uids)


def _arguments(program: str, *options: str) -> Prepare:
    """What runs a command once for each line of a file."""

    def prepare(folder: Path, _: str, n: int) -> Command:
        _write(folder, "numbers", "".join(f"{i}\n" for i in range(n)))
        return [which(program) or "", *options, "-a", "numbers", TRUE]

    return prepare


_DODO = """
def task_j():
    for uid, needs in {jobs}:
        yield {{"name": uid, "actions": [["{true}"]], "task_dep": [f"j:{{i}}" for i in needs]}}
"""


def _doit(kind: str) -> Prepare:
    def prepare(folder: Path, shape: str, n: int) -> Command:
        jobs = [(str(uid), needs) for uid, needs in graph(shape, n)]
        _write(folder, "dodo.py", _DODO.format(jobs=jobs, true=TRUE))
        return [sys.executable, "-m", "doit", "run", "-n", str(TOKENS), "-P", kind, "-v", "0"]

    return prepare


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


_SLOW = "linear: ten times 1,000"
SPAWNERS = {
    LIMIT: Spawner(_limit, program="gcc"),
    "treadle": Spawner(_library("treadle")),
    "treadle run": Spawner(_cli, library="msgspec"),
    "treadle, no warden": Spawner(_library("treadle-alone")),
    "make": Spawner(_make(), program="make"),
    "make -s": Spawner(_make("-s"), program="make"),
    "ninja": Spawner(_ninja, program="ninja"),
    "hand-written pool": Spawner(_library("pool"), layers=False),
    "xargs": Spawner(_arguments("xargs", "-n1", f"-P{TOKENS}"), program="xargs", layers=False),
    "doit, processes": Spawner(_doit("process"), library="doit"),
    "doit, threads": Spawner(_doit("thread"), library="doit"),
    "parallel": Spawner(
        _arguments("parallel", f"-j{TOKENS}"),
        program="parallel",
        limit=2_000,
        why=_SLOW,
        layers=False,
    ),
    "e3": Spawner(_library("e3"), library="e3", limit=1_000, why=_SLOW),
}


def versions() -> dict[str, str]:
    """Of the programs that are not Python packages."""
    programs = dict.fromkeys(s.program for s in SPAWNERS.values() if s.program)
    return {program: version(program) for program in programs if which(program)}
