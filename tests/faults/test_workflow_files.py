"""H02-H05: workflow files that are no text, no file, or not what they seem."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import treadle
from treadle.errors import WorkflowError
from treadle.workflow import load_plan
from treadle.workflow.source import label_of, read_text

SOURCE = Path(treadle.__file__).parents[1]
MIB = 1 << 20


def mistakes(path: Path) -> list[str]:
    """The mistakes of a file, without its name."""
    with pytest.raises(WorkflowError) as caught:
        load_plan(path)
    return [message.removeprefix(f"{label_of(path)}:") for message in caught.value.messages]


# -- H02: no text ------------------------------------------------------------------------------

TOML = b"[job.a]\nrun = 'x'\n"
GLOB = b'{"job": {"a": {"matrix": {"file": {"glob": "%s"}}, "run": "x"}}}'
BYTES = [
    ("w.toml", b"\xef\xbb\xbf" + TOML, "1:1: starts with a byte order mark; save it as plain UTF"),
    ("w.json", b"\xef\xbb\xbf{}", "1:1: starts with a byte order mark"),
    ("w.toml", TOML.decode().encode("utf-16"), "1:1: is not UTF-8 text (byte 0xff)"),
    ("w.toml", TOML + "# é".encode("latin-1"), "3:3: is not UTF-8 text (byte 0xe9)"),
    ("w.toml", "# ééé \x80".encode() + b"\xf0\x9f", "1:8: is not UTF-8 text (byte 0xf0)"),
    ("w.toml", TOML + b"# \xed\xa0\x80", "3:3: is not UTF-8 text (byte 0xed)"),
    ("w.toml", TOML + b"\n \n" + b"\xff", "5:1: is not UTF-8 text (byte 0xff)"),
    ("w.json", b'{"a":\n "\xff"}', "2:3: is not UTF-8 text (byte 0xff)"),
    ("w.toml", b"#" * MIB + b"\n\xe9" + b"#" * MIB, "2:1: is not UTF-8 text (byte 0xe9)"),
    ("w.toml", b"#" * (MIB - 1) + "é".encode() + b"\n\0", "2:1: holds a NUL character"),
    ("w.toml", TOML + b"\0", "3:1: holds a NUL character"),
    ("w.json", b'{\n"a\0": 1}', "2:3: holds a NUL character"),
    ("w.toml", TOML + b"description = 'a\x01b'", "3:17: found invalid character '\\x01'"),
    ("w.toml", b"[job.a]\rrun = 'x'", "1:8: expected newline or end of document after a st"),
    ("w.json", b'{"a": "x\ty"}', "1:9: invalid control character at"),
    ("w.json", b'{"job": {"a": {"run": "\\ud800"}}}', "1:16: a text holds half a surrogate pair"),
    ("w.json", b'{"job": {"\\udc00": {"run": "x"}}}', "1:10: a text holds half a surrogate pair"),
    ("w.json", b'{"job": {"a": {"run": "\\u0000"}}}', "1:16: a text holds a NUL character"),
    ("w.json", GLOB % rb"\ud800/*", "1:36: a text holds half a surrogate pair"),
    ("w.json", GLOB % rb"\u0000/*", "1:36: a text holds a NUL character"),
    ("w.toml", b'[job.a]\nrun = "\\ud800"', "2:14: escaped character is not a Unicode scalar"),
]


@pytest.mark.parametrize(("name", "data", "message"), BYTES, ids=[row[2][:40] for row in BYTES])
def test_H02_what_is_no_text_is_refused_with_its_place(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)

    assert mistakes(tmp_path / name)[0].startswith(message)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("w.toml", TOML.replace(b"\n", b"\r\n")),
        ("w.toml", b"\t[job.a]\r\n\trun\t=\t'x'\t# a tab\t\n"),
        ("w.json", b'\t{"job":\r\n\t{"a": {"run": "x"}}}\r\n\r\n'),
        ("w.json", b'{"job": {"a": {"run": "\\ud83d\\ude00"}}}'),
        ("w.toml", "[job.'ä 😀']\nrun = 'x\u2028'\n".encode()),
    ],
)
def test_H02_line_ends_of_other_systems_tabs_and_all_of_unicode_are_text(
    tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)

    assert len(load_plan(tmp_path / name).jobs) == 1


# -- H03: not what it seems --------------------------------------------------------------------

SEEMS = [
    ("w.toml", "run = 'x'\nrun = 'y'", "3:10: a key is given twice"),
    ("w.toml", "run = 'x'\n[job.a]", "3:7: table [job.a] appears twice"),
    ("w.json", '"run": "x",\n"run": "y"', "2:1: key 'run' is given twice"),
    ("w.json", '"run": "x",\n"r\\u0075n": "y"', "2:1: key 'run' is given twice"),
    ("w.toml", "run = 'x'\nalways = no", "3:10: invalid value"),
    ("w.toml", "run = 'x'\nalways = 'no'", "3:1: 'always' of job 'a' is text ('no'); it must be"),
    ("w.toml", "run = 'x'\nalways = 0", "3:1: 'always' of job 'a' is 0; it must be true or false"),
    ("w.toml", "run = 'x'\non = 1", "3:1: job 'a' has an unknown word 'on'"),
    ("w.toml", "run = 'x'\numask = 022", "3:10: expected newline or end of document after a"),
    ("w.toml", "run = 'x'\numask = 0o22", "3:1: 'umask' of job 'a' is 18; it must be octal digits"),
    ("w.json", '"umask": 012', "1:26: expecting ',' delimiter"),
    ("w.toml", "run = 2020-01-01", "2:1: 'run' of job 'a' is a date (2020-01-01); it must be"),
    ("w.toml", "run = 07:32:00", "2:1: 'run' of job 'a' is a date (07:32:00); it must be"),
    ("w.toml", "run = 1979-05-27T07:32:00Z", "2:1: 'run' of job 'a' is a date (1979-05-27 07:32"),
    ("w.json", '"timeout": "2020-01-01"', "1:16: 'timeout' of job 'a' is text ('2020-01-01'); it"),
    ("w.json", '"timeout": Infinity', "1:27: constant Infinity is not JSON"),
    ("w.json", '"description": "NaN", "timeout": NaN', "1:49: constant NaN is not JSON"),
    ("w.toml", "run = 'x'\ntokens = 1_0e2", "3:1: 'tokens' of job 'a' is 1000.0; it must be a"),
    ("w.toml", "run = 'x'\ntokens = '4'", "3:1: 'tokens' of job 'a' is text ('4'); it must be a"),
    ("w.toml", "run = 'x'\ntokens = 0xffffffffffffffffff", "3:1: 'tokens' of job 'a' is 472236"),
    ("w.toml", "run = 'x'\npriority = inf", "3:1: 'priority' of job 'a' is inf; it must be a"),
    ("w.toml", "rum = 'x'", "2:1: job 'a' has an unknown word 'rum'; did you mean 'run'?"),
    ("w.toml", "Run = 'x'", "2:1: job 'a' has an unknown word 'Run'; did you mean 'run'?"),
    ("w.toml", "run = 'x'\nenv = ['A=1']", "3:1: 'env' of job 'a' is a list of 1; it must"),
    ("w.json", '"run": "x", // why', "1:28: expecting property name enclosed in double quotes"),
    ("w.json", '"run": "x",', "1:2"),  # at the comma, or what follows it
]


def around(name: str, words: str) -> str:
    return f"[job.a]\n{words}\n" if name == "w.toml" else f'{{"job": {{"a": {{{words}}}}}}}'


@pytest.mark.parametrize(("name", "words", "message"), SEEMS, ids=[row[1] for row in SEEMS])
def test_H03_what_is_not_what_it_seems_is_refused_with_its_place(
    tmp_path: Path, name: str, words: str, message: str
) -> None:
    (tmp_path / name).write_text(around(name, words))

    assert mistakes(tmp_path / name)[0].startswith(message)


@pytest.mark.parametrize("text", ["no", "on", "off", "012", "1e3", "null", "~", "2020-01-01", "&x"])
def test_H03_a_text_stays_a_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "w.toml").write_text(
        f"[job.{text!r}]\nrun = ['{text}']\nenv = {{ {text!r} = '{text}' }}\nmatrix.x = ['{text}']"
    )
    (job,) = load_plan(tmp_path / "w.toml").jobs.values()

    assert (job.family, job.argv, job.env) == (text, (text,), {text: text})
    assert job.name == f"{text}[{text}]"


# -- H04: no file ------------------------------------------------------------------------------


def fifo(path: Path) -> None:
    os.mkfifo(path)


def vanished(path: Path) -> None:
    path.touch()
    path.unlink()


def a_loop(path: Path) -> None:
    path.symlink_to(path.name)


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


NO_FILES: list[tuple[Callable[[Path], None], str]] = [
    (fifo, " is not a regular file"),
    (Path.mkdir, " cannot be read: is a directory"),
    (endless, " is not a regular file"),
    (vanished, " cannot be read: no such file or directory"),
    (dangling, " cannot be read: no such file or directory"),
    (a_loop, " cannot be read: too many levels of symbolic links"),
    (a_socket, " cannot be read: no such device or address"),
]


@pytest.mark.parametrize("name", ["w.toml", "w.json", "w.py"])
@pytest.mark.parametrize(("make", "why"), NO_FILES, ids=[make.__name__ for make, _ in NO_FILES])
def test_H04_what_is_no_file_is_told_and_never_waited_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], None],
    why: str,
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    make(Path(name))

    assert mistakes(Path(name)) == [why]


@pytest.mark.parametrize(("make", "why"), NO_FILES, ids=[make.__name__ for make, _ in NO_FILES])
def test_H04_an_included_file_that_is_none_is_told_where_it_is_included(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("lib.toml"))
    (tmp_path / "w.toml").write_text("[include]\nlib = 'lib.toml'\n[job.a]\nrun = 'x'\n")

    (found,) = mistakes(Path("w.toml"))
    assert found.startswith("2:1: includes 'lib.toml': ")
    assert found.endswith(f":{why}")


def test_H04_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "w.toml"
    path.write_bytes(TOML)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")

    assert mistakes(path) == [" cannot be read: permission denied"]


def test_H04_a_file_that_grows_without_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a file says of its size is not believed: it is as long as what is read."""
    path = tmp_path / "w.toml"
    path.write_bytes(b"#" * 10)
    fstat, grown = os.fstat, []

    def grows(descriptor: int) -> os.stat_result:
        status = fstat(descriptor)
        if status.st_size == 10:
            grown.append(path.write_bytes(b"#" * 3 * MIB))
        return status

    monkeypatch.setattr(os, "fstat", grows)
    with pytest.raises(WorkflowError, match="is larger than 2 MiB, which is the limit"):
        read_text(path, "w.toml", 2 * MIB)
    assert grown == [3 * MIB]


def test_H04_a_file_is_opened_once_and_read_as_it_is_then(tmp_path: Path) -> None:
    """Somebody replaces it all the time: there is the one or the other, never a mix."""
    path = tmp_path / "w.toml"
    texts = [f"[job.{name}]\nrun = '{name * 20_000}'\n" for name in "ab"]
    path.write_text(texts[0])
    stop = threading.Event()

    def replace() -> None:
        while not stop.is_set():
            for text in texts:
                (tmp_path / "new").write_text(text)
                os.replace(tmp_path / "new", path)

    replacing = threading.Thread(target=replace)
    replacing.start()
    try:
        found = [next(iter(load_plan(path).jobs.values())) for _ in range(50)]
    finally:
        stop.set()
        replacing.join()

    assert all(set("".join(job.argv)) == {job.name} for job in found)


def sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 30)


# -- H05: by the command -----------------------------------------------------------------------

HOSTILE: dict[str, Callable[[Path], object]] = {
    "deep.toml": lambda path: path.write_text("x = " + "[" * MIB),
    "deep.json": lambda path: path.write_text("[" * MIB),
    "huge.toml": sparse,
    "bytes.toml": lambda path: path.write_bytes(b"\xff\xfe"),
    "half.json": lambda path: path.write_text('{"job": {"\\ud800": {"run": "x"}}}'),
    "fifo.toml": fifo,
    "folder.toml": Path.mkdir,
    "none.toml": vanished,
    "loop.toml": a_loop,
    "escape.toml": lambda path: path.write_text("[job.a]\n'\x1b[31m' = 1"),
    "wrong.toml": lambda path: path.write_text("[job.a]\nrun = 3"),
    "fails.py": lambda path: path.write_text("1 / 0"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_H05_the_command_ends_with_2_and_a_line_for_each_mistake(tmp_path: Path, name: str) -> None:
    HOSTILE[name](tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-m", "treadle", "check", "-f", name],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{name}:")
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
