from treadle import DAG, Job, Scheduler


class Flaky(Job):
    def run(self):
        if self.attempt < 3:
            raise ConnectionError(f"attempt {self.attempt} found nobody")


def collect(job):
    print(f"{job.uid}: attempt {job.attempt}, {job.status.name}")
    return job.status.name == "failure"  # true: run it again


dag = DAG()
dag.add_vertex("fetch")
scheduler = Scheduler(Scheduler.simple_provider(Flaky), collect, max_attempts=5, requeue_delay=0.2)
scheduler.run(dag)
