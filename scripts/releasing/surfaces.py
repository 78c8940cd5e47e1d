"""What changed between two public APIs, each a mapping from names to what stands behind them.

An entry has `kind`; a function `parameters` and `returns`, or `overloads`; a class `bases`; an attribute `annotation`,
and where callers make such objects themselves `given`. What only people read is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .changes import Change

__all__ = ["Surface", "surface_changes"]

Surface = Mapping[str, Mapping[str, Any]]

POSITIONAL = ("positional only", "positional or keyword")
NAMED = ("keyword only", "positional or keyword")


def surface_changes(released: Surface, current: Surface) -> list[Change]:
    found: list[Change] = []
    for name, old in released.items():
        if name not in current:
            # What was in it is gone with it.
            if name.rpartition(".")[0] not in released or name.rpartition(".")[0] in current:
                found.append(Change("breaking", f"removed {name}"))
        else:
            found += _entry(name, old, current[name])
    for name, new in current.items():
        if name not in released:
            parent = name.rpartition(".")[0]
            if parent not in current or parent in released:
                is_demand = parent in released and new.get("given") and not new.get("optional")
                found.append(Change("breaking" if is_demand else "additive", f"added {name}"))
    return found


def _entry(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    if old["kind"] != new["kind"]:
        yield Change("breaking", f"{name} was {_a(old['kind'])} and is {_a(new['kind'])}")
        return
    if old.get("parametersOfType") != new.get("parametersOfType"):
        yield Change("breaking", f"{name} has other type parameters")
    for base in sorted({*old.get("bases", ())} - {*new.get("bases", ())}):
        yield Change("breaking", f"{name} is no longer {_a(base)}")
    for base in sorted({*new.get("bases", ())} - {*old.get("bases", ())}):
        yield Change("additive", f"{name} is {_a(base)}")
    if old.get("overloads") or new.get("overloads"):
        yield from _overloads(name, old, new)
    elif "parameters" in old:
        yield from _parameters(name, old["parameters"], new["parameters"])
        yield from _type(f"what {name} returns", old["returns"], new["returns"], given=False)
    elif "annotation" in old:
        given = bool(new.get("given"))
        yield from _type(name, old["annotation"], new["annotation"], given=given)
        if old.get("optional") != new.get("optional"):
            is_harmless = given == bool(new.get("optional"))
            became = "optional" if new.get("optional") else "required"
            yield Change("additive" if is_harmless else "breaking", f"{name} became {became}")


def _overloads(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = (entry.get("overloads") or [_signature(entry)] for entry in (old, new))
    for signature in before:
        if signature not in after:
            yield Change("breaking", f"{name} can no longer be called as {signature}")
    for signature in after:
        if signature not in before:
            yield Change("additive", f"{name} can be called as {signature}")


def _signature(entry: Mapping[str, Any]) -> str:
    parameters = (f"{one['name']}: {one['annotation']}" for one in entry["parameters"])
    return f"({', '.join(parameters)}) -> {entry['returns']}"


def _parameters(name: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    before, after = _by_key(old), _by_key(new)
    for key, was in before.items():
        where = f"the parameter {was['name']} of {name}"
        if key not in after:
            yield Change("breaking", f"removed {where}")
            continue
        now = after[key]
        if lost := {*_ways(was)} - {*_ways(now)}:
            yield Change("breaking", f"{where} can no longer be passed {' or '.join(sorted(lost))}")
        elif set(_ways(now)) - set(_ways(was)):
            yield Change("additive", f"{where} can be passed {' or '.join(_ways(now))}")
        if was["default"] is not None and now["default"] is None:
            yield Change("breaking", f"{where} became required")
        elif was["default"] is None and now["default"] is not None:
            yield Change("additive", f"{where} became optional")
        elif was["default"] != now["default"]:
            yield Change("breaking", f"{where} is {now['default']} when left out; it was {was['default']}")
        yield from _type(where, was["annotation"], now["annotation"], given=True)
    for key, now in after.items():
        if key not in before:
            is_demand = now["default"] is None and not now["kind"].startswith("variadic")
            what = f"added the {'required' if is_demand else 'optional'} parameter {now['name']} to {name}"
            yield Change("breaking" if is_demand else "additive", what)
    order = [one["name"] for one in old if one["kind"] == "positional or keyword"]
    new_order = [one["name"] for one in new if one["kind"] in POSITIONAL][: len(order)]
    if new_order != order and set(order) <= {one["name"] for one in new}:
        yield Change("breaking", f"the parameters of {name} are in another order: {', '.join(new_order)}")


def _by_key(parameters: Sequence[Any]) -> dict[Any, Any]:
    """Parameters by their name, or by their place where a name cannot be used."""
    return {
        (place if one["kind"] == "positional only" else one["name"]): one
        for place, one in enumerate(parameters)
    }


def _ways(parameter: Mapping[str, Any]) -> tuple[str, ...]:
    ways = (("by position", POSITIONAL), ("by name", NAMED))
    return tuple(way for way, kinds in ways if parameter["kind"] in kinds) or (parameter["kind"],)


def _type(where: str, old: str, new: str, *, given: bool) -> Iterator[Change]:
    """What is given may become wider, and what is returned narrower."""
    if old == new:
        return
    before, after = _options(old), _options(new)
    is_harmless = before <= after if given else after <= before
    yield Change("additive" if is_harmless else "breaking", f"{where}: {old} became {new}")


def _options(annotation: str) -> set[str]:
    """The options of a union, as far as they stand at its top."""
    options, depth = [""], 0
    for character in annotation:
        depth += (character in "([{<") - (character in ")]}>")
        if character == "|" and not depth:
            options.append("")
        else:
            options[-1] += character
    return {option.strip() for option in options}


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiouAEIOU' else 'a'} {noun}"
