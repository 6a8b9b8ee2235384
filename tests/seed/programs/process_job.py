"""Process jobs: statuses, options, what is logged at ERROR."""

# A program as a client of e3-core writes it: prints, no annotations.
# mypy: ignore-errors
# ruff: noqa: ANN201, T201

import logging
import sys

from e3.anod.status import ReturnValue
from e3.job import ProcessJob

logging.basicConfig(level=logging.ERROR, stream=sys.stdout, format="LOG %(levelname)s %(message)s")
logging.Formatter.formatException = lambda *a: "<traceback>"

order = []


class Options(ProcessJob):
    @property
    def cmdline(self):
        order.append("cmdline")
        return ["sh", "-c", "echo $A $0; echo error >&2", "zero"]

    @property
    def cmd_options(self):
        order.append("cmd_options")
        return {"output": "out.txt", "env": {"A": "1"}, "ignore_environ": False}


job = Options("a", None, None)
print(job.status.name, job.proc_handle)
job.run()
with open("out.txt") as out:
    print(order, job.status.name, job.proc_handle.status, out.read().split())


class Exits(ProcessJob):
    @property
    def cmdline(self):
        return ["sh", "-c", f"exit {self.data}"]


for value in ReturnValue:
    job = Exits("b", int(value), None)
    job.run()
    print(value.name, job.status is value)

for code in (2, 127, 255):
    job = Exits("c", code, None)
    job.run()
    with open("/dev/null", "w") as null:
        logging.getLogger().handlers[0].setStream(null)
        print(code, job.status.name)
        logging.getLogger().handlers[0].setStream(sys.stdout)

print(job.interrupt(), job.interrupt())
job = Exits("d", 0, None)
print(job.interrupt(), job.interrupt())
job.run()
print(job.status.name, job.proc_handle)
