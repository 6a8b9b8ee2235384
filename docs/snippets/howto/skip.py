from treadle import DAG, EmptyJob, FunctionJob, ReturnValue, Scheduler

good = (ReturnValue.success, ReturnValue.unchanged)
status = {}


def provider(uid, data, predecessors, notify_end):
    if all(status[need] in good for need in predecessors):
        return FunctionJob(uid, data, notify_end)
    return EmptyJob(uid, data, notify_end, ReturnValue.force_fail)


def collect(job):
    status[job.uid] = job.status
    print(f"{job.uid}: {job.status.name}{' (skipped)' if job.should_skip else ''}")


dag = DAG()
dag.add_vertex("read", lambda: open("missing"))
dag.add_vertex("parse", lambda: 1, predecessors=["read"])
dag.add_vertex("other", lambda: 2)
Scheduler(provider, collect).run(dag)
