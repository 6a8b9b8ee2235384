from pathlib import Path

from treadle import DAG, Job, ProcessJob, ReturnValue, Scheduler

MAKE_LOGS = """
mkdir -p out
write() {
  seq 400 | awk -v day=$1 -v n=$2 '{ print day, $1, ($1 % n ? "ok" : "error") }' \
    > out/$1.log
}
write mon 23; write tue 61; write wed 97
"""


class MakeLogs(ProcessJob):
    """Runs a program; its exit code is the job's status."""

    @property
    def cmdline(self):
        return ["/bin/sh", "-c", MAKE_LOGS]


class Count(Job):
    """Runs Python in a thread; what `run` raises makes it a failure."""

    errors = 0

    def run(self):
        text = Path(f"out/{self.data}.log").read_text(encoding="utf-8")
        self.errors = text.count("error")


class Summary(Job):
    def run(self):
        print("errors:", sum(done[day].errors for day in ("mon", "tue", "wed")))


def provider(uid, data, predecessors, notify_end):
    job_class = {"logs": MakeLogs, "summary": Summary}.get(uid, Count)
    return job_class(uid, data, notify_end)


def collect(job):
    done[job.uid] = job
    print(f"{job.uid}: {job.status.name}")


done = {}
dag = DAG()
dag.add_vertex("logs")
for day in ("mon", "tue", "wed"):
    dag.add_vertex(day, day, predecessors=["logs"])
dag.add_vertex("summary", predecessors=["mon", "tue", "wed"])

Scheduler(provider, collect, tokens=2).run(dag)
assert done["summary"].status is ReturnValue.success
