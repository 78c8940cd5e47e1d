"""The operations: method, path, parameters, body, and the model of the success."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .document import Document, Node, only, stop, text_of
from .schemas import Shape, model, models_below, shape_of

__all__ = ["Operation", "Parameter", "operations", "request_models", "response_models"]

METHODS = ("get", "put", "post", "delete", "patch")
JSON = "application/json"


@dataclass(frozen=True)
class Parameter:
    name: str
    place: Literal["path", "query"]
    shape: Shape
    required: bool
    description: str


@dataclass(frozen=True)
class Operation:
    name: str
    """Its `operationId`."""
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    """In the contract's order."""
    body: str
    """The model of the JSON body, or an empty text."""
    success: str
    """The model of the 200 answer's JSON."""


def operations(document: Document) -> list[Operation]:
    """Return the operations in the contract's order."""
    found = []
    for path, item in document.content["paths"].items():
        only({"parameters", *METHODS}, item, f"paths.{path}")
        for method in METHODS:
            if method in item:
                found.append(_operation(document, path, method, item))
    return found


def _operation(document: Document, path: str, method: str, item: Node) -> Operation:
    node, place = item[method], f"paths.{path}.{method}"
    only(
        {"operationId", "tags", "summary", "description", "parameters", "requestBody", "responses"},
        node,
        place,
    )
    parameters = tuple(
        _parameter(document, parameter, f"{place}.parameters")
        for parameter in (*item.get("parameters", ()), *node.get("parameters", ()))
    )
    named = [parameter.name for parameter in parameters if parameter.place == "path"]
    if sorted(named) != sorted(re.findall(r"{(\w+)}", path)):
        stop(place, f"its path parameters are {named}, those of its path are not")
    body = ""
    if "requestBody" in node:
        only({"required", "content", "description"}, node["requestBody"], f"{place}.requestBody")
        if node["requestBody"].get("required") is not True:
            stop(f"{place}.requestBody", "the generator knows required bodies")
        body = _json_model(document, node["requestBody"], f"{place}.requestBody")
    if "200" not in node["responses"]:
        stop(f"{place}.responses", "the generator knows the success 200")
    success, success_place = document.resolved(node["responses"]["200"], f"{place}.responses.200")
    return Operation(
        node["operationId"],
        method.upper(),
        path,
        node.get("summary", ""),
        text_of(node),
        parameters,
        body,
        _json_model(document, success, success_place),
    )


def _parameter(document: Document, node: Node, place: str) -> Parameter:
    found, place = document.resolved(node, place)
    place = f"{place}.{found.get('name')}" if found is node else place
    only({"name", "in", "required", "description", "schema"}, found, place)
    if found["in"] not in ("path", "query"):
        stop(place, f"the generator knows parameters in path and query, not in {found['in']!r}")
    shape = shape_of(document, found["schema"], f"{place}.schema")
    if shape.nullable or shape.kind not in ("string", "integer", "number", "enum"):
        stop(place, f"the generator knows parameters that are text or a number, not {shape.kind!r}")
    return Parameter(found["name"], found["in"], shape, bool(found.get("required")), text_of(found))


def _json_model(document: Document, node: Node, place: str) -> str:
    content = node.get("content", {})
    if list(content) != [JSON]:
        stop(place, f"the generator knows content of {JSON} only")
    only({"schema"}, content[JSON], f"{place}.content")
    shape = shape_of(document, content[JSON]["schema"], f"{place}.content.schema")
    if shape.kind != "model" or shape.nullable:
        stop(place, "the generator knows content that is a model")
    return shape.name


def request_models(document: Document) -> list[str]:
    return models_below(document, (operation.body for operation in operations(document) if operation.body))


def response_models(document: Document) -> list[str]:
    """Return the models of successes. An envelope, of which `data` is the only field, is none: what it holds is."""
    found = models_below(document, (operation.success for operation in operations(document)))
    return [name for name in found if [field.name for field in model(document, name).fields] != ["data"]]
