"""Processes are found by what their environment says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from treadle.process.survivors import with_variable


def test_a_process_is_found_by_the_beginning_of_a_variable(tmp_path: Path) -> None:
    env = {**os.environ, "OF_A_TEST": f"{tmp_path}/some.1.output"}
    command = [sys.executable, "-S", "-c", "print(flush=True); input()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        process.stdout.readline()

        assert with_variable("OF_A_TEST", f"{tmp_path}/") == [process.pid]
        assert with_variable("A_TEST", f"{tmp_path}/") == []
        assert with_variable("OF_A_TEST", f"{tmp_path}/other") == []
        process.communicate(b"\n")

    assert with_variable("OF_A_TEST", f"{tmp_path}/") == []


def test_our_own_process_is_not_among_them() -> None:
    assert os.getpid() not in with_variable("PATH", "")
