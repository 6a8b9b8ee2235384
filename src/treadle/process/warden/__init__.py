"""The warden: a process of its own that is the parent of all process jobs.

The problem. A job's program starts others. They leave its process group, its session,
clear their environment, are re-parented when their parent ends, ignore signals, stop
themselves, fork as fast as they are killed. The attempt is over when all of them are
gone, and not before. And when the scheduler itself is killed with SIGKILL, it cannot do
anything any more, yet all of them are to go.

What does not work. Killing the process group misses whoever left it. Walking from
parent to child misses whoever lost a parent on the way. Marks in the environment miss
whoever cleared it. Making the scheduler a subreaper gives it all orphans, but also those
of the host program around it, whose children are none of our business. A parent-death
signal reaches one process and not its descendants. Control groups do all of it where
they are delegated, which is nearly nowhere.

What is done. Three processes::

    scheduler ──socket──┐
        └─ guard (subreaper)
              └─ warden (subreaper)
                   ├─ leader of an attempt, in a session of its own
                   ├─ leader of another …
                   └─ orphans of the attempts: *strays*

- Every descendant of a job is a descendant of the warden, whatever it does: orphans
  come back to the nearest subreaper, and that is the warden. Killing every child until
  there is none left (`killing.kill_all`) therefore ends everything. That is what happens
  when the scheduler is gone (end of file on the socket, or its pidfd says so).
- When the warden is gone, its children come back to the guard, which does the same and
  exits; the scheduler waits for that before it calls the attempts lost. When the guard
  is gone, the kernel tells the warden (`PR_SET_PDEATHSIG`), which does the same.
- When a leader has ended, a child of the warden that is no leader is a stray. Whose it
  is is told by its mark, its session or group, or its ancestors at the time of a stop.
  One that nothing tells of belongs to any attempt that ran when it began, and goes
  when the last of those ends.
- Signals go to the group of a leader that was not reaped yet, to children that were not
  reaped yet, or through a pidfd that was checked: never to a number that may have been
  given to somebody else.

The rest follows from being small: single-threaded, so that nobody else reaps; blocks
every signal, so that none is lost or interrupts; spawns with vfork semantics from a
process of a few megabytes, so that a scheduler of many gigabytes costs nothing.

Still not covered. Scheduler, guard and warden killed at the same instant. A descendant
that changed to a user whom treadle may not signal. A process in uninterruptible sleep:
it is named, and the warden stays until it can reap it. What was started by somebody
else on a job's behalf (a system service, a container daemon).

This package imports nothing but the standard library and itself, by relative imports:
the helper process loads it without the rest of treadle.
"""
