"""Edges of the scheduler: pushing, queues, priorities, skipping, requeues, interrupts."""

# A program as a client of e3-core writes it: prints, no annotations.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN201, B023, T201

from e3.anod.status import ReturnValue
from e3.collection.dag import DAG
from e3.job import EmptyJob, Job
from e3.job.scheduler import DEFAULT_JOB_MAX_DURATION, Scheduler


class J(Job):
    def run(self):
        ran.append(self.uid)


def graph(*uids):
    dag = DAG()
    for uid in uids:
        dag.add_vertex(uid)
    return dag


ran = []


def pushes(job):
    if job.uid == "a":
        s.push(J("extra", None, s.message_queue.put))


s = Scheduler(Scheduler.simple_provider(J), pushes)
s.run(graph("a"))
print("pushed", ran, s.is_finished)
s.run(graph("b"))
print("again", ran, s.max_active_jobs, s.tokens, s.slots)

for queues in (None, {}, {"x": 1, "y": 2}):
    s = Scheduler(Scheduler.simple_provider(J), queues=queues, tokens=4)
    print("queues", s.queues, s.tokens, s.n_tokens, s.slots, s.job_timeout)
print(DEFAULT_JOB_MAX_DURATION)

collected = []
s = Scheduler(
    lambda uid, data, predecessors, end: EmptyJob(uid, data, end, ReturnValue.skip),
    lambda job: collected.append((job.uid, job.slot, job.handle, tuple(job.timing_info))) or True,
)
s.run(graph("a"))
print("skipped", collected, s.max_active_jobs)


class Ranked(J):
    @property
    def priority(self):
        return {"1": 5, "2": 6.5, "3": 9}.get(self.uid, -1)


ran.clear()
Scheduler(Scheduler.simple_provider(Ranked)).run(graph("0", "1", "2", "3"))
print("priorities", ran)

for answer in (None, 0, "", [], 1, "yes"):
    attempts = []
    Scheduler(
        Scheduler.simple_provider(J),
        lambda job: attempts.append(job) or (answer if len(attempts) < 3 else False),
    ).run(graph("a"))
    print("collect returns", repr(answer), len(attempts), len(set(map(id, attempts))))

s = Scheduler(Scheduler.simple_provider(J))
s.run(DAG())
print("empty", s.is_finished, s.max_active_jobs, s.start_time <= s.stop_time)

job = J("a", "data", None)
print(job.slot, job.tokens, job.queue_name, job.should_skip, job.interrupted, job.handle)
print(job.thread, job.timing_info[:3], job.priority, job.status is ReturnValue.success, job.data)
print(job.interrupt(), job.interrupt(), J("b", None, None).index - job.index)
ended = []
job = J("t", None, ended.append)
job.start(7)
job.handle.join()
print(ended, job.slot, job.handle.name, job.handle.daemon, job.handle.is_alive())
