"""Count the words of many files in parallel, through the library alone.

    python words.py FOLDER

Each file is a job that runs `wc -w`; the sum needs them all. At most four count at
the same time, a file that cannot be counted is tried twice, and one that takes
more than ten seconds is stopped. Needs the standard library only.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from treadle import DAG, Job, ProcessJob, ReturnValue, Scheduler

COUNTS: dict[Path, int] = {}


class Count(ProcessJob):
    """Counts the words of one file."""

    timeout = 10.0

    def __init__(self, uid: Any, data: Any, notify_end: Callable[[Any], object]) -> None:
        super().__init__(uid, data, notify_end)
        self.queue_name = "disk"
        self.path: Path = data

    @property
    def cmdline(self) -> list[str]:
        """The program that counts."""
        return ["wc", "-w", str(self.path)]

    @property
    def cmd_options(self) -> dict[str, Any]:
        """Its output goes to a file beside nothing else."""
        return {"output": f"{self.path}.words"}

    def on_finish(self, scheduler: Scheduler) -> None:
        """Read the result, and take the file away."""
        del scheduler
        result = Path(f"{self.path}.words")
        if self.status is ReturnValue.success:
            COUNTS[self.path] = int(result.read_text().split()[0])
        result.unlink(missing_ok=True)


class Total(Job):
    """Adds up, when all files have been counted."""

    def run(self) -> None:
        """Print the most wordy files, and the sum."""
        for path, count in sorted(COUNTS.items(), key=lambda item: -item[1])[:5]:
            print(f"{count:8} {path.name}")
        print(f"{sum(COUNTS.values()):8} in {len(COUNTS)} files")


def provider(uid: Any, data: Any, predecessors: frozenset[Any], notify_end: Any) -> Job:
    """Make the job of a vertex: files are counted, the rest is the total."""
    del predecessors
    return Count(uid, data, notify_end) if isinstance(data, Path) else Total(uid, data, notify_end)


def main(folder: str) -> int:
    """Count all Python files below the folder."""
    files = sorted(Path(folder).rglob("*.py"))
    dag = DAG()
    for path in files:
        dag.add_vertex(str(path), path)
    dag.add_vertex("total", None, map(str, files))
    failed: list[Job] = []

    def collect(job: Job) -> bool:
        if job.status is ReturnValue.success:
            return False
        if job.attempt < 2:
            return True  # once more
        failed.append(job)
        return False

    Scheduler(provider, collect, queues={"disk": 4, "default": 1}).run(dag)
    for job in failed:
        print(f"cannot count {job.uid}: {job.status.name}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python words.py FOLDER")
    sys.exit(main(sys.argv[1]))
