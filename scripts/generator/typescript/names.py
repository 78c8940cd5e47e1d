"""How TypeScript names what the contract names."""

from __future__ import annotations

import re

__all__ = ["PRESENCE", "camel", "constant", "field_name", "lower_first", "upper_first"]

DOCUMENTED = {
    "requestsCount": "requestCount",
    "sessionsCount": "sessionCount",
}
"""Where the TypeScript documentation names a field of a response otherwise than the rule does. (Those of the Python
documentation: `templates/documented_names.jinja`.)"""

PRESENCE = {"total_cost": ("hasCost", "a cost")}
"""For a nullable field of a response: the field that says whether the service sent a value, and what that value is."""


def field_name(wire: str) -> str:
    """Return the name of a field of a response."""
    return DOCUMENTED.get(wire, camel(wire))


def camel(wire: str) -> str:
    return re.sub(r"_(.)", lambda found: found[1].upper(), wire)


def constant(name: str) -> str:
    """`TraceSummary` → `TRACE_SUMMARY`"""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).upper()


def lower_first(name: str) -> str:
    return name[0].lower() + name[1:]


def upper_first(name: str) -> str:
    return name[0].upper() + name[1:]
