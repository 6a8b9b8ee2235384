"""Look at one module: compile it, parse it, count, collect what it imports."""

from __future__ import annotations

import ast
import io
import marshal
import sys
import tokenize
import warnings
from collections import Counter
from pathlib import Path

from library import ROOT, group_of
from results import load, save


def scan(module: str, names: list[str]) -> dict[str, object]:
    """Return the numbers of one top-level module."""
    total: Counter[str] = Counter(files=len(names))
    imports: Counter[str] = Counter()
    longest = (0, "")
    for name in names:
        source = (ROOT / name).read_bytes()
        tree = ast.parse(source, name)
        total["bytecode"] += len(marshal.dumps(compile(tree, name, "exec", dont_inherit=True)))
        total += count_lines(source)
        for node in ast.walk(tree):
            imports.update(imported(node, module))
            if isinstance(node, ast.ClassDef):
                total["classes"] += 1
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                total["functions"] += 1
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                longest = max(longest, (length, f"{Path(name).stem}.{node.name}"))
    return {
        "module": module,
        "group": group_of(module),
        **total,
        "imports": imports,
        "longest": longest,
    }


def count_lines(source: bytes) -> Counter[str]:
    """Count lines: all, and by what stands on them: code, comments only, nothing."""
    code: set[int] = set()
    comments: set[int] = set()
    ignored = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    ignored |= {tokenize.ENCODING, tokenize.ENDMARKER}
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.COMMENT:
            comments.add(token.start[0])
        elif token.type not in ignored:
            code.update(range(token.start[0], token.end[0] + 1))
    lines = len(source.splitlines())
    return Counter(
        lines=lines,
        code=len(code),
        comments=len(comments - code),
        blank=lines - len(code | comments),
    )


def imported(node: ast.AST, module: str) -> set[str]:
    """Return the other top-level modules of the library that a node imports."""
    if isinstance(node, ast.Import):
        names = {alias.name.partition(".")[0] for alias in node.names}
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        names = {node.module.partition(".")[0]}
    else:
        return set()
    return names & sys.stdlib_module_names - {module}


def main() -> None:
    """Scan the module that is named on the command line."""
    (module,) = sys.argv[1:]
    warnings.simplefilter("ignore")  # old escapes in old modules
    result = scan(module, load("inventory")["files"][module])
    save(f"scan/{module}", result)
    print(f"{module}: {result['lines']} lines, {result.get('functions', 0)} functions")


if __name__ == "__main__":
    main()
