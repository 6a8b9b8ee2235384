"""Random edits of the files and the jobs of a world, for the oracle to judge."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from oracle import Spec, whole_disk

SOURCES = ("s0", "s1", "s2", "d/a", "d/b", "d/sub/c", "g/x.c", "g/y.c", "g/z.h")
DECLARED = ("s0", "s1", "s2", "d/", "g/*.c")
NEW = ("d/new", "d/sub/new", "g/new.c", "g/new.h")


class Edits:
    """What people do to files and workflows between runs.

    Attributes:
        specs: the jobs.
        story: what was done, in words.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self.specs: dict[str, Spec] = {}
        self.story: list[str] = []

    def _add_job(self) -> None:
        raise NotImplementedError

    def _edits(self) -> list[Callable[[], None]]:
        return [
            *(4 * [self._edit_source]), self._edit_unseen, self._touch, self._rewrite,
            self._add_or_remove, self._make_program, self._lose_source, self._replace_by_link,
            self._spoil_output, self._lose_output, self._change_recipe, self._change_recipe,
            self._fail_or_not, self._change_jobs,
        ]  # fmt: skip

    def _say(self, text: str) -> None:
        self.story.append(text)

    def _write(self, path: str) -> None:
        text = f"{self._random.randrange(3)}\n"
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        Path(path).unlink(missing_ok=True)
        Path(path).write_text(text)
        self._say(f"write {path}: {text!r}")

    def _mark(self, folder: str, name: str) -> None:
        os.makedirs(folder, exist_ok=True)
        Path(folder, name).touch()
        self._say(f"mark {folder}/{name}")

    def _edit_source(self) -> None:
        self._write(self._random.choice(SOURCES))

    def _edit_unseen(self) -> None:
        """Another text of the same length, in the same file, with the old time."""
        path = self._random.choice(SOURCES)
        if not os.path.exists(path):
            return
        seen = os.stat(path)
        Path(path).write_text(f"{self._random.randrange(3)}\n")
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        self._say(f"write {path} unseen")

    def _touch(self) -> None:
        for path in self._random.sample(sorted(whole_disk()), 2):
            os.utime(path, (1e9, self._random.choice((1e9, 2e9))))
            self._say(f"touch {path}")

    def _rewrite(self) -> None:
        path = self._random.choice(sorted(whole_disk()))
        text = Path(path).read_text()
        Path(path).write_text(text)

    def _add_or_remove(self) -> None:
        path = self._random.choice(NEW)
        if os.path.exists(path):
            os.unlink(path)
            self._say(f"remove {path}")
        else:
            self._write(path)

    def _make_program(self) -> None:
        path = self._random.choice(SOURCES)
        if os.path.exists(path):
            os.chmod(path, self._random.choice((0o755, 0o644, 0o600)))
            self._say(f"chmod {path}")

    def _lose_source(self) -> None:
        if self._random.random() < 0.4:
            path = self._random.choice(SOURCES)
            Path(path).unlink(missing_ok=True)
            self._say(f"remove {path}")

    def _replace_by_link(self) -> None:
        path = self._random.choice(("s0", "s1"))
        self._write("elsewhere")
        Path(path).unlink(missing_ok=True)
        os.symlink("elsewhere", path)
        self._say(f"link {path}")

    def _outputs(self) -> list[str]:
        return sorted(path for path in whole_disk() if path.startswith("out/"))

    def _spoil_output(self) -> None:
        for path in self._random.sample(self._outputs(), min(1, len(self._outputs()))):
            seen = os.stat(path)
            Path(path).write_text("spoilt"[: max(1, seen.st_size - 1)] + "\n")
            if self._random.random() < 0.5:
                os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
            self._say(f"spoil {path}")

    def _lose_output(self) -> None:
        for path in self._random.sample(self._outputs(), min(1, len(self._outputs()))):
            os.unlink(path)
            self._say(f"remove {path}")

    def _change_recipe(self) -> None:
        name = self._random.choice(list(self.specs))
        self.specs[name] = replace(self.specs[name], recipe=str(self._random.randrange(3)))
        self._say(f"recipe of {name}")

    def _fail_or_not(self) -> None:
        name = self._random.choice(list(self.specs))
        if os.path.exists(f"fails/{name}"):
            os.unlink(f"fails/{name}")
        else:
            self._mark("fails", name)

    def _change_jobs(self) -> None:
        needed = {need for spec in self.specs.values() for need in spec.needs}
        free = [name for name in self.specs if name not in needed and name != "giver"]
        if free and len(self.specs) > 3 and self._random.random() < 0.5:
            gone = self._random.choice(free)
            del self.specs[gone]
            self._say(f"no job {gone}")
        else:
            self._add_job()
