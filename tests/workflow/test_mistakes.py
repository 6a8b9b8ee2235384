"""Every mistake of a file is told, with its place and the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest

from treadle.errors import WorkflowError
from treadle.workflow import load_plan
from treadle.workflow.source import label_of

A = '[job.a]\nrun = "true"\n'

TABLE = [
    ("jobs = 1\n", "1:1: unknown table 'jobs'; did you mean 'job'?"),
    ('job = "x"\n', "1:1: 'job' is text ('x'); jobs are tables such as [job.build]"),
    ("[job]\na = 3\n", "2:1: job 'a' is 3; it must be a table"),
    ("[job.a]\nrum = 'x'\n", "2:1: job 'a' has an unknown word 'rum'; did you mean 'run'?"),
    (
        "[job.a]\nrun = 3\n",
        "2:1: 'run' of job 'a' is 3; it must be a command line, or a list of texts",
    ),
    ("[job.a]\nrun = []\n", "2:1: 'run' of job 'a' names no program"),
    ("[job.a]\nrun = ' '\n", "2:1: 'run' of job 'a' names no program"),
    ("[job.a]\nrun = ['']\n", "2:1: 'run' of job 'a' names no program"),
    (
        "[job.a]\nrun = ['x',\n1]\n",
        "3:1: 'run' of job 'a' has 1 as item 2; it takes a command line, or a list of texts",
    ),
    ("[job.a]\ndescription = 'x'\n", "1:1: job 'a' has neither 'run', 'script' nor 'needs'"),
    (
        A + "needs = 'b'\n",
        "3:1: job 'a' needs 'b', which does not exist",
    ),
    (A + "[job.b]\nneeds = ['c']\n", "4:10: job 'b' needs 'c', which does not exist"),
    (
        "[job.compile]\nrun = 'x'\n[job.link]\nneeds = [\n  'complie']\n",
        "5:3: job 'link' needs 'complie', which does not exist; did you mean 'compile'?",
    ),
    (A + "[job.b]\nneeds = ['z*']\n", "4:10: job 'b' needs 'z*', which matches no job"),
    (A + "needs = ['a']\n", "3:10: job 'a' needs itself"),
    (
        "[job.a]\nneeds = ['b']\n[job.b]\nneeds = ['c']\n[job.c]\nneeds = ['a']\n",
        "2:1: jobs need each other in a circle: 'a' -> 'b' -> 'c' -> 'a'",
    ),
    (A + "timeout = 0\n", "3:1: 'timeout' of job 'a' is 0; it must be a number of seconds above 0"),
    (
        A + "timeout = nan\n",
        "3:1: 'timeout' of job 'a' is nan; it must be a number of seconds above 0",
    ),
    (
        A + "timeout = -1.5\n",
        "3:1: 'timeout' of job 'a' is -1.5; it must be a number of seconds above 0",
    ),
    (
        A + "timeout = 2020-01-01\n",
        "3:1: 'timeout' of job 'a' is a date (2020-01-01); it must be a number of seconds above 0",
    ),
    (
        A + "grace = -1\n",
        "3:1: 'grace' of job 'a' is -1; it must be a number of seconds, 0 or more",
    ),
    (A + "priority = true\n", "3:1: 'priority' of job 'a' is true; it must be a number"),
    (A + "priority = nan\n", "3:1: 'priority' of job 'a' is nan; it must be a number"),
    (A + "tokens = 0\n", "3:1: 'tokens' of job 'a' is 0; it must be a whole number, 1 or more"),
    (A + "tokens = 1.5\n", "3:1: 'tokens' of job 'a' is 1.5; it must be a whole number, 1 or more"),
    (A + "queue = 'gpu'\n", "3:1: job 'a' waits in queue 'gpu', which is not in [queues]"),
    (
        "[queues]\ngpu = 2\n" + A + "queue = 'gpo'\n",
        "5:1: job 'a' waits in queue 'gpo', which is not in [queues]; did you mean 'gpu'?",
    ),
    (
        "[queues]\ngpu = 2\n" + A + "queue = 'gpu'\ntokens = 5\n",
        "6:1: job 'a' asks for 5 tokens of queue 'gpu', which has 2",
    ),
    (
        "[queues]\ngpu = 0\n" + A + "queue = 'gpu'\n",
        "2:1: 'queues' of the workflow has 'gpu' = 0; it takes names with whole numbers, 1 or more",
    ),
    ("queues = 3\n" + A, "1:1: [queues] is 3; it must be a table"),
    (
        A + "env = { A = true }\n",
        "3:9: 'env' of job 'a' has 'A' = true; it takes names (without =) with texts or numbers",
    ),
    (
        A + "[job.a.env]\n'A=B' = 'x'\n",
        "4:1: 'env' of job 'a' has 'A=B' = text ('x'); it takes names (without =)",
    ),
    (A + "cwd = ''\n", "3:1: 'cwd' of job 'a' is text (''); it must be the path of a folder"),
    ("[defaults]\nrun = 'x'\n" + A, "2:1: [defaults] has an unknown word 'run'"),
    ("[defaults]\ntimeout = -3\n" + A, "2:1: 'timeout' of [defaults] is -3"),
    (A + "matrix = {}\n", "3:1: 'matrix' of job 'a' has no values"),
    (A + "matrix = { x = [] }\n", "3:12: job 'a' has no values for 'x'"),
    (A + "matrix = { x = [1, 1] }\n", "1:1: there are two jobs named 'a[1]'"),
    (A + "matrix = { x = [1, '1'] }\n", "1:1: there are two jobs named 'a[1]'"),
    (A + "matrix = { x = [1] }\n[job.'a[1]']\nrun = 'x'\n", "4:1: there are two jobs named 'a[1]'"),
    (
        "[job.a]\nrun = '${{ matrix.x }}'\n",
        "2:1: job 'a' uses '${{ matrix.x }}', but has no matrix",
    ),
    (
        "[job.a]\nmatrix = { pkg = [1] }\nrun = '${{matrix.pgk}}'\n",
        "3:1: job 'a' uses '${{ matrix.pgk }}', but its matrix has no 'pgk'; did you mean 'pkg'?",
    ),
    (
        "[job.a]\nrun = '${{ env.X }}'\n",
        "2:1: job 'a' uses '${{ env.X }}', but there is no variable 'X'",
    ),
    ('[job.a]\nrun = "x\\u0000y"\n', "2:1: a text holds a NUL character"),
    ("[job.' ']\nrun = 'x'\n", "1:1: the name of a job is empty: ' '"),
    (f"[job.{'x' * 1001}]\nrun = 'x'\n", "1:1: a name of 1001 characters; the limit is 1000"),
    (
        A + "shell = 'bash -e'\n",
        (
            "3:1: 'shell' of job 'a' is text ('bash -e'); "
            "it must be the name or path of a shell, without options"
        ),
    ),
    (A + 'shell = "bash\\n"\n', "3:1: 'shell' of job 'a' is text ('bash\\n'); it must be"),
    (
        "[job.a]\nrun = ['x']\nshell = 'bash'\n",
        (
            "3:1: job 'a' has 'shell', but no shell sees its 'run', which is a list; "
            "write 'run' as a text, or leave 'shell' out"
        ),
    ),
    (A + "limits = 3\n", "3:1: 'limits' of job 'a' is 3; it must be a table with memory, cpu"),
    (
        A + "[job.a.limits]\nmemori = '1G'\n",
        "4:1: 'limits' of job 'a' has an unknown word 'memori'; did you mean 'memory'?",
    ),
    (
        A + "limits = { memory = 512 }\n",
        (
            "3:12: 'memory' of 'limits' of job 'a' is 512; "
            'it must be a number of bytes from 1 MiB on, or a text such as "512M" or "2G"'
        ),
    ),
    (A + "limits.memory = '512m'\n", "3:1: 'memory' of 'limits' of job 'a' is text ('512m'); "),
    (A + "limits.memory = '900K'\n", "3:1: 'memory' of 'limits' of job 'a' is text ('900K'); "),
    (A + "limits.memory = 1e99\n", "3:1: 'memory' of 'limits' of job 'a' is 1e+99; "),
    (A + "limits.memory = '100000T'\n", "3:1: 'memory' of 'limits' of job 'a' is text ('100000T'"),
    (
        A + "limits = { cpu = 0.5 }\n",
        "3:12: 'cpu' of 'limits' of job 'a' is 0.5; it must be a whole number of seconds",
    ),
    (A + "limits.files = 0\n", "3:1: 'files' of 'limits' of job 'a' is 0; it must be a whole"),
    ("[defaults.limits]\ncpus = 3\n" + A, "2:1: 'limits' of [defaults] has an unknown word 'cpus'"),
    (A + "nice = 20\n", "3:1: 'nice' of job 'a' is 20; it must be a whole number from -20 to 19"),
    (A + "nice = true\n", "3:1: 'nice' of job 'a' is true; it must be a whole number from -20"),
    (
        A + "umask = 22\n",
        "3:1: 'umask' of job 'a' is 22; it must be octal digits in quotes, such as \"022\"",
    ),
    (A + "umask = '088'\n", "3:1: 'umask' of job 'a' is text ('088'); it must be octal digits"),
    (A + "tty = 1\n", "3:1: 'tty' of job 'a' is 1; it must be true or false"),
    (A + "terminal = 'yes'\n", "3:1: 'terminal' of job 'a' is text ('yes'); it must be true or"),
    (
        A + "idle_timeout = 0\n",
        "3:1: 'idle_timeout' of job 'a' is 0; it must be a number of seconds above 0",
    ),
    (
        A + "output_limit = 0\n",
        (
            "3:1: 'output_limit' of job 'a' is 0; it must be a number of bytes above 0, "
            'a text such as "64M" or "1G", or "none"'
        ),
    ),
    (A + "output_limit = 'all'\n", "3:1: 'output_limit' of job 'a' is text ('all'); it must be"),
    (
        A + "leak = 'ignore'\n",
        "3:1: 'leak' of job 'a' is text ('ignore'); it must be 'kill', 'fail' or 'leave'",
    ),
    (
        "[queues]\nq = 2\n" + A + "queue = 'q'\nterminal = true\n",
        (
            "5:1: job 'a' has 'terminal' and 'queue'; who holds the terminal has no 'queue': "
            "leave one of them out"
        ),
    ),
    (A + "tokens = 2\nterminal = true\n", "3:1: job 'a' has 'terminal' and 'tokens'; who holds"),
    (A + "terminal = true\ntty = true\n", "4:1: job 'a' has 'terminal' and 'tty'; who holds"),
    (A + "terminal = true\nidle_timeout = 1\n", "4:1: job 'a' has 'terminal' and 'idle_timeout'"),
    (A + "terminal = true\noutput_limit = 1\n", "4:1: job 'a' has 'terminal' and 'output_limit'"),
    ("[defaults]\nterminal = true\n" + A + "tokens = 2\n", "5:1: job 'a' has 'terminal' and"),
    (
        "[queues]\nterminal = 3\n" + A + "queue = 'terminal'\n",
        (
            "2:1: queue 'terminal' is for jobs with 'terminal = true', and has one token; "
            "give yours another name"
        ),
    ),
    (
        A + "queue = 'terminal'\n",
        (
            "3:1: job 'a' waits in queue 'terminal', which is for jobs with 'terminal = true'; "
            "say that instead"
        ),
    ),
    (A + A, "3:7: table [job.a] appears twice"),
    (A + "run = 'y'\n", "3:10: a key is given twice"),
    ("[job.a\n", "1:7: "),
    ("x = " + "9" * 5000 + "\n", "1:5: a word of 5000 characters; the limit is 2000"),
    ("x = " + "[" * 5000 + "]" * 5000 + "\n", "1:37: is nested too deeply"),
    (
        "[job.a]\nrun = 'x'\nmatrix = { "
        + ", ".join(f"m{i} = [1,2,3,4,5,6,7,8,9,0]" for i in range(7))
        + " }\n",
        "3:1: job 'a' makes 10000000 jobs; the limit is 1000000",
    ),
]


BEGIN = "from treadle import Workflow\nworkflow = Workflow()\n"


def mistakes(folder: Path, text: str | bytes, name: str = "treadle.toml") -> list[str]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(WorkflowError) as caught:
        load_plan(path)
    return [message.removeprefix(f"{label_of(path)}:") for message in caught.value.messages]


@pytest.mark.parametrize(("text", "message"), TABLE, ids=[m[:60] for _, m in TABLE])
def test_a_mistake_is_told_once_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    found = mistakes(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = 1\nb = '\xff'\n", "2:6: is not UTF-8 text (byte 0xff)"),
        (
            b"\xef\xbb\xbf" + A.encode(),
            "1:1: starts with a byte order mark; save it as plain UTF-8",
        ),
        (A.encode("utf-16"), "1:1: is not UTF-8 text (byte 0xff)"),
        (b"a = 1\n\n\x00\n", "3:1: holds a NUL character"),
    ],
)
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    assert mistakes(tmp_path, data) == [message]


def test_all_mistakes_are_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        "colour = 1\n[job.a]\nrun = 3\n[job.b]\nrun = 'x'\nneeds = ['c']\ntimeout = -1\n"
        "[job.d]\nneeds = ['e']\n[job.e]\nneeds = ['d']\n",
    )
    assert [message.split(":")[0] for message in found] == ["1", "3", "6", "7", "9"]


def test_a_flood_of_mistakes_is_cut_and_counted(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "".join(f"[job.j{i}]\nrun = 1\n" for i in range(80)))
    assert len(found) == 51
    assert found[-1] == " … and 30 more mistakes"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"job": {"a": {"run": 3}}}', "1:16: 'run' of job 'a' is 3"),
        ('{\n"job": {\n"a": {"run": "x",\n"needs": ["b"]}}}', "4:11: job 'a' needs 'b'"),
        ('{"job": {},\n"job": {}}', "2:1: key 'job' is given twice"),
        ('{"job": NaN}', "1:9: constant NaN is not JSON"),
        ("[]", "1:1: must hold an object"),
        ('{"job":', "1:8: expecting value"),
        ("[" * 100_000, "1:33: is nested too deeply"),
        ('{"job": {"a": {"run": "\\ud800"}}}', "1:16: a text holds half a surrogate pair"),
        ('{"job": {"a": {"run": null, "needs": null}}}', "1:10: job 'a' has neither"),
    ],
)
def test_json_has_the_same_checks(tmp_path: Path, text: str, message: str) -> None:
    found = mistakes(tmp_path, text, "w.json")
    assert len(found) == 1
    assert found[0].startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n1 / 0\n", "2: ZeroDivisionError: division by zero"),
        ("def\n", "1: SyntaxError: "),
        ("import sys\nsys.exit(3)\n", "2: SystemExit: 3"),
        ("workflow = 3\n", " must define 'workflow', a treadle.Workflow"),
        (
            BEGIN + "\nworkflow.add('a', rum='x')\n",
            "4: job 'a' has an unknown word 'rum'; did you mean 'run'?",
        ),
        (
            BEGIN + "workflow.add('a', run='x')\nworkflow.add('a', run='x')\n",
            "4: there are two jobs named 'a'",
        ),
        (
            "from treadle import Workflow\nworkflow = Workflow(queues={'q': 0})\n",
            " 'queues' of the workflow has 'q' = 0",
        ),
        (
            BEGIN + "workflow.add('a', run='x', limits={'cpus': 2})\n",
            "3: 'limits' of job 'a' has an unknown word 'cpus'; did you mean 'cpu'?",
        ),
        (
            (
                "from treadle.workflow import Declaration, Defaults\n"
                "workflow = Declaration(defaults=Defaults(umask=22))\n"
            ),
            " 'umask' of [defaults] is 22; it must be octal digits in quotes",
        ),
        (
            BEGIN + "workflow.add('a', run='x', needs=['b'])\n",
            "3: job 'a' needs 'b', which does not exist",
        ),
    ],
)
def test_a_python_file_is_blamed_by_line(tmp_path: Path, text: str, message: str) -> None:
    found = mistakes(tmp_path, text, "w.py")
    assert len(found) == 1
    assert found[0].startswith(message)


def test_pyproject_lines_are_those_of_the_tool_table(tmp_path: Path) -> None:
    text = "[project]\nname = 'x'\n[tool.treadle.job.a]\nrun = 'x'\ntimeout = 0\n"
    (found,) = mistakes(tmp_path, text, "pyproject.toml")
    assert found.startswith("5:1: 'timeout' of job 'a' is 0")


def test_h04_only_a_regular_file_is_read(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.toml")
    for path, why in (
        (tmp_path / "pipe.toml", "is not a regular file"),
        (Path("/dev/zero"), "is not a regular file"),
        (tmp_path / "missing.toml", "cannot be read: no such file or directory"),
        (tmp_path, "cannot be read: is a directory"),
    ):
        with pytest.raises(WorkflowError, match=why):
            load_plan(path)
