"""A contract of one operation, to be changed by tests, and the generators that read it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts/generator"))

from contract.document import Document

PATH = "/rows/{rowId}"


def contract(
    *,
    row: dict[str, Any] | None = None,
    required: tuple[str, ...] = (),
    body: dict[str, Any] | None = None,
    body_required: tuple[str, ...] = (),
    parameters: list[dict[str, Any]] | None = None,
    schemas: dict[str, Any] | None = None,
    operation: dict[str, Any] | None = None,
) -> Document:
    """Return a contract whose answer is a `Row` of these fields, and whose body a `Body` of these."""
    row_id = {"name": "rowId", "in": "path", "required": True, "schema": {"type": "string"}}
    reference: dict[str, Any] = {"$ref": "#/components/schemas/Row"}
    post = {
        "operationId": "makeRow",
        "summary": "Make a row",
        "parameters": [row_id, *(parameters or [])],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}},
        },
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": reference}}}},
        **(operation or {}),
    }
    return Document(
        {
            "paths": {PATH: {"post": post}},
            "components": {
                "schemas": {
                    "Color": {"type": "string", "enum": ["red", "green"]},
                    "Free": {"type": "object", "additionalProperties": True},
                    "Inner": {"type": "object", "properties": {"a_b": {"type": ["string", "null"]}}},
                    "Body": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": list(body_required),
                        "properties": {"name": {"type": "string"}, **(body or {})},
                    },
                    "Row": {
                        "type": "object",
                        "required": ["id", *required],
                        "properties": {"id": {"type": "string"}, **(row or {})},
                    },
                    **(schemas or {}),
                }
            },
        }
    )
