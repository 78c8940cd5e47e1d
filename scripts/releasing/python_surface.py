"""The public API of the Python package, as griffe reads it from the sources."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any

import griffe

from .surfaces import Surface

__all__ = ["as_text", "from_text", "python_surface"]

MODULES = ("netra", "netra.filters", "netra.periods", "netra.local")
FIELDS_CLASS = "netra.filters._fields._Fields"
MADE_FOR_CALLERS = re.compile(
    r"(Async)?(Usage|\w*Iterator|TracesWithSpans|TracesInParallel|TraceWithSpans|\w+Page)"
)
"""What no caller makes: how it is made is not public."""
NOT_FOR_CALLERS = {
    *("__slots__", "__repr__", "__reduce__", "__reduce_ex__", "__copy__", "__deepcopy__"),
    *("__attrs_post_init__", "__init_subclass__", "__del__"),
}


def python_surface(root: Path, modules: Sequence[str] = MODULES) -> Surface:
    """Return the public names of the package below `root`, in their order in the alphabet."""
    loader = griffe.GriffeLoader(search_paths=[root, root / "generated"], allow_inspection=False)
    # Not what lies in the current directory.
    loader.load("netra_api", try_relative_path=False)
    loader.load("netra", try_relative_path=False)
    loader.resolve_aliases(implicit=True, external=False)
    public: dict[str, Any] = {}
    for module_name in modules:
        module: Any = loader.modules_collection[module_name]
        # The exports of the package itself are put together when it is loaded.
        names = module.members if module_name == "netra" else module.exports
        for name in map(str, names):
            member = module.members[name]
            if not name.startswith("_") and not member.is_module:
                public[f"{module_name}.{name}"] = member.final_target if member.is_alias else member
    if "netra.filters" in modules:  # its class has no public name
        public["netra.filters.fields"] = loader.modules_collection[FIELDS_CLASS]
    found: dict[str, Any] = {}
    for path, item in public.items():
        _add(found, path, item, {each.path for each in public.values()})
    return dict(sorted(found.items()))


def _add(found: dict[str, Any], path: str, item: Any, public: Set[str]) -> None:
    target = item.final_target if item.is_alias else item
    if target.is_class:
        found[path] = {"kind": "class", "bases": _bases(target, public)}
        for name, member in target.all_members.items():
            if _is_public(target.name, name):
                _add(found, f"{path}.{name}", member, public)
    elif target.is_function:
        found[path] = _function(target)
    elif target.is_type_alias:
        found[path] = {"kind": "type", "annotation": _text(target.value), "given": True}
    else:
        is_alias = target.parent.is_module and target.value is not None and target.annotation is None
        annotation = target.value if is_alias else target.annotation
        found[path] = {"kind": "attribute", "annotation": _text(annotation)}


def _bases(target: Any, public: Set[str]) -> list[str]:
    """Return the bases that callers know. Those of ours alone stand for their own bases: their members are listed."""
    found: list[str] = []
    for base in target.bases:
        known: Any = None
        if base.canonical_path.startswith(("netra.", "netra_api.")):
            known = target.modules_collection[base.canonical_path]
            known = known.final_target if known.is_alias else known
        if known is None or known.path in public:
            if not base.canonical_path.endswith(".Generic"):
                found.append(_text(base))
        else:
            found += _bases(known, public)
    return list(dict.fromkeys(found))


def _is_public(class_name: str, name: str) -> bool:
    if name == "__init__":
        return MADE_FOR_CALLERS.fullmatch(class_name) is None
    is_dunder = name.startswith("__") and name.endswith("__")
    return (is_dunder or not name.startswith("_")) and name not in NOT_FOR_CALLERS


def _function(target: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": "async function" if "async" in target.labels else "function"}
    parameters = [
        {
            "name": one.name,
            "kind": one.kind.value.replace("-", " "),
            "default": None if one.default is None else _text(one.default),
            "annotation": _text(one.annotation),
        }
        for one in target.parameters
        if one.name not in ("self", "cls")
    ]
    entry |= {"parameters": parameters, "returns": _text(target.returns)}
    if target.overloads:
        entry["overloads"] = [_signature(overload) for overload in target.overloads]
    return entry


def _signature(function: Any) -> str:
    parameters = (f"{one.name}: {_text(one.annotation)}" for one in function.parameters if one.name != "self")
    return f"({', '.join(parameters)}) -> {_text(function.returns)}"


def _text(expression: Any) -> str:
    return "" if expression is None else str(expression)


def as_text(surface: Surface) -> str:
    """One name a line, so that a change of one shows as such."""
    lines = (f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in surface.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def from_text(text: str) -> Surface:
    surface: Surface = json.loads(text)
    return surface
