"""The picture as a page: it pans and zooms, finds jobs, and tells what each one does.

One file without anything from elsewhere. Its policy admits one style and one script, by their
hashes, so that whatever a workflow file says stays text. Without the script the page is the
picture, with links to what is told of each job below it.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.report.graph.details import details
from treadle.report.graph.escape import content
from treadle.report.graph.svg import Picture
from treadle.report.text import number, safe

if TYPE_CHECKING:
    from treadle.report.graph.model import Graph

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{label}</h1>
<p class="count">{count}</p>
<div class="tools" hidden>
<label><span class="hint">Find</span>
<input id="search" type="search" placeholder="Find a job" autocomplete="off" spellcheck="false"\
 aria-keyshortcuts="/"></label>
<output id="found" for="search"></output>
<button id="out" type="button" aria-label="Zoom out">&minus;</button>
<button id="in" type="button" aria-label="Zoom in">+</button>
<button id="fit" type="button">Fit</button>
</div>
</header>
<main>
<figure>
{svg}
</figure>
<aside aria-label="Jobs">
<p class="help" hidden>Choose a job to see what it does.
Arrow keys lead from job to job, <kbd>/</kbd> to the search, <kbd>+</kbd> and <kbd>&minus;</kbd>
zoom, <kbd>0</kbd> shows all, <kbd>Esc</kbd> leaves.</p>
{details}
</aside>
</main>
<script>{script}</script>
</body>
</html>
"""


def as_html(graph: Graph) -> str:
    """Return the page; it needs neither a server nor a network."""
    picture = Picture(graph, linked=True)
    style = f"\n{_file('page.css')}{picture.style()}"
    script = f"\n{_file('page.js')}"
    label = safe(graph.label)
    return _PAGE.format(
        policy=_policy(style, script),
        title=content(f"Jobs of {label}"),
        style=style,
        label=content(label),
        count=content(number(graph.jobs(), "job")),
        svg=picture.svg(),
        details=details(graph),
        script=script,
    )


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
