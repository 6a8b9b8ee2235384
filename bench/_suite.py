"""A test suite as its users write it: knows e3-testsuite, and nothing of treadle.

    python bench/_suite.py DIRECTORY STATUSES

It runs all tests below the directory, two at a time, and writes the status of
each into the file STATUSES, as JSON.
"""

import json
import sys
from pathlib import Path

from e3.testsuite import Testsuite
from e3.testsuite.driver import BasicTestDriver
from e3.testsuite.result import TestStatus


class Driver(BasicTestDriver):  # type: ignore[misc] # e3-testsuite is not typed for us
    """A test that does nothing, and ends as its test.yaml says."""

    def run(self, prev: object, slot: int) -> None:
        """Do nothing."""

    def analyze(self, prev: object, slot: int) -> None:
        """Push the result."""
        self.result.set_status(TestStatus[self.test_env["ends"]])
        self.push_result()


class Suite(Testsuite):  # type: ignore[misc] # e3-testsuite is not typed for us
    """All directories with a test.yaml."""

    test_driver_map = {"default": Driver}  # noqa: RUF012 -- as the manual has it
    default_driver = "default"


def main() -> None:
    tests, statuses = sys.argv[1:]
    suite = Suite(root_dir=tests)
    suite.testsuite_main(["-j2", "--nocolor", f"--output-dir={Path(statuses).parent}"])
    found = {name: entry.status.name for name, entry in suite.report_index.entries.items()}
    Path(statuses).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
