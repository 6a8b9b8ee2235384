from __future__ import annotations

import threading

import pytest

from treadle.executors import JobThread, ThreadCache


def test_a_thread_is_used_again() -> None:
    cache = ThreadCache()
    idents = []
    for _ in range(3):
        job = JobThread(lambda: idents.append(threading.get_ident()), "x")
        cache.start(job)
        job.join()
        while not cache._idle:
            pass  # it has ended its job and is about to wait
    cache.close()

    assert len(set(idents)) == 1


def test_without_reuse_each_job_has_a_thread_of_its_own() -> None:
    prepared: list[int] = []
    cache = ThreadCache(lambda: prepared.append(1), reuse=False)
    jobs = [JobThread(lambda: None, str(n)) for n in range(3)]
    for job in jobs:
        cache.start(job)
        job.join()
    cache.close()

    assert len(prepared) == 3


def test_jobs_that_run_at_the_same_time_do_not_wait_for_each_other() -> None:
    cache, barrier = ThreadCache(), threading.Barrier(5)
    jobs = [JobThread(lambda: barrier.wait(20), str(n)) for n in range(5)]
    for job in jobs:
        cache.start(job)
    for job in jobs:
        job.join()
    cache.close()

    assert not barrier.broken


def test_the_thread_has_the_name_of_its_job_while_it_runs() -> None:
    cache = ThreadCache()
    names: list[str] = []
    job = JobThread(lambda: names.append(threading.current_thread().name), "compile")
    cache.start(job)
    job.join()
    cache.close()

    assert names == ["compile"]
    assert job.name == "compile"
    assert not job.daemon


def test_a_job_that_was_revoked_never_runs_and_one_that_runs_cannot_be() -> None:
    ran: list[str] = []
    revoked = JobThread(lambda: ran.append("revoked"), "a")
    assert revoked.revoke()
    revoked.run(threading.current_thread())  # returns at once
    done = JobThread(lambda: ran.append("done"), "b")
    cache = ThreadCache()
    cache.start(done)
    cache.close()

    assert not done.revoke()
    assert not revoked.revoke()
    assert ran == ["done"]
    assert not revoked.is_alive()


def test_join_returns_after_its_timeout_and_after_the_end() -> None:
    gate = threading.Event()
    job = JobThread(lambda: gate.wait(20), "slow")
    cache = ThreadCache()
    cache.start(job)
    job.join(0.001)
    assert job.is_alive()

    gate.set()
    job.join()
    cache.close()

    assert not job.is_alive()


def test_what_a_job_raises_goes_to_the_excepthook_and_the_thread_lives_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)
    cache = ThreadCache()

    def fail() -> None:
        raise LookupError("lost")

    job = JobThread(fail, "fails")
    cache.start(job)
    job.join()
    again = JobThread(lambda: None, "works")
    cache.start(again)
    again.join()
    cache.close()

    assert [args.exc_type for args in seen] == [LookupError]


def test_close_waits_for_threads_that_work() -> None:
    gate, done = threading.Event(), threading.Event()
    cache = ThreadCache()

    def work() -> None:
        gate.wait(20)
        done.set()

    cache.start(JobThread(work, "slow"))
    threading.Timer(0.02, gate.set).start()
    cache.close()

    assert done.is_set()
