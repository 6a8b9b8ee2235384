"""The tools of bench/survivors.py: where each comes from, its files, its command.

Each runs one job, `sh job.sh`, in the way its manual says, with two jobs at a time
where it can be told so. `{program}` is the tool, `{python}` the interpreter beside it.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import _common

ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "MOON_TELEMETRY": "false",
    "TURBO_TELEMETRY_DISABLED": "1",
    "PYTHONPATH": f".:{_common.SOURCE}",
}


class Tool(NamedTuple):
    """Where to get a tool, and how to run a job with it."""

    command: str
    files: dict[str, str]
    origin: str = ""  # pip:PACKAGE, npm:PACKAGE, or nothing for what is on the path or here
    program: str = ""  # its name, or where it is in node_modules
    environment: dict[str, str] = {}  # noqa: RUF012 -- never changed


_LIBRARY = """
from {package} import DAG
from {job} import ProcessJob
from {scheduler} import Scheduler

class Job(ProcessJob):
    @property
    def cmdline(self):
        return ["sh", "job.sh"]

dag = DAG()
dag.add_vertex("job", None)
Scheduler(Scheduler.simple_provider(Job), tokens=2).run(dag)
"""
_TREADLE = _LIBRARY.format(package="treadle", job="treadle", scheduler="treadle")
_E3 = _LIBRARY.format(package="e3.collection.dag", job="e3.job", scheduler="e3.job.scheduler")
_NINJA = "rule job\n command = sh job.sh\nbuild out: job\n"
_MAKE = "all:\n\tsh job.sh\n"
_DOIT = "def task_job():\n    return {'actions': [['sh', 'job.sh']]}\n"
_TASK = 'version: "3"\ntasks:\n  job:\n    cmds: [sh job.sh]\n'
_JUST = "job:\n    sh job.sh\n"
_SNAKEMAKE = 'rule job:\n    output: "out"\n    shell: "sh job.sh"\n'
_LUIGI = """
from luigi.contrib.external_program import ExternalProgramTask

class Job(ExternalProgramTask):
    def program_args(self):
        return ["sh", "job.sh"]
"""
_REDUN = """
from redun import task

redun_namespace = "bench"

@task(script=True, cache=False)
def job():
    return "sh job.sh"
"""
_PACKAGE = '{"name": "app", "private": true, "packageManager": "npm@10.0.0", "scripts": %s}'
_TURBO = {
    "package.json": _PACKAGE % '{"job": "sh job.sh"}',
    "turbo.json": '{"tasks": {"job": {"cache": false}}}',
}
_MOON = {
    ".moon/workspace.yml": 'projects:\n  app: "."\n',
    "moon.yml": "tasks:\n  job:\n    command: sh job.sh\n    options:\n      cache: false\n",
}
_POE = '[tool.poe.tasks]\njob = "sh job.sh"\n'

OURS = "treadle"
TOOLS = {
    "treadle run": Tool(
        f"{sys.executable} -m treadle run -j2",
        {"treadle.toml": '[job.job]\nrun = ["sh", "job.sh"]\n'},
    ),
    "treadle (library)": Tool(f"{sys.executable} jobs.py", {"jobs.py": _TREADLE}),
    "treadle (library, no warden)": Tool(
        f"{sys.executable} jobs.py", {"jobs.py": _TREADLE}, environment={"TREADLE_WARDEN": "0"}
    ),
    "e3": Tool("{python} jobs.py", {"jobs.py": _E3}, "pip:e3-core==22.10.0"),
    "ninja": Tool("{program} -j2", {"build.ninja": _NINJA}, "pip:ninja", "ninja"),
    "make": Tool("{program} -j2", {"Makefile": _MAKE}, "", "make"),
    "doit": Tool("{program} run -n2", {"dodo.py": _DOIT}, "pip:doit", "doit"),
    "Task": Tool("{program} job", {"Taskfile.yml": _TASK}, "pip:go-task-bin", "task"),
    "just": Tool("{program} job", {"justfile": _JUST}, "pip:rust-just", "just"),
    "snakemake": Tool("{program} -c2", {"Snakefile": _SNAKEMAKE}, "pip:snakemake", "snakemake"),
    "luigi": Tool(
        "{program} --module jobs Job --local-scheduler --workers 2",
        {"jobs.py": _LUIGI},
        "pip:luigi",
        "luigi",
    ),
    "redun": Tool("{program} run jobs.py job", {"jobs.py": _REDUN}, "pip:redun", "redun"),
    "parallel": Tool("{program} -j2 sh ::: job.sh", {}, "", "parallel"),
    "xargs": Tool("{program} -a list -n1 -P2 sh", {"list": "job.sh\n"}, "", "xargs"),
    # The programs themselves: what npx and the like put in front of them is not asked about.
    "turbo": Tool("{program} run job", _TURBO, "npm:turbo", "@turbo/linux-*/bin/turbo"),
    "moon": Tool(
        "{program} run app:job", _MOON, "npm:@moonrepo/cli", "@moonrepo/core-linux-*-gnu/moon"
    ),
    "poe": Tool("{program} job", {"pyproject.toml": _POE}, "pip:poethepoet", "poe"),
}
