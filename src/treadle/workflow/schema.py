"""The JSON Schema of a workflow file, made of the model."""

from __future__ import annotations

from typing import Any

import msgspec

from treadle.workflow.model import Document

ADDRESS = "https://treadle.readthedocs.io/en/latest/treadle.schema.json"
"""Where the schema of the newest version is published."""

_OWN = "expects"


def workflow_schema() -> dict[str, Any]:
    """Return the schema: draft 2020-12, for TOML and JSON alike."""
    schema = msgspec.json.schema(Document)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ADDRESS,
        "title": "treadle workflow",
        **schema,
    }
