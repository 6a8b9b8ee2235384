from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from treadle.job import ProcessJob, ReturnValue, Run

if TYPE_CHECKING:
    from pathlib import Path


class Exits(ProcessJob):
    @property
    def cmdline(self) -> list[str]:
        return [sys.executable, "-S", "-c", f"raise SystemExit({self.data})"]


def _ran(job: ProcessJob) -> ProcessJob:
    job.run()
    return job


def test_before_the_first_run_the_status_is_notready() -> None:
    job = Exits("a", 0, None)  # type: ignore[arg-type]  # tests of clients do that

    assert job.status is ReturnValue.notready
    assert job.proc_handle is None
    assert job.cmd_options == {"output": None}


def test_run_may_be_called_directly_and_gives_a_handle() -> None:
    job = _ran(Exits("a", 0, None))  # type: ignore[arg-type]  # tests of clients do that

    assert isinstance(job.proc_handle, Run)
    assert job.proc_handle.status == 0
    assert job.proc_handle.wait() == 0
    assert not job.proc_handle.is_running()
    assert job.status is ReturnValue.success


@pytest.mark.parametrize("status", ReturnValue)
def test_an_exit_code_is_the_status_of_that_number(status: ReturnValue) -> None:
    assert _ran(Exits("a", int(status), print)).status is status


@pytest.mark.parametrize("code", [2, 127, 255])
def test_any_other_exit_code_is_a_failure_and_logged(
    code: int, caplog: pytest.LogCaptureFixture
) -> None:
    job = _ran(Exits("a", code, print))

    assert job.status is ReturnValue.failure
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", f"job a returned an unknown status {code}")
    ]


def test_the_status_of_the_handle_can_be_set() -> None:
    job = _ran(Exits("a", 0, print))
    assert job.proc_handle is not None

    job.proc_handle.status = int(ReturnValue.unchanged)

    assert job.status is ReturnValue.unchanged


def test_a_handle_without_a_status_is_a_failure_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = _ran(Exits("a", 0, print))
    assert job.proc_handle is not None
    job.proc_handle.status = None

    assert job.status is ReturnValue.failure
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "job a returned None for status")
    ]


class Wrong(ProcessJob):
    @property
    def cmdline(self) -> Any:
        if isinstance(self.data, Exception):
            raise self.data
        return self.data


@pytest.mark.parametrize(
    "cmdline", [None, ["/no/such/program"], OSError("no program for this platform")]
)
def test_what_cannot_be_spawned_is_a_failure_and_logged_with_its_traceback(
    cmdline: object, caplog: pytest.LogCaptureFixture
) -> None:
    job = _ran(Wrong("a", cmdline, print))

    assert job.status is ReturnValue.failure
    assert job.proc_handle is None
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info


def test_options_are_read_before_the_command_line() -> None:
    order: list[str] = []

    class Notes(ProcessJob):
        @property
        def cmdline(self) -> list[str]:
            order.append(f"cmdline, lock {self.lock._is_owned()}")
            return ["true"]

        @property
        def cmd_options(self) -> dict[str, Any]:
            order.append(f"cmd_options, lock {self.lock._is_owned()}")
            return {"output": None}

    assert _ran(Notes("a", None, print)).status is ReturnValue.success
    assert order == ["cmd_options, lock False", "cmdline, lock True"]


@pytest.mark.parametrize("kind", ["property", "attribute", "method"])
def test_the_command_line_may_be_a_property_an_attribute_or_a_method(kind: str) -> None:
    command = ["true"]
    members: dict[str, Any] = {
        "property": property(lambda self: command),
        "attribute": command,
        "method": lambda self: command,
    }
    job_class = type("OneOf", (ProcessJob,), {"cmdline": members[kind]})

    assert _ran(job_class("a", None, print)).status is ReturnValue.success


class Prints(ProcessJob):
    def __init__(self, uid: str, data: str, notify_end: Any, **options: Any) -> None:
        super().__init__(uid, data, notify_end)
        self.options = {"output": None, **options}

    @property
    def cmdline(self) -> list[str]:
        return ["sh", "-c", self.data]

    @property
    def cmd_options(self) -> dict[str, Any]:
        return self.options


def test_output_goes_to_a_file_and_errors_go_where_the_output_goes(tmp_path: Path) -> None:
    Prints("a", "echo out; echo err >&2", print, output=str(tmp_path / "log")).run()

    assert (tmp_path / "log").read_text() == "out\nerr\n"


def test_a_plus_in_front_of_the_file_name_appends(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("before\n")
    Prints("a", "echo after", print, output=f"+{tmp_path / 'log'}").run()

    assert (tmp_path / "log").read_text() == "before\nafter\n"


@pytest.mark.parametrize(("ignore", "seen"), [(True, "-new"), (False, "host-new")])
def test_env_replaces_the_environment_or_adds_to_it(
    ignore: bool, seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEED_HOST", "host")
    Prints(
        "a",
        'echo "$SEED_HOST-$SEED_NEW"',
        print,
        output=str(tmp_path / "log"),
        env={"SEED_NEW": "new"},
        ignore_environ=ignore,
    ).run()

    assert (tmp_path / "log").read_text() == f"{seen}\n"


def test_cwd_is_where_the_program_starts(tmp_path: Path) -> None:
    Prints("a", "pwd -P", print, output=str(tmp_path / "log"), cwd=str(tmp_path)).run()

    assert (tmp_path / "log").read_text() == f"{tmp_path.resolve()}\n"


def test_options_that_are_shared_are_left_as_they_are() -> None:
    # The seed writes bg=True into them.
    job = Prints("a", "true", print)
    job.run()

    assert job.options == {"output": None}


def test_an_interrupt_is_always_true_and_before_the_run_prevents_it() -> None:
    job = Exits("a", 0, print)

    assert [job.interrupt(), job.interrupt()] == [True, True]
    job.run()
    assert job.proc_handle is None
    assert job.status is ReturnValue.notready


def test_an_interrupt_kills_what_runs(caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()
    job = Prints("a", "sleep 60", lambda uid: ended.set())
    job.start(0)
    while job.proc_handle is None:
        assert not ended.wait(0.001)

    job.interrupt()
    job.handle.join()

    assert job.proc_handle.status == -9
    assert job.status is ReturnValue.failure
    assert caplog.messages == ["job a returned an unknown status -9"]
