"""A walk in a chain, which leaves no choice of order: fingerprints, failures, requeues."""

# A program as a client of e3-core writes it: prints, no annotations.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN204, T201

from e3.anod.status import ReturnValue
from e3.collection.dag import DAG
from e3.job import EmptyJob, Job
from e3.job.walk import Walk


class Ends(Job):
    attempts = 0

    def run(self):
        self.attempts += 1

    @property
    def status(self):
        statuses = STATUSES.get(self.uid, [ReturnValue.success])
        return statuses[min(self.attempts, len(statuses)) - 1]


class Shown(Walk):
    def __init__(self, dag, saved):
        self.saved = saved
        super().__init__(dag)

    def set_scheduling_params(self):
        print("params", self.queues, self.tokens, self.job_timeout, hasattr(self, "scheduler"))
        self.tokens = 2

    def compute_fingerprint(self, uid, data, is_prediction=False):
        print("compute", uid, data, is_prediction)
        return f"{uid} {data}"

    def save_fingerprint(self, uid, fingerprint):
        print("save", uid, fingerprint)
        self.saved[uid] = fingerprint

    def load_previous_fingerprint(self, uid):
        print("load", uid)
        return self.saved.get(uid)

    def create_skipped_job(self, uid, data, predecessors, reason, notify_end, status=None):
        print("skipped job", uid, sorted(predecessors), bool(reason), status.name)
        return EmptyJob(uid, data, notify_end, status)

    def create_job(self, uid, data, predecessors, notify_end):
        print("job", uid, sorted(predecessors))
        return Ends(uid, data, notify_end)

    def request_requeue(self, job):
        print("requeue?", job.uid)
        return True


def walk(saved):
    dag = DAG()
    before = []
    for uid in "abcd":
        dag.add_vertex(uid, uid.upper(), before)
        before = [uid]
    walker = Shown(dag, saved)
    print({uid: status.name for uid, status in walker.job_status.items()})
    print(walker.failure_source, walker.prev_fingerprints, walker.new_fingerprints)
    print(walker.scheduler.tokens)


saved = {}
STATUSES = {"b": [ReturnValue.notready, ReturnValue.notready, ReturnValue.success]}
walk(saved)
walk(saved)
saved["b"] = "changed"
STATUSES = {"b": [ReturnValue.failure]}
walk(saved)
