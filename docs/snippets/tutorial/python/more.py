from treadle import DAG, FunctionJob, Scheduler


def collect(job):
    print(f"{job.uid}: {job.result}")
    if job.uid == "list":
        for name in job.result:
            notify = scheduler.message_queue.put
            scheduler.push(FunctionJob(name, name.upper, notify))


dag = DAG()
dag.add_vertex("list", lambda: ["oak", "elm"])
scheduler = Scheduler(Scheduler.simple_provider(FunctionJob), collect)
scheduler.run(dag)
