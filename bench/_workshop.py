"""Installs the tools of bench/survivors.py into a folder, and says what cannot be had."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import _common
from _tools import Tool


class Found(NamedTuple):
    """An installed tool, or why it is not."""

    program: str = ""
    python: str = ""
    version: str = ""
    missing: str = ""


class Workshop:
    """A folder with an environment of Python and one of node; the system is left alone."""

    def __init__(self, folder: Path) -> None:
        self._python = folder / "venv" / "bin" / "python"
        self._node = folder / "npm"

    def find(self, tool: Tool) -> Found:
        """The tool, installed if need be."""
        origin, _, package = tool.origin.partition(":")
        if origin == "pip":
            return self._pip(tool, package)
        if origin == "npm":
            return self._npm(tool, package)
        if not tool.program:
            return Found(version=_common.versions([])["treadle"])
        program = shutil.which(tool.program)
        if program is None:
            return Found(missing=f"{tool.program} is not installed")
        return Found(program, version=_said(program))

    def _pip(self, tool: Tool, package: str) -> Found:
        if not self._python.exists():
            folder = self._python.parents[1]
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        installed = _tried(self._python, "-m", "pip", "install", "--quiet", package)
        if installed:
            return Found(missing=f"pip cannot install {package}: {installed}")
        name, _, _ = package.partition("==")
        asked = f"from importlib import metadata; print(metadata.version({name!r}))"
        version = subprocess.check_output([self._python, "-c", asked], text=True).strip()
        program = self._python.with_name(tool.program) if tool.program else ""
        return Found(str(program), str(self._python), version)

    def _npm(self, tool: Tool, package: str) -> Found:
        if not shutil.which("npm"):
            return Found(missing="npm is not installed")
        self._node.mkdir(parents=True, exist_ok=True)
        options = ("--prefix", self._node, "--no-audit", "--no-fund", "--silent")
        installed = _tried("npm", "install", *options, package)
        programs = sorted((self._node / "node_modules").glob(tool.program))
        if installed or not programs:
            return Found(missing=f"npm cannot install {package}: {installed or 'no program'}")
        return Found(str(programs[0]), version=_said(str(programs[0])))


def _tried(*command: str | Path) -> str:
    """Run a command; the last line that it said if it failed, else nothing."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.returncode:
        return ""
    return (done.stderr or done.stdout or f"exit code {done.returncode}").strip().splitlines()[-1]


def _said(program: str) -> str:
    """The first number in what the program says about its version."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d[\w.]*", done.stdout)
    return found[0] if found else "?"
