"""Workflows of several files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from treadle.workflow import Plan, load_plan

Load = Callable[..., Plan]
Mistakes = Callable[..., list[str]]


def test_jobs_of_another_file_have_its_prefix_its_folder_and_its_defaults(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "treadle.toml").write_text("""
[env]
WHO = "lib"
[defaults]
timeout = 7
[job.build]
run = "make"
tags = ["slow"]
[job.test]
run = "make test"
needs = ["build", ":setup"]
[include]
deep = "deep/d.toml"
""")
    (tmp_path / "lib" / "deep").mkdir()
    (tmp_path / "lib" / "deep" / "d.toml").write_text("[job.a]\nrun = 'x'\n")
    (tmp_path / "treadle.toml").write_text("""
[env]
WHO = "main"
ALL = "1"
[include]
lib = "lib/treadle.toml"
[job.setup]
run = "x"
[job.ship]
needs = ["lib:*"]
""")
    plan = load_plan(tmp_path / "treadle.toml")

    assert list(plan.jobs) == ["setup", "ship", "lib:build", "lib:test", "lib:deep:a"]
    assert plan.jobs["lib:test"].needs == ("lib:build", "setup")
    assert plan.jobs["ship"].needs == ("lib:build", "lib:test", "lib:deep:a")
    job = plan.jobs["lib:build"]
    assert (job.cwd, job.timeout) == (tmp_path / "lib", 7)
    assert job.env == {"WHO": "lib", "ALL": "1"}
    assert plan.jobs["lib:deep:a"].cwd == tmp_path / "lib" / "deep"
    assert plan.select(["slow"]) == plan.select(["lib:slow"]) == ["lib:build"]


def test_queues_are_shared_by_all_files(load: Load, mistakes: Mistakes) -> None:
    lib = "[queues]\nnet = 2\ndisk = 1\n[job.a]\nrun = 'x'\nqueue = 'disk'\n"
    main = "[queues]\nnet = {}\n[include]\nlib = 'lib.toml'\n[job.b]\nrun = 'x'\nqueue = 'disk'\n"
    assert load(main.format(2), lib=lib).queues == {"net": 2, "disk": 1}

    (found,) = mistakes(main.format(3), lib=lib)
    assert found.endswith("lib.toml:2:1: queue 'net' has 2 tokens here and 3 elsewhere")


def test_every_mistake_of_every_file_is_told_with_its_place(mistakes: Mistakes) -> None:
    found = mistakes(
        "[include]\nlib = 'lib.toml'\ngone = 'gone.toml'\n[job.a]\nrun = 1\n",
        lib="[job.b]\nrun = 'x'\nneeds = ['c']\nbad = 1\n",
    )

    assert len(found) == 4
    for message, (begin, end) in zip(
        found,
        [
            ("3:1: includes 'gone.toml': ", "cannot be read: no such file or directory"),
            ("5:1: 'run' of job 'a' is 1; ", "a command line, or a list of texts"),
            ("lib.toml:3:10: job 'lib:b' needs 'c', ", "which does not exist"),
            ("lib.toml:4:1: job 'b' has an unknown word 'bad'; ", "description"),
        ],
        strict=True,
    ):
        assert re.sub(r"^\S*/", "", message).startswith(begin)
        assert message.endswith(end)


def test_files_that_include_each_other_are_told_as_a_circle(mistakes: Mistakes) -> None:
    found = mistakes(
        "[include]\nb = 'b.toml'\n[job.a]\nrun = 'x'\n", b="[include]\na = 'treadle.toml'\n"
    )

    assert len(found) == 1
    assert "files include each other in a circle: " in " ".join(found)


def test_only_so_many_files_are_read(mistakes: Mistakes, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("[job.a]\nrun = 'x'\n")
    found = mistakes("[include]\n" + "".join(f"p{n} = 'x.toml'\n" for n in range(101)))

    assert found == ["102:1: includes more than 100 files; that is the limit"]


def test_a_python_file_or_a_strange_prefix_is_refused(mistakes: Mistakes) -> None:
    found = mistakes("[include]\na = 'x.py'\n'b:c' = 'y.toml'\n")

    assert "only .toml and .json can be included" in found[0]
    assert "'include' of the workflow has 'b:c'" in found[1]
