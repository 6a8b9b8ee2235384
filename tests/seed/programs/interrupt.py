"""Timeouts and Ctrl-C: who is interrupted, collected and finished."""

# A program as a client of e3-core writes it: prints, no annotations.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN201, ANN204, RUF012, T201

import threading

from e3.collection.dag import DAG
from e3.job import Job, ProcessJob
from e3.job.scheduler import Scheduler


class Waits(Job):
    def __init__(self, uid, data, notify_end):
        super().__init__(uid, data, notify_end)
        self.told = threading.Event()

    def run(self):
        self.told.wait(20)

    def interrupt(self):
        print("interrupt", self.uid)
        self.told.set()
        return super().interrupt()

    def on_finish(self, scheduler):
        print("on_finish", self.uid, self.interrupted)


class Sleeps(ProcessJob):
    cmdline = ["sleep", "60"]

    def on_finish(self, scheduler):
        print("on_finish", self.uid, self.interrupted)


def collect(job):
    print("collect", job.uid, job.interrupted)


def graph(*uids):
    dag = DAG()
    for uid in uids:
        dag.add_vertex(uid)
    return dag


s = Scheduler(Scheduler.simple_provider(Waits), collect, job_timeout=0.2)
s.run(graph("a"))
print("timeout", s.is_finished, s.stop_time is not None)
Scheduler(Scheduler.simple_provider(Sleeps), collect, job_timeout=0.2).run(graph("p"))


def ctrl_c():
    raise KeyboardInterrupt


s = Scheduler(Scheduler.simple_provider(Waits), collect)
s.log_state = ctrl_c
try:
    s.run(graph("c"))
except KeyboardInterrupt:
    print("interrupted", s.stop_time)
