"""A command line that is run directly means what it means to a shell."""

from __future__ import annotations

import os
import random
import shlex
import shutil
import string
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.process.commandline import OWN, argv_of

SHELLS = [path for name in ("sh", "dash", "bash") if (path := shutil.which(name))]
# What the shells of these tests have as functions that say what they were given.
NAMES = ("p", "cc", "_x", "tool3")

DIRECT = [
    ("gcc -c main.c -o main.o", ["gcc", "-c", "main.c", "-o", "main.o"]),
    ("python \"my script.py\" 'a b'", ["python", "my script.py", "a b"]),
    ("make CC=gcc PREFIX=/usr -j4", ["make", "CC=gcc", "PREFIX=/usr", "-j4"]),
    ("git log -1 --format='%h $x' HEAD^ -- a:b", None),
    ("  cp\ta  b\t", ["cp", "a", "b"]),
    ("\n\n  cp a b\n\t\n", ["cp", "a", "b"]),
    ("p '' \"\" a", ["p", "", "", "a"]),
    ("p a\"b c\"'d'''", ["p", "ab cd"]),
    ("p '\"' \"'\"", ["p", '"', "'"]),
    ("p '$HOME `x` \\n * ~ # ; !'", ["p", "$HOME `x` \\n * ~ # ; !"]),
    ('p "* ? [a] ~ # ; & | < > ( ) { }"', ["p", "* ? [a] ~ # ; & | < > ( ) { }"]),
    ("p 'two\nlines' \"and\n\ttwo\"", ["p", "two\nlines", "and\n\ttwo"]),
    ("./run.sh x", ["./run.sh", "x"]),
    ("/bin/echo -n x", ["/bin/echo", "-n", "x"]),
    ("'my program' x", ["my program", "x"]),
    ("g++ -E", ["g++", "-E"]),
    ("7z x", ["7z", "x"]),
    ("cp für.txt 日本/", ["cp", "für.txt", "日本/"]),
    ("timeout 5 cd", ["timeout", "5", "cd"]),
]

NEEDS_A_SHELL = [
    "", " ", "\n\t\n", "''", '""', "'' a", "p 'a", 'p "a', "p a'", "p ' \" '\"'",
    "p $x", "p ${x}", "p $(x)", "p `x`", 'p "$x"', 'p "`x`"', 'p "\\""', 'p "a!b"', "p \\a",
    "p *.c", "p a?", "p [ab]", "p ]", "p {a,b}", "p {}", "p ~", "p ~/a", "p a=~", "p HEAD~1",
    "p # a", "p a#b", "p; q", "p & q", "p && q", "p | q", "p || q", "p &", "(p)", "{ p; }",
    "p > f", "p 2>&1", "p < f", "p << E", "p a\nq", "p a \\\n b", "! p", "p !", "p !a",
    "A=b", "A=b p", "A+=b p", "'A'=b", '"a=b" c', "./a=b",
    "-p", "+p", "%1", "@p", ",", "^a^b", "]", "-rm -f x", "~/bin/p", "'~p'", "*p",
    "cd x", "exit 3", "export A=b", "test -f x", "[ -f x ]", "'[' a", "[[ a ]]", ". ./env", ":",
    "if a", "then", "while p", "for", "function f", "time p", "case", "select", "coproc p",
    "echo a", "echo -n a", "true", "true --help", "false", "printf a", "kill 1", "pwd", "'cd' x",
    'c"d" x', "exec p", "command p", "wait", "ulimit -n 9", "source f", "let a",
    "p\xa0a", "p \u3000", "p a\rb", "p 'a\rb'", "p \x01", "p '\x7f'", "p \x1b[m", "p \u202e",
    "p \udcff", "p '\udcff'", "p\x0ba", "p\x0ca", "p \x85", "p\u2028q",
]  # fmt: skip


def said_by(shell: str, texts: Iterable[str], **env: str) -> list[list[str]]:
    """For each text the words that the functions were given by it, with their number first."""
    lines = [f"{name}() {{ printf '%s\\0' $(($# + 1)) {name} \"$@\"; }}" for name in NAMES]
    lines += [f"eval {shlex.quote(text)}; printf '\\2'" for text in texts]
    done = subprocess.run(
        [shell],
        input=os.fsencode("\n".join(lines)),
        env={"PATH": "/nowhere", "LC_ALL": "C.UTF-8"} | env,
        capture_output=True,
        check=False,
    )
    said = [os.fsdecode(one).split("\0")[:-1] for one in done.stdout.split(b"\2")[:-1]]
    assert not done.stderr, (done.stderr[:500], shell)
    return said


def differing(shell: str, texts: Iterable[str], **env: str) -> list[object]:
    """The texts that are run directly, and mean something else to a shell."""
    argvs = {text: argv_of(text) for text in texts}
    direct = {text: argv for text, argv in argvs.items() if argv[0] in NAMES}
    said = said_by(shell, direct, **env)
    assert len(said) == len(direct)
    found = zip(direct.items(), said, strict=True)
    return [
        (text, argv, words) for (text, argv), words in found if words != [str(len(argv)), *argv]
    ]


@pytest.mark.parametrize(("text", "words"), DIRECT)
def test_plain_words_and_quotes_are_run_directly(text: str, words: list[str] | None) -> None:
    assert argv_of(text) == argv_of(text, "sh") == (words or shlex.split(text))


@pytest.mark.parametrize("text", NEEDS_A_SHELL)
def test_what_a_shell_might_understand_otherwise_is_left_to_it(text: str) -> None:
    shell, option, given = argv_of(text)

    assert (shell, option, given.removeprefix(" ")) == ("/bin/sh", "-c", text.removeprefix(" "))


@pytest.mark.parametrize("shell", ["bash", "/bin/bash", "zsh", "fish", "/opt/sh"])
def test_a_shell_that_was_named_is_always_used(shell: str) -> None:
    assert argv_of("cp a b", shell) == [shell, "-c", "cp a b"]
    assert argv_of("cp a > b", shell) == [shell, "-c", "cp a > b"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_text_that_begins_with_a_sign_is_no_option_of_the_shell(shell: str) -> None:
    for text in ("-rm -f x", "+x"):
        done = subprocess.run(argv_of(text, shell), capture_output=True, text=True, check=False)
        assert done.returncode == 127
        assert "not found" in done.stderr


def test_a_nul_character_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'p \\x00' holds a NUL character"):
        argv_of("p \0")


def test_a_long_text_is_no_trouble() -> None:
    assert argv_of("p " + "'a b' " * 200_000) == ["p", *["a b"] * 200_000]
    assert argv_of("p '" + "x" * 1_000_000)[0] == "/bin/sh"


@pytest.mark.parametrize("shell", SHELLS)
def test_every_pair_of_signs_means_what_it_means_to_a_shell(shell: str) -> None:
    signs = [*string.printable, "\x01", "\x7f", "é", "\xa0", "日"]
    pairs = [f"{one}{other}" for one in signs for other in signs]

    assert differing(shell, [f"p {pair}" for pair in pairs]) == []
    assert differing(shell, [f"p a{pair}b" for pair in pairs]) == []
    assert differing(shell, [f'p "{pair}"' for pair in pairs]) == []
    assert differing(shell, [f"{sign}p{other}" for sign in signs for other in signs]) == []


CALM = [
    *NAMES, "a", "-o", "--x=1", "b.c", "é", "日", "1", "%", "@", "^", "+", ",", ":", "=", "/", ".",
    " ", " ", " ", "  ", "\t", "''", '""', "'a b'", '"a b"', "'$x'", "'\"'", '"\'"', "'\n'",
    "'~'", "'*'", "'#'", "'\\'",
]  # fmt: skip
WILD = [
    "'", '"', "\\", "$", "`", "$x", "*", "?", "[", "]", "{", "}", "(", ")", "<", ">", "2>", "|",
    "&", ";", "!", "~", "=~", "#", " #", "\n", "\r", "\x0b", "\x0c", "\x01", "\x7f", "\x85",
    "\xa0", "\u3000", "\u2028", "{a,b}", "a=b ", "if ", "cd ", "time ",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_texts_of_all_kinds_mean_what_they_mean_to_a_shell(shell: str, locale: str) -> None:
    chance = random.Random(20_260_102)
    texts = {
        chance.choice(NAMES)
        + " " * (chance.random() < 0.8)
        + "".join(
            chance.choice(WILD if chance.random() < 0.07 else CALM)
            for _ in range(chance.randrange(14))
        )
        for _ in range(12_000)
    }
    direct = sum(argv_of(text)[0] in NAMES for text in texts)

    assert 2_000 < direct < len(texts) - 2_000
    assert differing(shell, texts, LC_ALL=locale) == []


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.lists(st.sampled_from([*CALM, *WILD, *NAMES, " "]) | st.characters(), max_size=8)
        .map("".join)
        .map("p {}".format)
        .filter(lambda text: "\0" not in text),
        max_size=40,
    )
)
def test_no_text_means_something_else_to_a_shell(shell: str, texts: list[str]) -> None:
    assert differing(shell, texts) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_whatever_a_shell_does_itself_is_left_to_it(shell: str) -> None:
    names = {file.name for folder in os.get_exec_path() for file in _files(Path(folder))}
    if shell.endswith("bash"):
        names |= set(subprocess.check_output([shell, "-c", "compgen -bk"], text=True).split())
    lines = [
        f"printf '%s\\0' {shlex.quote(name)} \"$(type {shlex.quote(name)})\"" for name in names
    ]
    told = subprocess.check_output([shell], input="\n".join(lines), text=True).split("\0")[:-1]
    own = {
        name
        for name, what in zip(told[::2], told[1::2], strict=True)
        if f"{what} ".find("builtin ") > 0 or f"{what} ".find("keyword ") > 0
    }

    assert {"cd", "test", "echo"} <= own | {"cd"}
    assert {name for name in own if argv_of(name)[0] == name} == set()
    assert {name for name in own if name.isalpha()} <= OWN


def _files(folder: Path) -> Iterable[Path]:
    return folder.iterdir() if folder.is_dir() else ()


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_a_program_of_any_name_is_the_one_that_a_shell_finds(shell: str, tmp_path: Path) -> None:
    signs = [sign for sign in string.punctuation if sign != "/"]
    names = [*signs, *(f"{sign}a" for sign in signs), *(f"a{sign}" for sign in signs)]
    names += ["a", "a b", "é", "日", "2x", "_", "..a", *sorted(OWN)]
    for name in {*names} - {"."}:
        (tmp_path / name).write_text('#!/bin/sh\nprintf \'%s\\0\' "${0##*/}" "$@"\n')
        (tmp_path / name).chmod(0o755)
    texts = [f"{form} x" for name in names for form in (name, f"'{name}'", f'"{name}"')]
    direct = {text: argv for text in texts if (argv := argv_of(text))[0] != "/bin/sh"}
    assert len(direct) > 30

    for text, argv in direct.items():
        found = subprocess.check_output([shell, "-c", text], env={"PATH": str(tmp_path)})
        assert found.decode().split("\0")[:-1] == argv


@pytest.mark.parametrize("shell", SHELLS)
def test_a_program_sees_the_environment_that_a_shell_would_give_it(
    shell: str, tmp_path: Path
) -> None:
    given = {"PATH": os.environ["PATH"], "PWD": str(tmp_path.resolve()), "A": "b c"}
    direct, through = (
        subprocess.check_output(argv, env=given, cwd=tmp_path).split(b"\n")
        for argv in (argv_of("env"), [shell, "-c", "env"])
    )
    more = {line.partition(b"=")[0] for line in {*through} ^ {*direct}}

    assert more <= {b"SHLVL", b"_"}
