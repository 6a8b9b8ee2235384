from treadle import DAG, FunctionJob, Scheduler

dag = DAG()
dag.add_vertex("flour", lambda: 500)
dag.add_vertex("water", lambda: 350)
dag.add_vertex("dough", lambda: "mixed", predecessors=["flour", "water"])

provider = Scheduler.simple_provider(FunctionJob)
scheduler = Scheduler(provider, lambda job: print(job.uid, job.result), tokens=2)
scheduler.run(dag)
