"""Tables made from the code at build time, so that they cannot differ from it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
import msgspec
from docutils import nodes  # type: ignore[import-untyped]  # has no types
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from treadle.cli import exitcodes
from treadle.cli.main import command as treadle_command
from treadle.engine import commands, events
from treadle.workflow import limits, model, tables
from treadle.workflow.schema import workflow_schema
from treadle.workflow.words import known_words

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def documented_members(source: str) -> dict[str, str]:
    """For each member of the enum in a source file the text below it."""
    tree = ast.parse(source)
    found: dict[str, str] = {}
    for owner in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for item, after in zip(owner.body, [*owner.body[1:], None], strict=True):
            if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
                found[item.targets[0].id] = _text(after)
    return found


def _text(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str() as text)):
            return cleandoc(text)
    raise ValueError("a member of an enum has no text below it")


class ExitCodes(SphinxDirective):
    """The exit codes of the command line."""

    def run(self) -> list[nodes.Node]:
        texts = documented_members(Path(exitcodes.__file__).read_text(encoding="utf-8"))
        rows = (
            (f"**{code.value}**", f"`{code.name}`", texts[code.name]) for code in exitcodes.ExitCode
        )
        return self.parse_text_to_nodes(table(("code", "name", "meaning"), rows))


class EngineMessages(SphinxDirective):
    """The events or the commands of the engine, from their named tuples."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        module, union = {"events": (events, "Event"), "commands": (commands, "Command")}[
            self.arguments[0]
        ]
        kinds = get_args(getattr(module, union))
        rows = ((_signature(kind), cleandoc(kind.__doc__ or "")) for kind in kinds)
        return self.parse_text_to_nodes(table((self.arguments[0][:-1], "what it says"), rows))


def _signature(kind: Any) -> str:
    fields = ", ".join(kind._fields)
    return f"`{kind.__name__}({fields})`" if fields else f"`{kind.__name__}`"


class CommandLine(SphinxDirective):
    """Every command with its flags, as click knows them; examples of the help included."""

    def run(self) -> list[nodes.Node]:
        settings = treadle_command.context_settings
        context = click.Context(treadle_command, info_name="treadle", **settings)
        assert isinstance(treadle_command, click.Group)
        pieces = [self._page(treadle_command, context)]
        for name in treadle_command.list_commands(context):
            command = treadle_command.get_command(context, name)
            assert command is not None
            pieces.append(self._page(command, click.Context(command, context, info_name=name)))
        return self.parse_text_to_nodes("\n\n".join(pieces), allow_section_headings=True)

    def _page(self, command: click.Command, context: click.Context) -> str:
        usage = command.get_usage(context).removeprefix("Usage: ")
        text = [f"## {context.command_path}", f"```text\n{usage}\n```", *_prose(command.help or "")]
        records = (p.get_help_record(context) for p in command.get_params(context))
        rows = ((f"`{flags}`", what) for flags, what in filter(None, records) if what)
        text.append(table(("flag", "meaning"), rows))
        return "\n\n".join(text)


def _prose(help_text: str) -> Iterator[str]:
    """Paragraphs as they are; what click shall not wrap, as it stands."""
    for paragraph in re.split(r"\n\s*\n", cleandoc(help_text)):
        if paragraph.startswith("\b\n"):
            yield f"```text\n{cleandoc(paragraph[2:])}\n```"
        else:
            yield paragraph.replace("*", r"\*")


class WorkflowWords(SphinxDirective):
    """The words of a table of the workflow file, from the model that checks it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        kind = getattr(model, name, None) or getattr(tables, name)
        inherited = {f.name for f in msgspec.structs.fields(model.Settings)}
        if kind is model.Settings or not issubclass(kind, model.Settings):
            inherited = set()
        rows = (
            (f"`{word}`", *_meaning(hint))
            for word, (field, hint, _) in known_words(kind).items()
            if field not in inherited
        )
        return self.parse_text_to_nodes(table(("word", "meaning", "value"), rows))


def _meaning(hint: Any) -> tuple[str, str]:
    meta = next(m for m in hint.__metadata__ if isinstance(m, msgspec.Meta) and m.extra)
    assert meta.extra is not None
    # What is to be written with its quotes is code, lest they become typographic ones.
    expects = re.sub(r"""("[^"]*"|'[^']*')""", r"`\1`", str(meta.extra["expects"]))
    return meta.description or "", expects


class Limits(SphinxDirective):
    """The limits of a workflow file."""

    def run(self) -> list[nodes.Node]:
        rows = [
            ("size of a file", f"{limits.MAX_BYTES >> 20} MiB"),
            ("tables and lists in each other", f"{limits.MAX_DEPTH:,}"),
            ("jobs, after each matrix is expanded", f"{limits.MAX_JOBS:,}"),
            ("needs of all jobs together", f"{limits.MAX_EDGES:,}"),
            ("characters in a name", f"{limits.MAX_NAME:,}"),
            ("characters that expressions may make", f"{limits.MAX_EXPANSION >> 20} Mi"),
            ("included files", f"{limits.MAX_INCLUDED_FILES:,}"),
            ("files that include each other in a chain", f"{limits.MAX_INCLUDE_DEPTH:,}"),
            ("size of a file of variables", f"{limits.MAX_ENV_FILE >> 20} MiB"),
        ]
        return self.parse_text_to_nodes(table(("what", "limit"), iter(rows)))


class Unreleased(SphinxDirective):
    """The changelog fragments of the next release."""

    def run(self) -> list[nodes.Node]:
        folder = ROOT / "changelog.d"
        files = sorted(folder.glob("*.*.md"))
        by_kind: dict[str, list[str]] = {}
        for file in files:
            self.env.note_dependency(str(file))
            kind = file.name.split(".")[-2]
            by_kind.setdefault(kind, []).append(file.read_text(encoding="utf-8").strip())
        blocks = [
            f"**{kind.capitalize()}**\n\n" + "\n".join(f"- {text}" for text in by_kind[kind])
            for kind in sorted(by_kind)
        ]
        return self.parse_text_to_nodes("\n\n".join(blocks) or "Nothing yet.")


def publish_schema(app: Sphinx, error: Exception | None) -> None:
    """Put the JSON Schema where `treadle init` says that it is."""
    if error is None and app.builder.format == "html":
        text = json.dumps(workflow_schema(), indent=2, ensure_ascii=False)
        (Path(app.outdir) / "treadle.schema.json").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Called by Sphinx."""
    app.connect("build-finished", publish_schema)
    app.add_directive("exit-codes", ExitCodes)
    app.add_directive("engine-messages", EngineMessages)
    app.add_directive("command-line", CommandLine)
    app.add_directive("workflow-words", WorkflowWords)
    app.add_directive("workflow-limits", Limits)
    app.add_directive("unreleased", Unreleased)
    return {"parallel_read_safe": True}
