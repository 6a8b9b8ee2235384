"""Pid 1 of the races: makes the pid space small, starts the two who share it."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from .pid1 import Namespace

PIDS = 400  # of which the kernel gives out only those from 300 on again
_ENDS_WITHIN = 10.0


def play(said: dict[str, Any]) -> dict[str, Any]:
    """Let the races be run beside the bystander; what both saw."""
    folder = said["folder"]
    space = Namespace()
    with open("/proc/sys/kernel/pid_max", "w", encoding="ascii") as file:
        file.write(str(PIDS))
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": said["path"]}

    def start(module: str, *arguments: str) -> int:
        command = [sys.executable, "-S", "-s", "-m", f"zoo.{module}", folder, *arguments]
        return space.start(command, env, f"{folder}/{module}.txt")

    bystander = start("bystander")
    racer = start("racer", str(said["races"]), said["seed"], said["manner"])
    space.wait(lambda: racer in space.ended, said["seconds"])
    with open(f"{folder}/over", "w", encoding="ascii"):
        pass
    space.wait(lambda: bystander in space.ended, _ENDS_WITHIN)
    return {
        "codes": [space.ended.get(racer), space.ended.get(bystander)],
        "racer": _read(folder, "racer"),
        "bystander": _read(folder, "bystander"),
        "survivors": space.survivors(_ENDS_WITHIN),
    }


def _read(folder: str, name: str) -> Any:
    try:
        with open(f"{folder}/{name}.json", encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        with open(f"{folder}/{name}.txt", encoding="utf-8", errors="replace") as file:
            return file.read()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(play(json.loads(sys.argv[1]))))
