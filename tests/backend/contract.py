"""An HTTP client that validates every response of the server against openapi.yaml."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import yaml

from netra.local import LocalServer

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "openapi.yaml").read_text(encoding="utf-8")
)
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in {"get", "post"}
}


def contract_client(server: LocalServer, **options: Any) -> httpx.Client:
    """Create a client of the server; a response that violates the contract fails the test."""
    return httpx.Client(
        base_url=server.url, timeout=60, event_hooks={"response": [check_response]}, **options
    )


def check_response(response: httpx.Response) -> None:
    """Validate the body of a response by the schema of its operation and status."""
    response.read()
    operation_id = operation_of(response.request)
    if operation_id is None and response.is_success:
        return  # the OTLP endpoint, which is not part of the contract
    validator(operation_id, response.status_code).validate(response.json())
    if not response.is_success:
        body = response.json()
        assert body.keys() == {"statusCode", "message", "error"}
        assert body["statusCode"] == response.status_code


def operation_of(request: httpx.Request) -> str | None:
    """Return the id of the request's operation, or None."""
    path = request.url.raw_path.decode("ascii").partition("?")[0]
    for operation_id, (method, template, _) in OPERATIONS.items():
        pattern = re.sub(r"\{[^}]*\}", "[^/]*", template)
        if request.method == method and re.fullmatch(pattern, path):
            return str(operation_id)
    return None


@cache
def validator(operation_id: str | None, status: int) -> jsonschema_rs.Validator:
    """Return the validator of an operation's 200; of an ErrorResponse for any other status."""
    schema = {"$ref": "#/components/schemas/ErrorResponse"}
    if operation_id is not None and status == 200:
        response = OPERATIONS[operation_id][2]["responses"]["200"]
        schema = response["content"]["application/json"]["schema"]
    return jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]})
