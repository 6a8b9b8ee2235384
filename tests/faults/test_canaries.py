"""I07: what is secret is in no file that treadle keeps, and in nothing that it says."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

import pytest

from stores import scratch

from .crashcommand import LONG, Command, Ended, cleared, gone

pytestmark = [
    pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc"),
    pytest.mark.proof,
]

# By the environment, by a file, by another job; to logs, words, messages, in pieces, with ends of
# every kind. What a job writes to files of its own is its own business.
WORKFLOW = """
[cache]

[job.shows]
run = "echo $TOKEN; echo $TOKEN >&2"
secret = ["TOKEN"]

[job.pieces]
run = "printf %.9s $TOKEN; sleep 0.05; echo ${TOKEN#?????????}"
secret = ["TOKEN"]

[job.filed]
run = "echo $KEY"
env_file = "keys"
secret = ["KEY"]

[job.worded]
run = ["env", "sh", "-c", "echo $COPY"]
env.COPY = "${{ env.TOKEN }}"
secret = ["COPY"]

[job.fails]
run = "echo $TOKEN; exit 3"
secret = ["TOKEN"]
retries = 1
allow_failure = true

[job.late]
run = "echo $TOKEN; sleep 9"
secret = ["TOKEN"]
timeout = 0.1
allow_failure = true

[job.gives]
run = 'read word < given; echo "word=$word" >> $TREADLE_OUTPUT; echo "more=1" >> $TREADLE_OUTPUT'

[job.takes]
run = "echo $WORD > hidden; echo $WORD; echo made > made; echo pass=$WORD >> $TREADLE_OUTPUT"
needs = ["gives"]
env.WORD = "${{ gives.word }}"
secret = ["WORD"]
outputs = ["made"]

[job.after]
run = "echo ${{ takes.pass }} > used"
needs = ["takes"]
inputs = ["made"]
outputs = ["used"]

[job.waits]
run = "echo $TOKEN; echo v=$TOKEN >> $TREADLE_OUTPUT; echo > begun; read go < go"
secret = ["TOKEN"]
needs = ["after", "shows", "pieces", "filed", "worded", "fails", "late"]
"""


class Planted:
    """A workflow full of secrets, and all that was said of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.canaries = [f"canary{secrets.token_hex(8)}" for _ in range(3)]
        (folder / "treadle.toml").write_text(WORKFLOW)
        (folder / "keys").write_text(f"KEY={self.canaries[1]}\n")
        (folder / "given").write_text(f"{self.canaries[2]}\n")
        os.mkfifo(folder / "go")
        self.streams: list[str] = []

    def begin(self, *arguments: str) -> Command:
        return Command(self.folder, *arguments, TOKEN=self.canaries[0])

    def hear(self, command: Command) -> Ended:
        ended = command.end()
        self.streams += [ended.out, ended.err]
        return ended

    def play(self, *arguments: str) -> Ended:
        return self.hear(self.begin(*arguments))

    def await_last(self) -> None:
        """Wait until all jobs but the last are over, and that has said all that it knows."""
        end = time.monotonic() + LONG
        while not (self.folder / "begun").exists():
            assert time.monotonic() < end, "the last job does not begin"
            time.sleep(0.005)

    def seen(self) -> list[str]:
        """Where there is a canary."""
        found = [f"a stream: {text}" for text in self.streams if self._holds(text.encode())]
        for path in (self.folder / ".treadle").rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            if self._holds(data) or self._holds(os.fsencode(path.name)):
                found += [str(path.relative_to(self.folder))]
        return found

    def _holds(self, data: bytes) -> bool:
        return any(canary.encode() in data for canary in self.canaries)

    def ask(self) -> None:
        """Give every command that says something of runs."""
        for words in (
            ("status",), ("history",), ("history", "takes"), ("diff",), ("flaky",), ("list",),
            ("graph",), ("check",), ("run", "-n"), ("status", "--json"), ("history", "--json"),
            *(("logs", job) for job in ("shows", "takes", "fails", "filed", "pieces")),
            *(("explain", job) for job in ("shows", "takes", "after", "fails", "gives")),
        ):  # fmt: skip
            ended = self.play(*words)
            assert "Traceback" not in ended.err, ended
            assert "bug in treadle" not in ended.err, ended


def test_I07_planted_secrets_are_in_no_file_and_no_stream() -> None:
    with scratch() as folder:
        planted = Planted(folder)
        gate = os.open(folder / "go", os.O_RDWR)
        try:
            for words in (("run", "-v", "-j2"), ("run", "--json", "-B", "-j2"),
                          ("run", "--output", "prefix", "-v")):  # fmt: skip
                os.write(gate, b"go\n")
                ended = planted.play(*words)
                assert ended.code == 0, ended
                assert not planted.seen()
                planted.ask()
                (folder / "made").unlink()
        finally:
            os.close(gate)
        assert (folder / "hidden").read_text() == f"{planted.canaries[2]}\n"
        assert any(planted.streams)
        assert not planted.seen()
        assert gone(folder)


@pytest.mark.parametrize("word", ["resume", "run"])
def test_I07_what_a_killed_run_left_unhidden_is_hidden_by_the_next_one(word: str) -> None:
    with scratch() as folder:
        planted = Planted(folder)
        gate = os.open(folder / "go", os.O_RDWR)
        try:
            killed = planted.begin("run", "-v", "-j2")
            planted.await_last()
            killed.process.kill()
            planted.hear(killed)
            assert gone(folder)
            os.write(gate, b"go\n")
            ended = planted.play(word, "-v")
            assert ended.code == 0, ended
        finally:
            os.close(gate)
            cleared(folder)
        planted.ask()
        assert not planted.seen()
