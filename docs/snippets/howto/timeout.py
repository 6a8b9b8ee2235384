from treadle import DAG, ProcessJob, Scheduler


class Slow(ProcessJob):
    cmdline = ("/bin/sh", "-c", "trap 'echo tidying up; exit 1' TERM; sleep 60 & wait")
    timeout = 0.5  # seconds, of each attempt
    grace = 2.0  # seconds from SIGTERM to SIGKILL


def collect(job):
    print(job.uid, job.outcome, job.status.name, "interrupted:", job.interrupted)


dag = DAG()
dag.add_vertex("slow")
Scheduler(Scheduler.simple_provider(Slow), collect).run(dag)
