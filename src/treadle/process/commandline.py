r"""Which command lines are run directly, and which need a shell.

**The problem.** Most command lines are words with blanks between them. A shell in front of
them costs a process, turns a signal that ended the program into an exit code, and says 127
where the system knows why a program could not be started. But the shell is what gives a
command line its meaning, and nobody can write down that meaning for all of them.

**What does not work.** `shlex.split` gives words for every text, also where a shell would do
something else: it knows no variables, pipes, patterns or built-in commands.

**What is done.** A text is run directly only where every POSIX shell would run one program
with exactly these words. Whatever is in doubt gets the shell: that is never wrong.

1. Words are separated by spaces and tabs; blank lines before and after do not matter. No
   other white space separates words for a shell, whatever Unicode says of it.
2. Outside of quotes stand only letters, digits, and ``% + , - . / : = @ ^ _``. So these need
   a shell: ``$ ` \ * ? [ ] { } ( ) < > | & ; ! ~ #`` and the end of a line. Some of them mean
   nothing in some places (``HEAD~1``, ``{}``), but in which, shells do not agree.
3. Between single quotes everything is itself. Between double quotes everything is but
   ``$ ` \ !``, which need a shell. Quotes may begin and end inside of a word; ``''`` is a word.
4. Control characters and other characters that cannot be printed, undecodable bytes among
   them, need a shell: shells use some of them for themselves.
5. The first word is the program. It needs a shell if it holds ``=`` (an assignment), does not
   begin with a letter, a digit or one of ``. / _`` (``%1`` is a job for bash), or is the name
   of something that dash or bash does itself (`OWN`), quoted or not. That holds for `echo`,
   `true` and `test` as well: programs of these names may do something else (`true --help`),
   and starting one is no cheaper than starting the shell.

Aliases and history do not exist in a shell that is given a text, so they need no rule.

**What is still different.** A shell sets `PWD` to the folder it is in: who runs the words has
to. Bash adds `SHLVL` and `_`. A script without a first line such as ``#!/bin/sh`` is run by
the shell itself, while the kernel refuses it. Bash as ``/bin/sh`` obeys functions that it finds
in the environment.
"""

from __future__ import annotations

SH = "/bin/sh"

_RESERVED = """
case coproc do done elif else esac fi for function if in select then time until while
"""
_OF_DASH = """
. : [ alias bg break cd chdir command continue echo eval exec exit export false fg getopts hash
jobs kill local printf pwd read readonly return set shift test times trap true type ulimit umask
unalias unset wait
"""
_OF_BASH = """
bind builtin caller compgen complete compopt declare dirs disown enable fc help history let logout
mapfile popd pushd readarray shopt source suspend typeset
"""
OWN = frozenset(f"{_RESERVED} {_OF_DASH} {_OF_BASH}".split())
"""Words that a shell does not look for in `PATH`."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PLAIN = frozenset(f"{_LETTERS}{_LETTERS.upper()}0123456789%+,-./:=@^_")
_SIMPLE = _PLAIN | {" ", "\t"}
_LIVE = {"'": frozenset(), '"': frozenset("$`\\!")}
# Control characters, which a text that gets so far does not hold.
_BREAK, _QUOTED = "\0", "\1"


def argv_of(text: str, shell: str = SH) -> list[str]:
    """Return what to execute for a command line: its words, or a shell with the text.

    Args:
        text: a command line.
        shell: the shell that the text is for. Any other than `/bin/sh` (or `sh`, which is
            the same here) is always used: who names a shell wants it.

    Raises:
        ValueError: the text holds a NUL character, which no program can be given.

    Example:
        >>> argv_of("cc -c 'my file.c'")
        ['cc', '-c', 'my file.c']
        >>> argv_of("cc -c *.c")
        ['/bin/sh', '-c', 'cc -c *.c']
    """
    if "\0" in text:
        raise ValueError(f"the command line {text[:40]!r} holds a NUL character")
    if shell not in (SH, "sh"):
        return _through(shell, text)
    words = _words(text)
    return words if words and _is_program(words[0]) else _through(SH, text)


def _through(shell: str, text: str) -> list[str]:
    # Behind -c, a text that begins with a sign is taken for one more option.
    return [shell, "-c", f" {text}" if text.startswith(("-", "+")) else text]


def _is_program(word: str) -> bool:
    begins = word.startswith((".", "/", "_")) or word[:1].isalnum()
    return begins and word not in OWN and "=" not in word


def _words(text: str) -> list[str]:
    """Return the words of a text; none if there are none, or only a shell can tell."""
    if _SIMPLE.issuperset(text):
        return text.split()
    if not text.translate({ord("\t"): " ", ord("\n"): " "}).isprintable():
        return []
    words = _unquoted(text.strip(" \t\n")).split(_BREAK)
    return [word.replace(_QUOTED, "") for word in words if word]


def _unquoted(text: str) -> str:
    """Return a text with marks in the place of blanks and quotes; empty if it needs a shell."""
    found: list[str] = []
    quote = ""
    for sign in text:
        if sign == quote:
            quote = ""
        elif quote:
            if sign in _LIVE[quote]:
                return ""
            found.append(sign)
        elif sign in _LIVE:
            quote = sign
            found.append(_QUOTED)
        elif sign in _PLAIN or not sign.isascii():
            found.append(sign)
        elif sign in " \t":
            found.append(_BREAK)
        else:
            return ""
    return "" if quote else "".join(found)
