from treadle import DAG, Job, Scheduler
from treadle.engine import NEVER
from treadle.testing import Behaviour, FakeExecutor, MockClock


class Nightly(Job):
    def run(self):
        raise AssertionError("never called: the executor is a fake")


def test_a_job_that_hangs_is_stopped_after_an_hour_and_the_rest_runs():
    clock = MockClock()
    plan = {"backup": Behaviour(seconds=NEVER), "report": Behaviour(seconds=120)}
    executor = FakeExecutor(clock, lambda uid, attempt: plan[uid])
    dag = DAG()
    dag.add_vertex("backup")
    dag.add_vertex("report", predecessors=["backup"])
    outcomes = {}
    scheduler = Scheduler(
        Scheduler.simple_provider(Nightly),
        lambda job: outcomes.update({job.uid: job.outcome}),
        job_timeout=3600,
        clock=clock,
        executor=executor,
    )

    scheduler.run(dag)

    assert outcomes == {"backup": "timed_out", "report": "exited"}
    assert clock.monotonic() == 3720
