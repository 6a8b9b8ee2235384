"""H01: workflow files that are too deep, too large, or small ones that make much.

What is over a limit is refused within a second of the processor and 100 MiB, with its place.
What is within the limits takes time and memory in proportion to its size; the small files here
are made so that one step of the work on them would take more than that. There are no
aliases and no merge keys in TOML and JSON, so there are no bombs of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import treadle
from treadle.workflow.limits import MAX_BYTES, MAX_DEPTH

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc"),
]

SOURCE = Path(treadle.__file__).parents[1]
MOST_SECONDS = 1.0
MOST_MIB = 100
MIB = 1 << 20
SMALL = MIB // 8

# Its own process: what it took at most is then what this file took. The limits keep a machine
# alive on which the test fails.
MEASURE = """
import json, resource, sys, time
from pathlib import Path
from treadle.errors import WorkflowError
from treadle.workflow import load_plan

def most():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024

resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
before, start, messages = most(), time.thread_time(), []
try:
    load_plan(Path(sys.argv[1]))
except WorkflowError as error:
    messages = error.messages
print(json.dumps([messages, time.thread_time() - start, most() - before]))
"""


def measured(path: Path) -> list[str]:
    """Load a file, hold what it took against the limits, and return its mistakes."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path.name],
        cwd=path.parent,
        env={"PYTHONPATH": str(SOURCE), "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    messages, seconds, mib = json.loads(done.stdout)
    assert seconds < MOST_SECONDS
    assert mib < MOST_MIB
    return [str(message) for message in messages]


def each(line: str, length: int, size: int = SMALL) -> str:
    """Many lines, each with its number."""
    return "".join(line.format(number) for number in range(size // length))


REFUSED: dict[str, Callable[[], tuple[str, str]]] = {
    "lists.toml": lambda: ("x = " + "[" * MIB, f"1:{5 + MAX_DEPTH}: is nested too deeply"),
    "tables.toml": lambda: ("x = " + "{a=" * MIB, "1:101: is nested too deeply"),
    "closed.toml": lambda: ("x = " + "[" * 10**5 + "]" * 10**5, "1:37: is nested too deeply"),
    "key.toml": lambda: (".".join("a" * 10**5) + " = 1", "1:1: is nested too deeply: a key"),
    "quoted.toml": lambda: ("\n" + '"\\"" . ' * 10**5 + "a = 1", "2:1: is nested too deeply: a"),
    "table.toml": lambda: (f"[{'.'.join('a' * 10**5)}]", "1:2: is nested too deeply: a key"),
    "number.toml": lambda: ("x = " + "9" * MIB, f"1:5: a word of {MIB} characters"),
    "hex.toml": lambda: ("x = 0x" + "f" * MIB, f"1:5: a word of {MIB + 2} characters"),
    "float.toml": lambda: ("x = " + "9" * MIB + ".5", f"1:5: a word of {MIB} characters"),
    "lists.json": lambda: ('{"a":' + "[" * MIB, f"1:{5 + MAX_DEPTH}: is nested too deeply"),
    "tables.json": lambda: ('{"a":\n' * MIB, f"{MAX_DEPTH + 1}:1: is nested too deeply"),
    "number.json": lambda: ('{"a": ' + "9" * MIB + "}", f"1:7: a word of {MIB} characters"),
    "last.toml": lambda: ("#" * 50 * MIB + "\nx = " + "[" * 99, "2:37: is nested too deeply"),
    "open.toml": lambda: ('x = """' + '\\"""' * SMALL, f"1:{8 + 4 * SMALL}: unterminated string"),
    "quotes.toml": lambda: ("'" * MIB, "1:3: expected '=' after a key"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_H01_what_is_over_a_limit_is_refused_at_once_with_its_place(
    tmp_path: Path, name: str
) -> None:
    text, wanted = REFUSED[name]()
    (tmp_path / name).write_text(text)
    (found,) = measured(tmp_path / name)

    assert found.startswith(f"{name}:{wanted}")


JOB = "[job.a]\nrun = 'x'\n"
TRAPS: dict[str, Callable[[], str]] = {
    "dotted keys.toml": lambda: each("a.b.c{} = 1\n", 13),
    "long tables.toml": lambda: f"[{'.'.join('a' * 32)}]\n" + each("k{} = 1\n", 9),
    "tables.toml": lambda: each("[k{}]\n", 9),
    "list of tables.toml": lambda: "[[a]]\n" * (SMALL // 6),
    "lists.toml": lambda: f"x = [{'[],' * (SMALL // 3)}]",
    "deep lists.toml": lambda: f"x = {'[' * 31}{'1,' * (SMALL // 2)}{']' * 31}",
    "backslashes.toml": lambda: 'x = "' + "\\\\" * (SMALL // 2) + '"',
    "quotes.toml": lambda: 'x = """' + '""'.join("x" * (SMALL // 3)) + '"""',
    "lines.toml": lambda: "\r\n" * SMALL,
    "wrong items.toml": lambda: f"{JOB}needs = [{'1,' * (SMALL // 2)}]",
    "wrong words.toml": lambda: JOB + each("rum{} = 1\n", 11),
    "wrong tables.toml": lambda: each("rum{} = 1\n", 11),
    "wrong env.toml": lambda: JOB + "[job.a.env]\n" + each("k{} = []\n", 10),
    "surrogates.json": lambda: '{"job": [' + each('"\\ud800",', 9) + "1]}",
    "keys with NUL.json": lambda: '{"job": {' + each('"\\u0000{}": 1,', 14) + '"a": 1}}',
    "key twice.json": lambda: "{" + each('"k{}": 1,', 11) + '"k0": 1}',
    "constant.json": lambda: '{"a": [' + "1," * (SMALL // 2) + "NaN]}",
    "unknown needs.toml": lambda: each("[job.compile{0}]\nneeds = ['compilx{0}']\n", 42),
    "like names.toml": lambda: each(f"[job.{'a' * 90}{{0}}]\nneeds = ['{'a' * 89}{{0}}']\n", 204),
    "long name.toml": lambda: f"{JOB}[job.{'b' * 1000}]\nneeds = ['{'b' * SMALL}']",
    "many stars.toml": lambda: f"[job.{'a' * 1000}]\nrun = 'x'\n{JOB}needs = ['{'a*' * SMALL}b']",
    "some stars.toml": lambda: f"[job.{'a' * 1000}]\nrun = 'x'\n{JOB}needs = ['{'a*' * 499}b']",
    "patterns.toml": lambda: JOB + each("[job.j{0}]\nneeds = ['a*', 'j{0}?*']\n", 40),
    "loose patterns.toml": lambda: JOB + each("[job.j{0}]\nneeds = ['*{0}']\n", 34),
    "circle.toml": lambda: each("[job.j{0}]\nneeds = ['j{0}0', 'j0']\n", 38),
    "begun expressions.toml": lambda: f"[job.a]\nrun = '{'${{' * (SMALL // 3)}'",
    "blank expression.toml": lambda: f"[job.a]\nrun = '${{{{{' ' * SMALL}x'",
    "values.toml": lambda: (
        f"[job.a]\nrun = ['{'${{ matrix.x }}' * 5000}']\nmatrix.x = ['{'x' * 20_000}']"
    ),
    "rows.toml": lambda: (
        f"{JOB}[job.a.matrix]\nx = {list(range(1000))}\ny = {list(range(100))}\n"
        f"exclude = [{'{x=1},' * 1000}]"
    ),
    "more rows.toml": lambda: f"{JOB}matrix = {{ x = [1], include = [{'{x=1},' * 10_000}] }}",
    "too many rows.toml": lambda: f"{JOB}[job.a.matrix]\n" + each("x{} = [1, 2]\n", 15, 500),
    "shared env.toml": lambda: "[env]\n" + each("k{} = 1\n", 9, 40_000) + each(
        "[job.j{}]\nrun = 'x'\n", 22, 80_000
    ),
    "expression.toml": lambda: f"{JOB}retries = 1\nretry_on = [{{ output = '{'(' * SMALL}' }}]",
    "values of jobs.toml": lambda: JOB + each(
        "[job.j{0}]\nrun = '${{{{ a.x }}}}'\nneeds = ['a']\n", 54
    ),
}  # fmt: skip


@pytest.mark.proof
@pytest.mark.parametrize("name", TRAPS)
def test_H01_no_small_file_takes_more_than_a_second_or_100_MiB(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(TRAPS[name]())

    assert all(message.startswith(f"{name}:") for message in measured(tmp_path / name))


@pytest.mark.parametrize("size", [1 << 30, MAX_BYTES + 1, MAX_BYTES])
@pytest.mark.parametrize("name", ["w.toml", "w.json"])
def test_H01_a_sparse_file_costs_nothing(tmp_path: Path, name: str, size: int) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(size)
    too_large = f"{name}: is larger than {MAX_BYTES >> 20} MiB, which is the limit"

    wanted = f"{name}:1:1: holds a NUL character" if size == MAX_BYTES else too_large
    assert measured(tmp_path / name) == [wanted]
