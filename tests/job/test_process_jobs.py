"""What a process job leaves behind does not outlive the run, whichever way the job is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from treadle.dag import DAG
from treadle.job import ProcessJob
from treadle.job.scheduler import Scheduler


class Daemon(ProcessJob):
    """Starts something that leaves its group, and ends by itself."""

    @property
    def cmdline(self) -> list[str]:
        script = 'setsid sh -c "echo \\$\\$ > $0; exec sleep 600" & while [ ! -s "$0" ]; do :; done'
        return ["/bin/sh", "-c", script, str(self.data)]


class OwnRun(Daemon):
    def run(self) -> None:
        super().run()


class OwnStart(Daemon):
    def start(self, slot: int) -> None:
        super().start(slot)


@pytest.mark.parametrize("kind", [Daemon, OwnRun, OwnStart])
def test_B02_a_daemon_of_a_job_that_ended_is_gone_when_the_run_ends(
    kind: Any, tmp_path: Path
) -> None:
    dag = DAG()
    dag.add_vertex("a", tmp_path / "pid")
    Scheduler(Scheduler.simple_provider(kind)).run(dag)

    pid = int((tmp_path / "pid").read_text())
    stat = Path(f"/proc/{pid}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX"
