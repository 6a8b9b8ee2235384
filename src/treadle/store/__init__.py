"""What survives of runs: facts, fingerprints, products."""

from treadle.store.store import Store

__all__ = ["Store"]
