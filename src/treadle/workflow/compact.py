"""A plan as bytes, and back: small and fast, since most of what jobs say is alike.

Each job is a row with what is its own, and the number of a job of which it has all else. So
jobs share what they share when a file is read: folders, environments, small tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

from msgspec import DecodeError, Struct, ValidationError, msgpack
from msgspec.structs import force_setattr, replace

from treadle.workflow.plan import CacheSettings, Late, Plan, PlannedJob, RunSettings

_NOTHING: dict[str, Any] = {
    "name": "", "family": "", "argv": (), "needs": (), "description": "", "script": None,
    "late": None, "on": {}, "inputs": (), "outputs": (), "version": "",
}  # fmt: skip
"""What a model has where each job has its own."""

_SHARED = [name for name in PlannedJob.__struct_fields__ if name not in {*_NOTHING, "env"}]
_shared_of = attrgetter(*_SHARED)


class _Rare(Struct, array_like=True, gc=False):
    """What few jobs have."""

    script: str | None
    late: Late | None
    on: dict[str, str]
    version: str


class _Row(Struct, array_like=True, gc=False):
    """What is a job's own; `family` is empty if it is the name."""

    like: int
    name: str
    family: str
    argv: tuple[str, ...]
    needs: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    description: str
    rare: _Rare | None


class _Whole(Struct, array_like=True):
    """A plan without what depends on the working directory, its label.

    Attributes:
        models: jobs with nothing of their own; `env` is empty.
        envs: their environments, by number.
        rows: the jobs.
        families: names of matrices.
        tags: by tag the numbers of the jobs.
    """

    models: list[tuple[PlannedJob, int]]
    envs: list[dict[str, str]]
    rows: list[_Row]
    families: list[str]
    tags: dict[str, list[int]]
    queues: dict[str, int | str]
    folder: str
    name: str
    settings: RunSettings
    keep_runs: int
    cache: CacheSettings | None


class _Models:
    """Numbers what jobs share; what is the same has the same number."""

    def __init__(self) -> None:
        self.models: list[tuple[PlannedJob, int]] = []
        self.envs: list[dict[str, str]] = []
        self._numbers: dict[bytes, int] = {}
        self._env_numbers: dict[bytes, int] = {}
        self._env_by_id: dict[int, int] = {}

    def number(self, job: PlannedJob) -> int:
        env = self._env_by_id.get(id(job.env))
        if env is None:
            env = self._env_number(job.env)
            self._env_by_id[id(job.env)] = env
        key = _encode((env, *_shared_of(job)))
        found = self._numbers.setdefault(key, len(self.models))
        if found == len(self.models):
            self.models.append((replace(job, env={}, **_NOTHING), env))
        return found

    def _env_number(self, env: dict[str, str]) -> int:
        found = self._env_numbers.setdefault(_encode(env), len(self.envs))
        if found == len(self.envs):
            self.envs.append(env)
        return found


def encode(plan: Plan) -> bytes:
    """Return a plan as bytes, without its label.

    Raises:
        UnicodeEncodeError: a text of it holds bytes that are no text.
        TypeError: a job is a function.
    """
    models = _Models()
    rows = [_row(job, models.number(job)) for job in plan.jobs.values()]
    numbers = {name: number for number, name in enumerate(plan.jobs)}
    return _encode(
        _Whole(
            models=models.models,
            envs=models.envs,
            rows=rows,
            families=list(plan.families),
            tags={tag: [numbers[name] for name in names] for tag, names in plan.tags.items()},
            queues=plan.queues,
            folder=str(plan.folder),
            name=plan.name,
            settings=plan.settings,
            keep_runs=plan.keep_runs,
            cache=plan.cache,
        )
    )


def decode(data: bytes | memoryview, label: str) -> Plan:
    """Return the plan that was written as these bytes.

    Args:
        data: what `encode` returned.
        label: how the file is called now.

    Raises:
        ValueError: it is something else.
    """
    try:
        whole = _decode(data)
        jobs = dict(_jobs(whole))
    except (DecodeError, LookupError) as error:
        raise ValueError(str(error)) from None
    names = list(jobs)
    families: dict[str, list[str]] = {name: [] for name in whole.families}
    for job in jobs.values() if families else ():
        if job.family in families:
            families[job.family].append(job.name)
    return Plan(
        jobs=jobs,
        families=families,
        queues=whole.queues,
        folder=Path(whole.folder),
        label=label,
        tags={tag: [names[number] for number in found] for tag, found in whole.tags.items()},
        name=whole.name,
        settings=whole.settings,
        keep_runs=whole.keep_runs,
        cache=whole.cache,
    )


def _row(job: PlannedJob, like: int) -> _Row:
    rare = (job.script, job.late, job.on, job.version)
    return _Row(
        like=like,
        name=job.name,
        family="" if job.family == job.name else job.family,
        argv=job.argv,
        needs=job.needs,
        inputs=job.inputs,
        outputs=job.outputs,
        description=job.description,
        rare=None if rare == (None, None, {}, "") else _Rare(*rare),
    )


def _jobs(whole: _Whole) -> Iterator[tuple[str, PlannedJob]]:
    """Yield the jobs: copies of their models, into which is put what is their own."""
    for model, env in whole.models:
        force_setattr(model, "env", whole.envs[env])
    models = [model for model, _ in whole.models]
    copied = PlannedJob.__copy__  # type: ignore[attr-defined]  # all structs have it
    put = force_setattr
    for row in whole.rows:
        name = row.name
        job = copied(models[row.like])
        put(job, "name", name)
        put(job, "family", row.family or name)
        put(job, "argv", row.argv)
        put(job, "needs", row.needs)
        put(job, "inputs", row.inputs)
        put(job, "outputs", row.outputs)
        put(job, "description", row.description)
        if (rare := row.rare) is not None:
            put(job, "script", rare.script)
            put(job, "late", rare.late)
            put(job, "on", rare.on)
            put(job, "version", rare.version)
        yield name, job


def _written(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written")


def _read(kind: type, value: Any) -> object:
    if kind is Path:
        return Path(value)
    raise ValidationError(f"{kind.__name__} cannot be read")


_encode = msgpack.Encoder(enc_hook=_written).encode
_decode = msgpack.Decoder(_Whole, dec_hook=_read).decode
