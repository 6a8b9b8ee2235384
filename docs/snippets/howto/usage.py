from treadle import DAG, ProcessJob, Scheduler


class Program(ProcessJob):
    @property
    def cmdline(self):
        return ["python3", "-c", self.data]


def collect(job):
    used = job.proc_handle.usage
    cpu, memory = used.user + used.system, used.max_rss // 1_000_000
    print(f"{job.uid}: {used.wall:.1f} s, {cpu:.1f} s of processor time, {memory} MB")


dag = DAG()
dag.add_vertex("sleeps", "import time; time.sleep(1)")
dag.add_vertex("fills", "x = b'x' * 200_000_000", predecessors=["sleeps"])
Scheduler(Scheduler.simple_provider(Program), collect).run(dag)
