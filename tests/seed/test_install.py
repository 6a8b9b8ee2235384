"""`treadle.e3`: each program runs in a process of its own, since what it installs stays."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Python = Callable[..., subprocess.CompletedProcess[str]]

# As where e3-core is not installed.
WITHOUT_E3 = """
import sys
sys.path = [folder for folder in sys.path if "site-packages" not in folder]
"""

WITH_E3 = "\n"

NAMES = """
import treadle.e3
treadle.e3.install()
import importlib, sys, treadle.anod.status, treadle.collection.dag
import treadle.job, treadle.job.scheduler, treadle.job.walk
pairs = {
    "e3.job": treadle.job,
    "e3.job.scheduler": treadle.job.scheduler,
    "e3.job.walk": treadle.job.walk,
    "e3.collection.dag": treadle.collection.dag,
    "e3.anod.status": treadle.anod.status,
}
for name, module in pairs.items():
    assert importlib.import_module(name) is module, name
import e3.job.scheduler, e3.collection.dag
from e3.anod.status import ReturnValue
from e3.collection import dag
from e3.job import EmptyJob, Job, JobTimingInfo, ProcessJob, Run, logger, walk
from e3.job.scheduler import CollectCallback, JobProviderCallback, Scheduler
from e3.job.scheduler import DEFAULT_JOB_MAX_DURATION
assert e3.job.scheduler is treadle.job.scheduler
assert e3.collection.dag is dag is treadle.collection.dag
assert e3.job.ReturnValue is ReturnValue is treadle.status.ReturnValue
print("ours")
"""


@pytest.mark.parametrize("world", [WITH_E3, WITHOUT_E3], ids=["with e3-core", "without"])
def test_treadles_modules_are_in_the_place_of_the_seeds(world: str, python: Python) -> None:
    done = python(world + NAMES)

    assert (done.stdout, done.stderr) == ("ours\n", "")


def test_the_rest_of_e3_core_stays_what_it_is(python: Python) -> None:
    done = python(
        "import treadle.e3; treadle.e3.install()\n"
        "import e3, e3.collection.trie, e3.os.process, e3.job\n"
        "print(e3.os.process.Run.__module__, e3.job.Job.__module__)\n"
    )

    assert (done.stdout, done.stderr) == ("e3.os.process treadle.job.base\n", "")


def test_without_e3_core_its_other_modules_are_not_found(python: Python) -> None:
    done = python(WITHOUT_E3 + "import treadle.e3; treadle.e3.install()\nimport e3.os.process\n")

    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'e3.os'"


def test_importing_the_module_imports_nothing_of_e3(python: Python) -> None:
    done = python(
        "import sys, treadle.e3\n"
        "print([name for name in sys.modules if name.partition('.')[0] == 'e3'])\n"
    )

    assert done.stdout == "[]\n"


def test_installing_twice_is_installing_once(python: Python) -> None:
    done = python(
        "import treadle.e3; treadle.e3.install()\n"
        "import e3.job, treadle.errors\n"
        "before = e3.job, treadle.errors.DAGError.__bases__\n"
        "treadle.e3.install()\n"
        "import e3.job\n"
        "print(before == (e3.job, treadle.errors.DAGError.__bases__))\n"
    )

    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.parametrize("early", ["e3.anod.status", "e3.collection.dag", "e3.testsuite"])
def test_what_was_imported_too_early_is_an_error_and_nothing_is_changed(
    early: str, python: Python
) -> None:
    done = python(
        f"import sys, {early}\n"
        "before = {name: sys.modules[name] for name in sys.modules if name[:2] == 'e3'}\n"
        "import treadle.e3\n"
        "try:\n"
        "    treadle.e3.install()\n"
        "except treadle.TreadleError as error:\n"
        "    print(error)\n"
        "print(before == {name: sys.modules[name] for name in sys.modules if name[:2] == 'e3'})\n"
    )

    message, unchanged = done.stdout.splitlines()
    assert "was imported before treadle.e3.install(); call install() first" in message
    assert early in message or early == "e3.testsuite"
    assert unchanged == "True"


def test_an_except_e3_error_catches_what_graphs_raise(python: Python) -> None:
    done = python(
        "import treadle.e3; treadle.e3.install()\n"
        "from e3.error import E3Error\n"
        "from e3.collection.dag import DAG, DAGError\n"
        "dag = DAG(); dag.add_vertex('a')\n"
        "try:\n"
        "    dag.add_vertex('a')\n"
        "except E3Error as error:\n"
        "    print(repr(str(error)), error.origin, isinstance(error, DAGError))\n"
        "for arguments in ((), ('m',), ('m', 'o'), (['m', 'n'], 'o')):\n"
        "    error = DAGError(*arguments)\n"
        "    print(error.messages, error.origin, repr(str(error)))\n"
        "error = E3Error('x'); error += DAGError('y'); print(error.messages)\n"
        "error = DAGError('x'); error += E3Error('y'); print(error.messages)\n"
    )

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        r"'DAG.add_vertex: vertex a already exist\n' DAG.add_vertex True",
        "[] None ''",
        "['m'] None 'm'",
        r"['m'] o 'o: m\n'",
        r"['m', 'n'] o 'o: n\n'",
        "['x', 'y']",
        "['x', 'y']",
    ]


SHOWS = """
import sys
import e3.job
import sibling
print(__name__, e3.job.Job.__module__, sys.argv, sibling.__file__ == sys.path[0] + "/sibling.py")
print(sys.modules["__main__"].__dict__ is globals(), __file__)
sys.exit(7)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program `folder/shows.py` beside a module of its own."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "shows.py").write_text(SHOWS)
    (folder / "sibling.py").write_text("")
    return folder


def test_a_script_runs_as_python_would_run_it(program: Path, python: Python) -> None:
    arguments = ("folder/shows.py", "-x", "--help")
    plain = python(None, arguments=arguments)
    ours = python(None, "-m", "treadle.e3", arguments=arguments)

    assert ours.stdout == plain.stdout.replace(" e3.job ", " treadle.job.base ")
    assert "__main__ treadle.job.base ['folder/shows.py', '-x', '--help'] True" in ours.stdout
    assert (ours.returncode, ours.stderr) == (plain.returncode, plain.stderr) == (7, "")


def test_a_module_runs_as_python_would_run_it(program: Path, python: Python) -> None:
    arguments = ("-m", "shows", "-x")
    plain = python(None, arguments=arguments, PYTHONPATH=str(program))
    ours = python(None, "-m", "treadle.e3", arguments=arguments, **_with_sources(program))

    assert "treadle.job.base" in ours.stdout
    assert ours.stdout.splitlines()[1:] == plain.stdout.splitlines()[1:]
    assert (ours.returncode, ours.stderr) == (7, "")


def _with_sources(program: Path) -> dict[str, str]:
    from pathlib import Path

    import treadle

    return {"PYTHONPATH": f"{program}:{Path(treadle.__file__).parents[1]}"}


@pytest.mark.parametrize("packed", [False, True], ids=["directory", "archive"])
def test_a_directory_or_an_archive_with_a_main_runs_too(
    packed: bool, program: Path, tmp_path: Path, python: Python
) -> None:
    (program / "shows.py").rename(program / "__main__.py")
    path = str(program)
    if packed:
        path = shutil.make_archive(str(tmp_path / "packed"), "zip", program)
    ours = python(None, "-m", "treadle.e3", arguments=(path, "-x"))

    first = ours.stdout.splitlines()[0]
    assert first == f"__main__ treadle.job.base ['{path}', '-x'] True"
    assert (ours.returncode, ours.stderr) == (7, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.py",), "treadle.e3: no such script: 'nowhere.py'"),
        (("-m", "nowhere"), "treadle.e3: no module named 'nowhere'"),
        (("-m", "nowhere.at.all"), "treadle.e3: no module named 'nowhere.at.all'"),
        (("-m",), "treadle.e3: -m needs the name of a module"),
        (("-c", "pass"), "treadle.e3: unknown option '-c'"),
        ((), "usage: python -m treadle.e3 SCRIPT [ARGUMENT...]"),
    ],
)
def test_what_cannot_be_run_is_said_in_a_line_and_exits_with_2(
    arguments: tuple[str, ...], message: str, python: Python
) -> None:
    done = python(None, "-m", "treadle.e3", arguments=arguments)

    assert done.stderr.splitlines()[0] == message
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


def test_help_says_what_is_replaced(python: Python) -> None:
    done = python(None, "-m", "treadle.e3", "--help")

    assert "e3.collection.dag" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_script_raises_ends_it_as_it_would_end_python(python: Python) -> None:
    done = python("raise ValueError('boom')", "-m", "treadle.e3")

    assert done.stderr.splitlines()[-1] == "ValueError: boom"
    assert done.returncode == 1
