"""An e3-testsuite of as many small tests as the first argument says; prints their statuses."""

# A program as a client of e3-core writes it: prints, no annotations.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, RUF012, T201

import contextlib
import io
import logging
import sys

from e3.testsuite import Testsuite
from e3.testsuite.driver import BasicTestDriver
from e3.testsuite.result import TestStatus
from e3.testsuite.testcase_finder import ParsedTest, TestFinder

STATUSES = [TestStatus.PASS, TestStatus.FAIL, TestStatus.XFAIL, TestStatus.SKIP, TestStatus.ERROR]


class Small(BasicTestDriver):
    def run(self, previous_values, slot):
        return int(self.test_env["number"])

    def analyze(self, previous_values, slot):
        number = previous_values["run"] if "run" in previous_values else self.test_env["number"]
        if number % 50 == 13:
            raise ValueError("a driver that raises")
        self.result.set_status(STATUSES[number % 7 % len(STATUSES)])
        self.push_result()


class Numbers(TestFinder):
    test_dedicated_directory = False

    def probe(self, testsuite, dirpath, dirnames, filenames):
        if dirpath != testsuite.root_dir:
            return []
        return [
            ParsedTest(f"t{number}", Small, {"number": number}, dirpath) for number in range(COUNT)
        ]


class Many(Testsuite):
    tests_subdir = "."
    test_finders = [Numbers()]


COUNT = int(sys.argv.pop(1))
logging.disable(logging.CRITICAL)
suite = Many()
with contextlib.redirect_stdout(io.StringIO()):
    code = suite.testsuite_main(["-j2", "--nocolor", "--failure-exit-code=0"])
for name, entry in suite.report_index.entries.items():
    print(name, entry.status.name)
print("exit", code)
