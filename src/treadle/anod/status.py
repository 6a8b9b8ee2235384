"""`treadle.status` under the seed's name."""

from treadle.status import ReturnValue

__all__ = ["ReturnValue"]
