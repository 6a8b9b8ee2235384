import os
import signal
import sys
import time

from treadle import DAG, FunctionJob, Scheduler, Store


def fetch(name):
    def work():
        print("fetching", name, flush=True)
        time.sleep(0.2)
        if name == "c" and "--power-cut" in sys.argv:
            os.kill(os.getpid(), signal.SIGKILL)

    return work


def collect(job):
    print(job.uid, job.status.name, "attempt", job.attempt, flush=True)


dag = DAG()
dag.add_vertex("a", fetch("a"))
dag.add_vertex("b", fetch("b"), ["a"])
dag.add_vertex("c", fetch("c"), ["b"])
dag.add_vertex("d", fetch("d"), ["c"])

store = Store("fetched.db")
provider = Scheduler.simple_provider(FunctionJob)
Scheduler(provider, collect, store=store, resume=True).run(dag)

with store.read() as records:
    for run in records.runs():
        print(run.name, "in", len(run.sessions), "sessions:", run.last.end.counts)
        for one in records.attempts_of(run.name):
            ended = one.end.kind if one.end else "never seen to end"
            print(f"  {one.start.job}, attempt {one.start.attempt}: {ended}")
