"""A plan that was kept is the plan that reading the file again would give, or is not used."""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

import treadle
from treadle.errors import WorkflowError
from treadle.workflow import Plan, compact, fresh, load_plan, queues, saved
from workflow_grammar import Grammar

Edit = Callable[[Path], object]

MAIN = """
name = "all"
[run]
jobs = "auto"
[store]
keep_runs = 5
[cache]
size = "1G"
folder = "kept"
[include]
lib = "lib/lib.toml"
[env]
COMMON = "1"
[job.listed]
run = "echo ${{ matrix.line }} ${{ env.WHO }}"
matrix.line = { lines = "lines.txt" }
[job.globbed]
run = ["cc", "${{ matrix.file }}"]
matrix.file = { glob = "*.c" }
env_file = "vars.env"
tags = ["t"]
cwd = "src"
inputs = ["a.c"]
outputs = ["${{ matrix.file }}.o"]
[job.last]
script = "echo ${{ lib:first.value }}"
needs = ["t", "lib:first", { job = "listed", on = "end" }]
version = "3"
retries = 2
retry_on = [1, "timeout"]
allow_failure = [3]
when = { env = { CI = ["a", "b"] } }
env = { LATE = "${{ lib:first.value }}" }
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a workflow with everything in it; its plan is kept, though small."""
    monkeypatch.setattr(saved, "FEWEST_JOBS", 1)
    monkeypatch.setenv("WHO", "me")
    for name in ("lib-1", "lib-2", "src"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lib.toml").write_text(f"[job.first]\nrun = 'echo {name}'\n")
    (tmp_path / "lib").symlink_to("lib-1")
    (tmp_path / "src/a.c").touch()
    (tmp_path / "lines.txt").write_text("x\ny\n")
    (tmp_path / "vars.env").write_text("A=1\n")
    (tmp_path / "treadle.toml").write_text(MAIN)
    return tmp_path / "treadle.toml"


def is_found(file: Path) -> bool:
    """Tell whether the kept plan of a file is used."""
    return saved.find_saved(file, "x") is not None


def unmarked(plan: Plan) -> Plan:
    """Return a plan as it is when it is not kept."""
    return replace(plan, mark="")


def _writing(name: str, text: str) -> Edit:
    return lambda folder: (folder / name).write_text(text)


def _retarget(folder: Path) -> None:
    (folder / "lib").unlink()
    (folder / "lib").symlink_to("lib-2")


def _folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


EDITS: dict[str, Edit] = {
    "the file": lambda folder: (folder / "treadle.toml").write_text(MAIN.replace('"3"', '"4"')),
    "an included file": _writing("lib-1/lib.toml", "[job.first]\nrun = 'other'\n"),
    "a link to an included file": _retarget,
    "a file of variables": _writing("vars.env", "A=2\n"),
    "a file with lines": _writing("lines.txt", "x\nz\n"),
    "a new file that matches": _writing("src/b.c", ""),
    "another variable": lambda _: os.environ.__setitem__("WHO", "you"),
    "an unset variable": lambda _: os.environ.__delitem__("WHO"),
    "a file that is gone": lambda folder: (folder / "vars.env").unlink(),
    "a folder in its place": lambda folder: _folder_instead(folder / "lines.txt"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_a_plan_is_never_older_than_what_it_was_made_of(file: Path, edit: Edit) -> None:
    load_plan(file, keep=True)
    assert is_found(file)

    edit(file.parent)

    assert not is_found(file)


def test_a_kept_plan_is_equal_to_a_fresh_one_and_no_file_is_read_for_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = load_plan(file, keep=True)
    monkeypatch.delattr(fresh, "plan_of_tables")

    assert load_plan(file) == plan


@pytest.mark.parametrize("seed", range(5))
def test_after_any_edits_the_plan_is_the_fresh_one(file: Path, seed: int) -> None:
    chance = random.Random(seed)
    names = {
        "treadle.toml": [MAIN, MAIN.replace("${{ env.WHO }}", "")],
        "lib-1/lib.toml": ["[job.first]\nrun = 'a'\n", "[job.first]\nrun = 'b'\n"],
        "vars.env": ["A=1\n", "A=2\n", "B=1\n"],
        "lines.txt": ["x\n", "x\ny\n"],
    }
    taken = 0
    for _ in range(40):
        if chance.random() < 0.7:
            name = chance.choice(list(names))
            (file.parent / name).write_text(chance.choice(names[name]))
        else:
            os.environ["WHO"] = chance.choice(["me", "you"])
        taken += is_found(file)
        plan = unmarked(load_plan(file, keep=True))
        (file.parent / ".treadle").rename(file.parent / "aside")
        assert plan == load_plan(file)
        (file.parent / "aside").rename(file.parent / ".treadle")

    assert taken  # an edit that changes nothing


def test_another_number_of_processors_makes_another_plan(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    load_plan(file, keep=True)
    assert is_found(file)

    (tmp_path / "cpu.max").write_text("100000 100000")
    monkeypatch.setattr(queues, "_CGROUP_LIMIT", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(99)), raising=False)

    assert not is_found(file)


def test_another_version_of_anything_makes_another_plan(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_plan(file, keep=True)

    for module, name in ((sys, "version"), (treadle, "__version__"), (msgspec, "__version__")):
        with monkeypatch.context() as other:
            other.setattr(module, name, "0")
            saved._maker.cache_clear()
            assert not is_found(file)
        saved._maker.cache_clear()
    assert is_found(file)


def test_a_label_is_that_of_the_working_directory(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    assert load_plan(file, keep=True).label == "treadle.toml"
    monkeypatch.chdir(file.parent / "src")
    assert load_plan(file).label == "../treadle.toml"


def test_a_file_of_another_name_or_place_has_a_plan_of_its_own(file: Path) -> None:
    plan = load_plan(file, keep=True)
    other = file.with_name("other.toml")
    other.write_text("[job.a]\nrun = 'x'\n")
    assert list(load_plan(other, keep=True).jobs) == ["a"]
    assert load_plan(file) == plan

    moved = file.parent.rename(file.parent.with_name("moved"))
    assert load_plan(moved / file.name).folder == moved


def test_small_plans_plans_with_secrets_and_python_files_are_not_kept(tmp_path: Path) -> None:
    many = "[job.a]\nrun = 'x'\nmatrix.n = { lines = 'n' }\n"
    (tmp_path / "n").write_text("".join(f"{n}\n" for n in range(saved.FEWEST_JOBS)))
    texts = {
        "small.toml": "[job.a]\nrun = 'x'\n",
        "secret.toml": f"{many}secret = ['T']\nenv = {{ T = 'hunter2-canary' }}\n",
        "python.py": "import treadle\nworkflow = treadle.Workflow()\n"
        "for n in range(600):\n    workflow.command(str(n), 'x')\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        load_plan(tmp_path / name, keep=True)
    assert not (tmp_path / ".treadle").exists()

    (tmp_path / "many.toml").write_text(many)
    load_plan(tmp_path / "many.toml")
    assert not (tmp_path / ".treadle").exists()
    load_plan(tmp_path / "many.toml", keep=True)
    assert is_found(tmp_path / "many.toml")


def test_only_its_owner_can_read_a_kept_plan(file: Path) -> None:
    load_plan(file, keep=True)
    place = saved._place(file)

    assert place.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in place.parent.glob("plan-*")] == [place.name]
    place.chmod(0o660)
    assert not is_found(file)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda place: place.write_bytes(b""),
        lambda place: place.write_bytes(place.read_bytes()[:-1]),
        lambda place: place.write_bytes(place.read_bytes()[:60]),
        lambda place: place.write_bytes(b"\0" * 5000),
        lambda place: os.mkfifo(place.rename(place.with_name("x")).with_name(place.name)),
        lambda place: place.symlink_to(place.rename(place.with_name("x"))),
        _folder_instead,
    ],
)
def test_a_damaged_file_counts_as_not_there(file: Path, spoil: Edit) -> None:
    plan = load_plan(file, keep=True)
    spoil(saved._place(file))

    assert not is_found(file)
    assert unmarked(load_plan(file, keep=True)) == unmarked(plan)


def test_every_flipped_bit_is_seen(file: Path) -> None:
    load_plan(file, keep=True)
    place = saved._place(file)
    data = place.read_bytes()
    chance = random.Random(0)
    for _ in range(200):
        at = chance.randrange(len(data))
        place.write_bytes(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
        assert not is_found(file)


@pytest.mark.parametrize(
    "block",
    [
        lambda state: state.write_text("no folder"),
        lambda state: state.symlink_to("/nonexistent"),
        lambda state: (state.mkdir(), (state / "CACHEDIR.TAG").mkdir(), state.chmod(0o500)),
    ],
)
def test_where_nothing_can_be_kept_nothing_is_and_nothing_is_said(
    file: Path, block: Edit, capfd: pytest.CaptureFixture[str]
) -> None:
    block(file.parent / ".treadle")

    assert load_plan(file, keep=True).jobs
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("seed", range(8))
def test_plans_by_chance_come_back_as_they_were(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    grammar = Grammar(random.Random(seed), wrong=0.0)
    good = 0
    for number in range(60):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(grammar.document(), default=str))
        try:
            plan = load_plan(path)
        except WorkflowError:
            continue
        good += 1
        assert _again(plan) == plan

    assert good


def _again(plan: Plan) -> Plan:
    return compact.decode(compact.encode(plan), plan.label)


def test_all_that_a_job_may_say_comes_back(file: Path) -> None:
    plan = load_plan(file)
    again = _again(plan)

    assert again == plan
    assert repr(again) == repr(plan)  # also the types: tuples, paths


def test_what_jobs_share_they_share_again(tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_text(
        "[env]\nA = 'x'\n[job.a]\nrun = 'x'\nmatrix.n = [1, 2, 3]\n[job.b]\nrun = 'x'\n"
    )
    jobs = list(_again(load_plan(tmp_path / "w.toml")).jobs.values())

    assert len({id(job.env) for job in jobs}) == 1
    assert len({id(job.cwd) for job in jobs}) == 1


def test_bytes_of_something_else_are_refused() -> None:
    for data in (b"", b"\x90", b"\xc0", b"x" * 100):
        with pytest.raises(ValueError, match=r"."):
            compact.decode(data, "x")
