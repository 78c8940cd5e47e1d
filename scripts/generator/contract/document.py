"""The document itself: loading it, following references, and stopping at what no generator knows."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn

import yaml

__all__ = ["Document", "Node", "load", "only", "stop", "text_of"]

Node = Mapping[str, Any]


class Document:
    """The contract as YAML gives it."""

    def __init__(self, content: Node) -> None:
        self.content = content

    @property
    def schemas(self) -> Node:
        schemas: Node = self.content["components"]["schemas"]
        return schemas

    def target(self, reference: str, place: str) -> tuple[str, Node]:
        """Return the last name of a reference, and what it leads to."""
        kind, _, name = reference.removeprefix("#/components/").partition("/")
        found = self.content["components"].get(kind, {}).get(name)
        if not reference.startswith("#/components/") or found is None:
            stop(place, f"the reference {reference!r} leads to nothing in #/components")
        return name, found

    def resolved(self, node: Node, place: str) -> tuple[Node, str]:
        """Return what a reference leads to and its place, or the node itself. Not for schemas: they keep names."""
        if "$ref" not in node:
            return node, place
        only({"$ref"}, node, place)
        _, found = self.target(node["$ref"], place)
        return found, node["$ref"].removeprefix("#/").replace("/", ".")


def load(path: str | Path) -> Document:
    return Document(yaml.safe_load(Path(path).read_text(encoding="utf-8")))


def stop(place: str, problem: str) -> NoReturn:
    sys.exit(f"openapi.yaml: {place}: {problem}")


def only(known: Collection[str], node: Node, place: str) -> None:
    """Stop at keywords that the generators do not know."""
    if unknown := sorted(set(map(str, node)) - set(known)):
        stop(place, f"the generator does not know {', '.join(unknown)}")


def text_of(node: Node) -> str:
    """Return the description in one paragraph for each that it has, without line breaks inside."""
    paragraphs = str(node.get("description", "")).split("\n\n")
    return "\n\n".join(filter(None, (" ".join(paragraph.split()) for paragraph in paragraphs)))
