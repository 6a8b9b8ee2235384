"""The callbacks of a run and what each of them sees; a is requeued, skip is skipped."""

# A program as a client of e3-core writes it: prints, no annotations.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN201, T201

import threading

from e3.collection.dag import DAG
from e3.job import Job
from e3.job.scheduler import Scheduler


def note(*words):
    # What job threads do comes when it comes: they are printed at the end.
    text = " ".join(map(str, words)) + (" LOCK" if Job.lock._is_owned() else "")
    if threading.current_thread() is threading.main_thread():
        print(text)
    else:
        in_jobs.append(f"{text} in {threading.current_thread().name}")


def state(s):
    return ([job.uid for job in s.active_jobs], dict(s.tokens), list(s.slots), s.queued_jobs)


class Traced(Job):
    attempts = 0

    @property
    def priority(self):
        return 0

    def on_start(self, s):
        note("on_start", self.uid, self.slot, *state(s))

    def start(self, slot):
        note("start", self.uid, slot)
        super().start(slot)

    def record_start_time(self):
        note("record_start_time", self.uid)
        super().record_start_time()

    def record_stop_time(self):
        note("record_stop_time", self.uid)
        super().record_stop_time()

    def run(self):
        self.attempts += 1
        note("run", self.uid, self.slot, self.attempts)

    def on_finish(self, s):
        note("on_finish", self.uid, *state(s))


class Stages(Scheduler):
    def launch(self):
        note("- launch")
        super().launch()

    def log_state(self):
        note("- log_state", *state(self))
        super().log_state()

    def wait(self):
        note("- wait")
        super().wait()


def provider(uid, data, predecessors, notify_end):
    note("provider", uid, data, type(predecessors).__name__, sorted(predecessors))
    job = Traced(uid, data, notify_end)
    job.should_skip = uid == "skip"
    return job


def collect(job):
    note("collect", job.uid, job.attempts, [t is not None for t in job.timing_info[:2]], *state(s))
    return job.uid == "a" and job.attempts == 1


in_jobs = []
dag = DAG()
dag.add_vertex("skip", 1)
dag.add_vertex("a", 2, ["skip"])
dag.add_vertex("b", 3, ["a"])
s = Stages(provider, collect, tokens=1)
s.run(dag)
print(*in_jobs, sep="\n")
print(state(s), s.all_jobs_queued, s.max_active_jobs, s.is_finished, s.global_queue_index)
