"""Values that nobody is to see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plans import job, played
from treadle.errors import WorkflowError
from treadle.report import Remark
from treadle.workflow.expressions import Reference
from treadle.workflow.plan import Late, Retry

SECRET: dict[str, Any] = {"env": {"TOKEN": "hunter2"}, "secret": ("TOKEN",)}


def everything(folder: Path) -> bytes:
    """Return all that a run has left in its folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_secret_is_in_no_log_of_any_attempt(folder: Path) -> None:
    result, _ = played(
        job("a", "echo the $TOKEN; exit 1", retry=Retry(retries=1), **SECRET),
        job("b", "echo hunter2 here"),
    )
    assert (result.logs / "a.1.log").read_text() == "the *******\n"
    assert (result.logs / "a.2.log").read_text() == "the *******\n"
    assert (result.logs / "b.1.log").read_text() == "******* here\n"
    assert b"hunter2" not in everything(folder)


def test_a_secret_may_come_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "from outside")
    result, _ = played(job("a", "echo $TOKEN", secret=("TOKEN", "NOT_SET")))
    assert (result.logs / "a.1.log").read_text() == "************\n"


def test_a_secret_is_in_no_value_and_no_message(folder: Path) -> None:
    result, _ = played(
        job("make", 'echo "v=1 $TOKEN" >> "$TREADLE_OUTPUT"', **SECRET),
        job("use", late=Late(line=("echo ", Reference("make", "v"), " > seen")), needs=("make",)),
        job("unused", 'echo "v=$TOKEN" >> "$TREADLE_OUTPUT"', **SECRET),
        job("bad", ("hunter2",)),
    )
    assert (folder / "seen").read_text() == "1 *******\n"
    assert result.statuses["bad"].detail == "cannot start '*******': no such file or directory"
    assert b"hunter2" not in everything(folder)


def test_a_secret_may_depend_on_another_job() -> None:
    late = Late(env={"TOKEN": ("x", Reference("make", "v"))})
    result, _ = played(
        job("make", 'echo "v=hunter2" >> "$TREADLE_OUTPUT"'),
        job("use", "echo $TOKEN", late=late, secret=("TOKEN",), needs=("make",)),
    )
    assert (result.logs / "use.1.log").read_text() == "********\n"


def test_a_secret_that_turns_out_too_short_fails_its_job(folder: Path) -> None:
    late = Late(env={"TOKEN": (Reference("make", "v"),)})
    result, _ = played(
        job("make", 'echo "v=abc" >> "$TREADLE_OUTPUT"'),
        job("use", "touch used", late=late, secret=("TOKEN",), needs=("make",)),
    )
    assert result.statuses["use"].detail == (
        "its secret 'TOKEN' has 3 characters; what is shorter than 4 cannot be hidden"
    )
    assert not (folder / "used").exists()


def test_a_secret_that_is_too_short_is_refused_at_the_start(folder: Path) -> None:
    with pytest.raises(WorkflowError) as raised:
        played(job("a", "touch a", env={"PIN": "123"}, secret=("PIN",)))
    assert str(raised.value) == (
        "plan: job 'a' has a secret 'PIN' with 3 characters; "
        "what is shorter than 4 cannot be hidden"
    )
    assert list(folder.iterdir()) == []


def test_a_script_that_holds_a_secret_is_refused(folder: Path) -> None:
    with pytest.raises(WorkflowError, match="take it from the environment: \\$TOKEN"):
        played(job("a", script="curl -u hunter2\n", **SECRET))
    late = Late(script=("echo ", Reference("make", "v"), "\n"))
    result, _ = played(
        job("make", 'echo "v=hunter3" >> "$TREADLE_OUTPUT"'),
        job("a", late=late, env={"TOKEN": "hunter3"}, secret=("TOKEN",), needs=("make",)),
    )
    # The value was masked on its way; what is in the script is not the secret.
    assert result.success
    assert b"hunter3" not in everything(folder)


def test_a_log_that_cannot_be_masked_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def file(self, path: str) -> None:
            raise PermissionError(13, "Permission denied", path)

        def text(self, text: str) -> str:
            return text

    monkeypatch.setattr("treadle.runner.execution.Redactor", lambda _: Broken())
    result, facts = played(job("a", "true", **SECRET))
    assert result.statuses["a"].log is None
    (remark,) = facts.of(Remark)
    assert remark.text.endswith(
        "a.1.log may hold secrets: they could not be hidden: permission denied"
    )
