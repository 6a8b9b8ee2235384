import logging

from treadle import DAG, FunctionJob, Scheduler

logging.basicConfig(format="%(name)s: %(message)s")
logging.getLogger("treadle.job.scheduler").setLevel(logging.DEBUG)
dag = DAG()
for name in ("a", "b"):
    dag.add_vertex(name, lambda: None)
Scheduler(Scheduler.simple_provider(FunctionJob)).run(dag)
