from treadle import DAG, Job, Scheduler


class Compile(Job):
    def __init__(self, uid, data, notify_end):
        super().__init__(uid, data, notify_end)
        self.queue_name = "cpu"
        self.tokens = 2  # of the queue's 4: two such jobs at a time

    def run(self):
        print("compiling", self.uid, "in slot", self.slot)


dag = DAG()
for name in ("a", "b", "c"):
    dag.add_vertex(name)
scheduler = Scheduler(Scheduler.simple_provider(Compile), queues={"cpu": 4, "network": 1})
scheduler.run(dag)
print("at most", scheduler.max_active_jobs, "at a time")
