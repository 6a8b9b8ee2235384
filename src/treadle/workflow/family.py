"""One `[job.NAME]`: the job that it means, or one for each row of its matrix."""

from __future__ import annotations

import os
from pathlib import Path as Folder
from typing import Any

from treadle.errors import WorkflowError
from treadle.process.commandline import argv_of
from treadle.workflow.conditions import Condition
from treadle.workflow.expressions import Reference, Text, fill, is_known
from treadle.workflow.limits import MAX_EXPANSION
from treadle.workflow.looks import note_variable
from treadle.workflow.matrix import Row, Rows
from treadle.workflow.model import JobSpec
from treadle.workflow.plan import Late, PlannedJob
from treadle.workflow.settings import listed, merged, planned
from treadle.workflow.tables import Need, When
from treadle.workflow.units import Unit
from treadle.workflow.words import Path, nearest

_NOTHING_LATE = Late()
_SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "ash")


class Family:
    """The words of one job, those of `[defaults]` where it has none of its own.

    Args:
        base: its name in its file.
        spec: what is said of it.
        unit: the file.
    """

    def __init__(self, base: str, spec: JobSpec, unit: Unit) -> None:
        self.base = base
        self.name = unit.prefix + base
        self.spec = spec
        self.unit = unit
        self.path: Path = ("job", base)
        self.said = merged(spec, unit.said.defaults)
        self.files_env = self._env_files()
        said_env = {name: str(value) for name, value in (self.said.env or {}).items()}
        own = {**self.files_env, **said_env}
        self.env = {**unit.env, **own} if own else unit.env
        self.plain = unit.plain and not any("${{" in value for value in own.values())
        self.rows = self._rows()
        self.row: Row = {}
        self.known_env: dict[str, str] = {}
        self.characters = 0
        self.wanted = [
            "success" if isinstance(need, str) else need.on for need in _entries(spec.needs)
        ]
        self.call = unit.said.calls.get(base)
        # What all its jobs have in common.
        self.common: dict[str, Any] = {
            "family": self.name,
            "tags": tuple(spec.tags or ()),
            "always": bool(spec.always),
            "allow_failure": _allowed(spec.allow_failure),
            "on": {},
            **planned(self.said, spec, unit.said.defaults),
        }

    def note(self, word: str, what: str) -> None:
        """Note a mistake in one of its words."""
        self.unit.note((*self.path, word), what)

    def _env_files(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in listed(self.said.env_file):
            try:
                found |= self.unit.variables(name)
            except WorkflowError as error:
                self.note("env_file", f"'env_file' of job {self.name!r}: {error}")
        return found

    def _rows(self) -> Rows | None:
        if not self.spec.matrix:
            return None
        folder = self.unit.folder / (self.said.cwd or "")
        base = (*self.path, "matrix")
        rows = Rows(
            self.spec.matrix,
            folder,
            f"job {self.name!r}",
            lambda place, what: self.unit.note((*base, *place), what),
        )
        rows.check_names()
        return rows

    # -- the jobs ------------------------------------------------------------------------

    def jobs(self) -> list[PlannedJob]:
        """Return its jobs: one without a matrix, else one for each row."""
        if self.rows is None:
            return [self._job(self.name, {})]
        return [self._job(name, row) for name, row in self.rows.named(self.name)]

    def _job(self, name: str, row: Row) -> PlannedJob:
        self.row = row
        spec = self.spec
        late_env = self._fill_env()
        return PlannedJob(
            name=name,
            needs=self._needs(),
            env=self.known_env,
            cwd=self._folder(),
            description=self._now("description", spec.description or ""),
            when=self._condition(spec.when),
            inputs=tuple(self._now("inputs", path) for path in spec.inputs or ()),
            outputs=tuple(self._now("outputs", path) for path in spec.outputs or ()),
            version="" if spec.version is None else self._now("version", str(spec.version)),
            **self._program(late_env),
            **self.common,
            **self._called(row),
        )

    def _folder(self) -> Folder:
        cwd = self.said.cwd
        return self.unit.folder / self._now("cwd", cwd) if cwd else self.unit.folder

    def _fill_env(self) -> dict[str, Text]:
        """Put values into `env`, and return what is known later. All share what has none."""
        if self.plain:
            self.known_env = self.env
            return {}
        env = {key: self._text("env", value) for key, value in self.env.items()}
        late = {key: text for key, text in env.items() if not is_known(text)}
        self.known_env = {key: str(text[0]) for key, text in env.items() if key not in late}
        return late

    def variables(self, jobs: int) -> int:
        """Return how many variables so many jobs take, shared ones counted once."""
        if self.plain:
            return 0 if self.env is self.unit.env else len(self.env)
        return jobs * len(self.env)

    def _called(self, row: Row) -> dict[str, Any]:
        return {"call": None if self.call is None else self.call.at(row) if row else self.call}

    def _needs(self) -> tuple[str, ...]:
        said = _entries(self.spec.needs)
        texts = [need if isinstance(need, str) else need.job for need in said]
        return tuple([self._now("needs", text) for text in texts])

    def _program(self, late_env: dict[str, Text]) -> dict[str, Any]:
        run, script = self.spec.run, self.spec.script
        if isinstance(run, str) and script is None and not late_env and "${{" not in run:
            # Most jobs are like this.
            return {"argv": self._words(run)}
        line = self._text("run", run, quoted=True) if isinstance(run, str) else None
        elements = tuple(self._text("run", one) for one in run) if isinstance(run, list) else None
        body = None if script is None else self._script(script)
        late = Late(
            line=None if line is None or is_known(line) else line,
            elements=None if elements is None or all(map(is_known, elements)) else elements,
            script=None if body is None or is_known(body) else body,
            env=late_env,
        )
        argv: tuple[str, ...] = ()
        if line is not None and late.line is None:
            argv = self._words(str(line[0]))
        elif elements is not None and late.elements is None:
            argv = tuple(str(element[0]) for element in elements)
        return {
            "argv": argv,
            "script": str(body[0]) if body is not None and late.script is None else None,
            "late": None if late == _NOTHING_LATE else late,
        }

    def _script(self, script: str) -> Text:
        if "${{" in script and not _is_for_a_shell(script):
            self.note(
                "script",
                f"job {self.name!r} uses '${{{{' in a script that is not for a shell, where "
                "nobody knows how to quote it; put the value into 'env' and read it from there",
            )
        return self._text("script", script, quoted=True)

    def _words(self, text: str) -> tuple[str, ...]:
        try:
            return tuple(argv_of(text, self.said.shell or "sh"))
        except ValueError:
            # It holds a NUL character, which was told when the texts were looked at.
            return ()

    def _condition(self, when: When | None) -> Condition | None:
        if when is None:
            return None
        return Condition(
            os=tuple(listed(when.os)),
            env={
                name: value if isinstance(value, bool) else tuple(listed(value))
                for name, value in (when.env or {}).items()
            },
            exists=tuple(self._now("when", path) for path in listed(when.exists)),
            missing=tuple(self._now("when", path) for path in listed(when.missing)),
        )

    # -- expressions ---------------------------------------------------------------------

    def _now(self, word: str, text: str) -> str:
        """Return a text in which everything must be known."""
        if "${{" not in text:
            return text
        found = self._text(word, text)
        for piece in found:
            if isinstance(piece, Reference):
                self.note(
                    word,
                    f"{word!r} of job {self.name!r} uses a value of job {piece.job!r}, which is "
                    "known only when that has run; only 'run', 'script' and 'env' may",
                )
        return str(found[0])

    def _text(self, word: str, text: str, *, quoted: bool = False) -> Text:
        if "${{" not in text:
            return (text,)

        def known(kind: str, name: str) -> str | Reference | None:
            value = self._known(word, kind, name)
            self.characters += len(value) if isinstance(value, str) else 0
            if self.characters <= MAX_EXPANSION:
                return value
            what = f"over {MAX_EXPANSION} characters to put in for '${{{{ … }}}}'"
            self.note(word, f"the jobs have {what}; that is the limit")
            return None

        return fill(text, known, quoted=quoted)

    def _known(self, word: str, kind: str, name: str) -> str | Reference | None:
        if kind == "matrix" and name in self.row:
            return self.row[name]
        if kind == "env" and (value := self._variable(word, name)) is not None:
            return value
        if kind not in ("", "matrix", "env") and name.isidentifier():
            return Reference(kind, name)
        self.note(word, f"job {self.name!r} {self._unknown(kind, name)}")
        return None

    def _variable(self, word: str, name: str) -> str | None:
        # In the table `env` itself what was there before is meant: no circles.
        own = self.files_env if word == "env" else self.known_env
        if word != "env" and name in (self.said.secret or ()):
            self.note(
                word,
                f"job {self.name!r} puts the secret {name!r} into {word!r}, where everybody can "
                f"see it; let the program take it from the environment: ${name}",
            )
        if name in own:
            return own[name]
        note_variable(name)
        return os.environ.get(name)

    def _unknown(self, kind: str, name: str) -> str:
        whole = f"'${{{{ {kind}{'.' * bool(kind)}{name} }}}}'"
        if kind == "env":
            return f"uses {whole}, but there is no variable {name!r}{nearest(name, self.env)}"
        if kind != "matrix":
            return f"uses {whole}, which has no meaning; there is matrix.NAME, env.NAME, JOB.NAME"
        if self.rows is None:
            return f"uses {whole}, but has no matrix"
        return f"uses {whole}, but its matrix has no {name!r}{nearest(name, self.row)}"


def _entries(needs: str | Need | list[str | Need] | None) -> list[str | Need]:
    return [needs] if isinstance(needs, str | Need) else needs or []


def _is_for_a_shell(script: str) -> bool:
    first = script.lstrip("\n").partition("\n")[0]
    return not first.startswith("#!") or any(
        word.rpartition("/")[2] in _SHELLS for word in first[2:].split()
    )


def _allowed(said: bool | list[int] | None) -> bool | tuple[int, ...]:
    return tuple(said) if isinstance(said, list) else bool(said)
