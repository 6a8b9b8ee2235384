"""With a store, a scheduler does all that it does without one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]
_OTHERWISE = [
    # The ids are no texts, which a store needs.
    "test_a_graph_may_have_any_ids",
    # The default is a store here.
    "test_parameters_have_the_seeds_names_order_and_defaults",
]


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_the_contract_of_the_seed_holds_with_a_store() -> None:
    """The times of `test_defects_speed` are those of a scheduler that writes nothing."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "recorded_schedulers"),
            *("-m", "not proof", "--ignore", str(_TESTS / "seed" / "test_defects_speed.py")),
            *("-k", " and ".join(f"not {name}" for name in _OTHERWISE)),
            str(_TESTS / "seed"),
        ],
        cwd=_TESTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
