import threading

from treadle import DAG, ProcessJob, Scheduler
from treadle.errors import RunInterrupted


class Sleep(ProcessJob):
    cmdline = ("sleep", "60")


dag = DAG()
dag.add_vertex("one")
dag.add_vertex("two")
scheduler = Scheduler(
    Scheduler.simple_provider(Sleep), lambda job: print(job.uid, job.outcome), tokens=2
)
threading.Timer(0.3, scheduler.interrupt).start()
try:
    scheduler.run(dag)
except RunInterrupted as error:
    print("stopped:", error)
