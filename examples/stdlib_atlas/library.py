"""The standard library of the running interpreter: its modules, their files, their groups."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

ROOT = Path(sysconfig.get_path("stdlib"))

# After the chapters of the Library Reference. What is in none of them is "internals".
GROUPS = {
    "text": "string re difflib textwrap stringprep rlcompleter struct codecs encodings "
    "reprlib pprint gettext locale sre_compile sre_constants sre_parse _strptime",
    "data": "datetime zoneinfo calendar collections heapq bisect weakref types copy enum "
    "graphlib numbers decimal fractions random statistics functools operator "
    "hashlib hmac secrets dataclasses uuid ipaddress _pydecimal _pydatetime "
    "colorsys",
    "files": "pathlib posixpath ntpath genericpath nturl2path stat filecmp tempfile glob "
    "fnmatch linecache shutil fileinput pickle pickletools copyreg shelve dbm "
    "sqlite3 gzip bz2 lzma zipfile tarfile csv configparser tomllib netrc "
    "plistlib compression",
    "system": "os io argparse getopt optparse logging getpass curses platform ctypes signal "
    "pty tty pipes crypt cmd shlex",
    "concurrency": "threading multiprocessing concurrent subprocess sched queue contextvars "
    "asyncio selectors asyncore asynchat _threading_local",
    "internet": "socket ssl socketserver smtpd webbrowser wsgiref urllib http ftplib poplib "
    "imaplib smtplib telnetlib nntplib cgi cgitb xmlrpc",
    "formats": "email json mailbox mimetypes base64 quopri uu binhex html xml mailcap xdrlib",
    "interface": "tkinter turtle turtledemo idlelib wave aifc sunau chunk sndhdr imghdr "
    "antigravity",
    "tools": "typing pydoc pydoc_data doctest unittest bdb pdb timeit trace tracemalloc "
    "cProfile profile profiling pstats distutils ensurepip venv zipapp lib2to3 "
    "compileall py_compile pyclbr tabnanny",
    "runtime": "sysconfig warnings contextlib abc atexit traceback inspect site code codeop "
    "zipimport pkgutil modulefinder runpy importlib imp annotationlib __future__ "
    "this",
    "language": "ast symtable token keyword tokenize dis opcode string.templatelib",
}
OTHER = "internals"

_GROUP_OF = {module: group for group, names in GROUPS.items() for module in names.split()}
_NOT_LIBRARY = {"test", "tests", "idle_test", "site-packages", "__pycache__"}


def group_of(module: str) -> str:
    """Return the group of a top-level module."""
    return _GROUP_OF.get(module, OTHER)


def files_of(module: str) -> list[Path]:
    """Return the Python files of a top-level module, without its own tests."""
    single = ROOT / f"{module}.py"
    if single.is_file():
        return [single]
    folder = ROOT / module
    if not (folder / "__init__.py").is_file():
        return []
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if not _NOT_LIBRARY.intersection(path.relative_to(ROOT).parts)
    ]


def modules() -> list[str]:
    """Return the top-level modules that are written in Python, except the test suite."""
    return [name for name in sorted(sys.stdlib_module_names) if name != "test" and files_of(name)]
