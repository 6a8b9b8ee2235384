"""How the documentation is built: `make docs`, or see CONTRIBUTING.md."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src"
sys.path[:0] = [str(HERE / "_ext"), str(SOURCE)]

import treadle  # noqa: E402 -- found by the line above, without being installed

project = "treadle"
author = "The treadle developers"
copyright = author
version = release = treadle.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.napoleon",
    "autoapi.extension",
    "evidence",
    "figures",
    "pages",
    "tables",
    "terminal",
]
exclude_patterns = ["_build", "snippets", "_ext", "_templates"]
# Inline code in docstrings becomes a link where its name is known.
default_role = "py:obj"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "treadle"
html_static_path = ["_static"]
html_css_files = ["treadle.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options: dict[str, Any] = {
    "light_css_variables": {"color-brand-primary": "#0b6b57", "color-brand-content": "#0b6b57"},
    "dark_css_variables": {"color-brand-primary": "#5fd0b3", "color-brand-content": "#5fd0b3"},
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"

autoapi_dirs = [str(SOURCE / "treadle")]
autoapi_add_toctree_entry = False
autoapi_options = ["members", "undoc-members", "inherited-members", "imported-members"]
autoapi_member_order = "bysource"
autoapi_template_dir = "_templates"
autoapi_python_class_content = "class"
autoapi_keep_files = False
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
