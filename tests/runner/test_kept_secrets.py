"""I07: what is secret is not kept from run to run, in no form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plans import Facts, job, plan
from treadle import Workflow
from treadle.runner import run
from treadle.store import Store
from treadle.workflow.expressions import Reference
from treadle.workflow.plan import CacheSettings, Late

SECRET: dict[str, Any] = {"env": {"TOKEN": "hunter2"}, "secret": ("TOKEN",)}


def kept(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in (folder / ".treadle").rglob("*") if p.is_file())


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(folder / ".treadle/state.db")


def test_I07_a_value_is_kept_as_it_is_shown(folder: Path, store: Store) -> None:
    says = 'echo "v=1 $TOKEN" >> "$TREADLE_OUTPUT"; echo made > made'
    use = Late(line=("echo ", Reference("make", "v"), " >> seen"))
    jobs = (job("make", says, outputs=("made",), **SECRET), job("use", late=use, needs=("make",)))
    for _ in range(2):
        facts = Facts()
        run(plan(*jobs, cache=CacheSettings(size=1 << 20)), views=[facts], store=store)

    assert (folder / "seen").read_text() == "1 *******\n" * 2
    with store.read() as reader:
        assert reader.products()["make"].values == {"v": "1 *******"}
    assert b"hunter2" not in kept(folder)


def gives() -> dict[str, list[str]]:
    return {"token": ['hunter"2']}


def takes(gives: dict[str, list[str]]) -> str:
    return gives["token"][0]


def test_I07_what_a_function_returns_is_not_kept_if_a_secret_is_in_it(
    folder: Path, store: Store
) -> None:
    for _ in range(2):
        workflow = Workflow()
        workflow.job(inputs=["in"])(gives)
        workflow.job(needs=[gives])(takes)
        workflow.command("knows", "true", env={"TOKEN": 'hunter"2'}, secret=["TOKEN"])
        (folder / "in").touch()
        result = workflow.run(store=store)
        assert result.values["takes"] == 'hunter"2'

    assert b"hunter" not in kept(folder)


def test_I07_what_a_killed_run_left_is_hidden_by_the_next(folder: Path, store: Store) -> None:
    with store.write() as writer:
        writer.begin("20261122-205142", {})
    logs = folder / ".treadle/logs/20261122-205142"
    logs.mkdir(parents=True)
    (logs / "a.1.log").write_text("hunter2\n")
    (logs / "a.1.output").write_text("v=hunter2\n")

    run(plan(job("a", "echo $TOKEN", **SECRET)), store=store)

    assert (logs / "a.1.log").read_text() == "*******\n"
    assert not (logs / "a.1.output").exists()
