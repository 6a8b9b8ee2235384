"""`treadle forget JOB`: it runs again the next time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from treadle.cli.options import file_options
from treadle.cli.records import complete_recorded

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from treadle.cli.records import Place
    from treadle.store.records import Product

_NAMED = 10


@click.command("forget", short_help="Forget what a job made: it runs again the next time.")
@file_options
@click.argument("jobs", metavar="JOB...", nargs=-1, required=True, shell_complete=complete_recorded)
def command(file: Path | None, jobs: tuple[str, ...]) -> None:
    """Forget what jobs made, and how long they took: they run again the next time.

    Nothing that they made is removed, and their attempts stay in the history. Jobs behind them
    run again only if something else comes of them.

    \b
      treadle forget compile
      treadle forget 'test*'
    """  # noqa: D301 -- click looks for the character, not for two
    from treadle.cli.records import find_jobs, place_of
    from treadle.report.columns import standard_output
    from treadle.report.text import number, safe

    place = place_of(file)
    with place.store.read() as reader:
        found = find_jobs(reader, place, jobs)
        # Before the store is made for nothing.
        recorded = set(reader.jobs())
    count = 0
    if recorded.intersection(found):
        with place.store.write() as writer:
            products = writer.products(found)
            _drop_cached(place, products.values())
            count = writer.forget(found)
    out = standard_output()
    if not count:
        what = safe(repr(found[0])) if len(found) == 1 else f"these {len(found)} jobs"
        out.line(f"of {what} nothing was known")
        return
    names = ", ".join(safe(job) for job in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    out.line(f"forgot {number(count, 'job')}: {names}{more}")


def _drop_cached(place: Place, products: Iterable[Product]) -> None:
    """Take what jobs made last out of the cache: it would be put back instead of made."""
    from treadle.cli.records import cache_of
    from treadle.store.cachefolder import CacheFolder, removed

    made = list(products)
    where = cache_of(place) if made else None
    if where is not None:
        cache = CacheFolder(str(where))
        for product in made:
            removed(cache.entry(product.fingerprint))
