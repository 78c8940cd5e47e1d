"""`operations.ts`: for each operation, a function from its parameters to a request as plain data."""

from __future__ import annotations

import re

from contract.document import Document, stop
from contract.operations import Operation, Parameter, operations

from .layout import doc, imports, quoted, wrapped
from .models import or_undefined, type_of
from .names import upper_first

__all__ = ["operations_file"]


def operations_file(document: Document) -> str:
    found = operations(document)
    used = {operation.body for operation in found if operation.body}
    used |= {
        parameter.shape.name
        for operation in found
        for parameter in operation.parameters
        if parameter.shape.kind == "enum"
    }
    has_query = any(parameter.place == "query" for operation in found for parameter in operation.parameters)
    head = (
        imports(used, "models", types=True)
        + imports(["type ApiRequest", *(["queryOf"] if has_query else [])], "request")
        + '\nexport type { ApiRequest } from "./request.js";\n'
    )
    return "\n".join([head, *map(operation_code, found)])


def operation_code(operation: Operation) -> str:
    arguments = []
    if operation.parameters:
        arguments.append(f"parameters: {parameters_name(operation)}")
    if operation.body:
        arguments.append(f"body: {operation.body}")
    text = "\n\n".join(filter(None, (f"{operation.summary}.", operation.description)))
    query = [parameter for parameter in operation.parameters if parameter.place == "query"]
    return (
        parameters_interface(operation)
        + doc(text)
        + wrapped(f"export function {operation.name}(", arguments, "): ApiRequest {")
        + "  return {\n"
        + f"    name: {quoted(operation.name)},\n"
        + f"    method: {quoted(operation.method)},\n"
        + f"    path: {path_of(operation)},\n"
        + query_code(query)
        + ("    body,\n" if operation.body else "")
        + "  };\n}\n"
    )


def parameters_name(operation: Operation) -> str:
    return f"{upper_first(operation.name)}Parameters"


def parameters_interface(operation: Operation) -> str:
    if not operation.parameters:
        return ""
    lines = []
    for parameter in operation.parameters:
        type_name = type_of(parameter.shape, f"{operation.name}.{parameter.name}")
        ending = f": {type_name}" if parameter.required else f"?: {or_undefined(type_name)}"
        lines.append(f"{doc(parameter.description, '  ')}  readonly {parameter.name}{ending};\n")
    name = parameters_name(operation)
    return (
        f"{doc(f'The parameters of `{operation.name}`.')}export interface {name} {{\n{''.join(lines)}}}\n\n"
    )


def path_of(operation: Operation) -> str:
    if "{" not in operation.path:
        return quoted(operation.path)
    kinds = {parameter.name: parameter.shape.kind for parameter in operation.parameters}
    if others := [name for name in re.findall(r"{(\w+)}", operation.path) if kinds[name] != "string"]:
        stop(f"paths.{operation.path}", f"the generator knows path parameters that are text, not {others[0]}")
    return "`" + re.sub(r"{(\w+)}", r"${encodeURIComponent(parameters.\1)}", operation.path) + "`"


def query_code(query: list[Parameter]) -> str:
    if not query:
        return ""
    pairs = "".join(
        wrapped("[", [quoted(parameter.name), f"parameters.{parameter.name}"], "],", "      ")
        for parameter in query
    )
    return f"    query: queryOf([\n{pairs}    ]),\n"
