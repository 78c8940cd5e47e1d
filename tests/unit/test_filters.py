"""Conditions: what `fields` gives, what is refused, and what goes out. No socket."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
import numpy
import pytest
from netra_api.filter_fields import FIELD_TYPES, OPERATORS

from netra import InvalidRequestError
from netra.filters import Filter, as_filter, fields

WRITTEN: dict[str, Callable[[Any, Any], Any]] = {
    "equals": lambda field, value: field == value,
    "not_equals": lambda field, value: field != value,
    "less_than": lambda field, value: field < value,
    "less_equal_to": lambda field, value: field <= value,
    "greater_than": lambda field, value: field > value,
    "greater_equal_to": lambda field, value: field >= value,
    "contains": lambda field, value: field.contains(value),
    "not_contains": lambda field, value: field.not_contains(value),
    "starts_with": lambda field, value: field.startswith(value),
    "ends_with": lambda field, value: field.endswith(value),
    "any_of": lambda field, value: field.any_of(value),
    "none_of": lambda field, value: field.none_of(value),
    "is_null": lambda field, _: field.is_null(),
    "is_not_null": lambda field, _: field.is_not_null(),
}
untyped: Any = fields
"""For what a type checker would refuse."""
VALUES: dict[str, Any] = {"string": "a", "number": 2.5, "boolean": True, "arrayOptions": "a", "object": "a"}
ORDER = ("less_than", "less_equal_to", "greater_than", "greater_equal_to")


def field_of(name: str) -> Any:
    return fields.metadata["plan"] if FIELD_TYPES[name] == "object" else getattr(fields, name)


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_each_field_takes_the_operators_of_the_contract(name: str) -> None:
    kind = FIELD_TYPES[name]
    for wire, write in WRITTEN.items():
        value = 2.5 if kind == "object" and wire in ORDER else VALUES[kind]
        if wire not in OPERATORS[kind]:
            with pytest.raises(InvalidRequestError, match=rf"fields.{name}: .* does not fit; these do: "):
                write(field_of(name), value)
            continue
        found = write(field_of(name), value)
        sent: dict[str, Any] = {"field": name, "operator": wire, "type": kind}
        if kind == "object":
            sent["key"] = "plan"
        if "null" not in wire:
            sent["value"] = [value] if wire in ("any_of", "none_of") else value
        assert found.to_dict() == sent
        assert found == Filter(name, wire, sent.get("value"), key=sent.get("key"))
        assert eval(repr(found), {"fields": fields}) == found


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (fields.total_cost > 0.5, "fields.total_cost > 0.5"),
        (fields.models.any_of("gpt-4o", "gpt-4o-mini"), "fields.models.any_of('gpt-4o', 'gpt-4o-mini')"),
        (fields.metadata["plan"] == "pro", "fields.metadata['plan'] == 'pro'"),
        (~fields.has_error, "fields.has_error == False"),
        (fields["new_field"] == "text", "fields['new_field'] == 'text'"),
        (fields.attribute("llm.model").contains("gpt"), "fields.attribute('llm.model').contains('gpt')"),
        (fields.models == ["a", "b"], "fields.models == ['a', 'b']"),
        (fields.name.startswith("a"), "fields.name.startswith('a')"),
        (fields.user_id.is_null(), "fields.user_id.is_null()"),
    ],
)
def test_a_condition_is_a_hashable_value_that_reads_as_written(condition: Any, shown: str) -> None:
    assert repr(condition) == shown
    assert len({condition, copy.deepcopy(condition), pickle.loads(pickle.dumps(condition))}) == 1
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        condition.value = 5


def test_the_wire_form_can_be_written_plainly() -> None:
    assert Filter("total_cost", "greater_than", 0.5) == (fields.total_cost > 0.5)
    assert Filter("metadata.plan", "equals", "pro") == (fields.metadata["plan"] == "pro")
    assert Filter("metadata['a.b']", "equals", "pro") == (fields.metadata["a.b"] == "pro")
    assert Filter(field="models", operator="any_of", value=["a"]) == fields.models.any_of("a")
    assert Filter("new", "any_of", [1, 2]).to_dict()["type"] == "number"
    assert (fields["new"] == True).to_dict()["type"] == "boolean"  # noqa: E712
    assert (fields["new"] == "x").to_dict()["type"] == "string"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (Decimal("0.1"), 0.1),
        (Decimal("12"), 12),
        (Decimal("1e3"), 1000),
        (numpy.int64(7), 7),
        (numpy.float32(0.5), 0.5),
        (numpy.float32(0.1), 0.10000000149011612),  # what it holds, to the last digit
        (numpy.float16(2), 2),
        (numpy.longdouble(2) ** 60 + 1, 2**60 + 1),
        (Fraction(1, 4), 0.25),
        (Fraction(2**70 + 1), 2**70 + 1),
        (3, 3),
        (0.25, 0.25),
    ],
)
@pytest.mark.parametrize("field", [fields.total_cost, fields["new"], fields.metadata["n"]], ids=repr)
def test_numbers_of_any_kind_go_out_as_numbers(field: Any, value: Any, sent: Any) -> None:
    for condition in (field == value, field.any_of(value)):
        found = condition.to_dict()["value"]
        found = found[0] if isinstance(found, list) else found
        assert found == sent
        assert type(found) in (int, float)
    assert (field > value).to_dict()["type"] in ("number", "object")


@pytest.mark.parametrize(
    ("condition", "negation"),
    [
        (fields.tenant_id == "a", fields.tenant_id != "a"),
        (fields.name.contains("a"), fields.name.not_contains("a")),
        (fields.models.any_of("a"), fields.models.none_of("a")),
        (fields.user_id.is_null(), fields.user_id.is_not_null()),
        (fields.has_error == True, ~fields.has_error),  # noqa: E712
        (fields.metadata["a"] == True, fields.metadata["a"] != True),  # noqa: E712
    ],
)
def test_what_has_a_negation_on_the_wire_is_negated(condition: Any, negation: Any) -> None:
    assert ~condition == negation
    assert ~negation == condition


@pytest.mark.parametrize(
    "condition", [fields.total_cost > 1, fields.name.startswith("a"), fields.metadata["n"] <= 5], ids=repr
)
def test_what_has_no_negation_on_the_wire_is_refused(condition: Any) -> None:
    with pytest.raises(InvalidRequestError, match="no operator that negates"):
        operator.invert(condition)


@pytest.mark.parametrize(
    "lose",
    [
        lambda: bool(fields.total_cost > 1),
        lambda: 1 < fields.total_cost < 5,
        lambda: fields.total_cost > 1 and fields.has_error,
        lambda: not fields.tenant_id.is_null(),
        lambda: not fields.has_error,
        lambda: bool(fields.metadata),
        lambda: untyped.metadata == "pro",
    ],
)
def test_no_condition_is_lost_in_a_truth_value(lose: Callable[[], Any]) -> None:
    with pytest.raises(InvalidRequestError):
        lose()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: untyped.total_cost > "5", "a finite number is needed, not str"),
        (lambda: untyped.total_cost == float("nan"), "a finite number is needed"),
        (lambda: untyped.total_cost == Decimal("1e400"), "a finite number is needed"),
        (lambda: untyped.total_cost > Decimal("sNaN"), "a finite number is needed"),
        (lambda: untyped.total_cost > 10**5000, "a finite number is needed"),
        (lambda: untyped.metadata["\ud800"] == "x", "lone surrogate"),
        (lambda: untyped["\ud800"] == "x", "lone surrogate"),
        (lambda: untyped.attribute("\ud800"), "lone surrogate"),
        (lambda: Filter("metadata", "equals", "x", key=untyped), "must be text"),
        (lambda: Filter("metadata", "equals", "x", key=""), "must be text"),
        (lambda: Filter("total_cost", ["equals"], 1), "does not fit"),  # type: ignore[arg-type]
        (lambda: Filter("total_cost", "equals", 1, type=["x"]), "must be one of"),  # type: ignore[arg-type]
        (lambda: untyped.total_cost == True, "a finite number is needed, not bool"),  # noqa: E712
        (lambda: untyped.has_error == 1, "True or False is needed"),
        (
            lambda: untyped.has_error == numpy.True_,
            r"a bool of numpy, not of Python: convert it with bool\(\.\.\.\)",
        ),
        (lambda: untyped["x"] == numpy.False_, "a bool of numpy, not of Python"),
        (lambda: untyped.metadata["a"] == numpy.True_, "a bool of numpy, not of Python"),
        (lambda: untyped.metadata["a"].any_of(True), "text or a finite number is needed, not bool"),
        (lambda: untyped.metadata["a"].contains(True), "text is needed, not bool"),
        (lambda: untyped.metadata["a"] > True, "a finite number is needed, not bool"),
        (lambda: untyped.metadata["a"] == 1j, "text, a finite number or a bool is needed, not complex"),
        (lambda: untyped.total_cost > numpy.True_, "a finite number is needed, not"),
        (lambda: untyped["x"] > numpy.float32("nan"), "a finite number is needed"),
        (lambda: untyped["x"] > numpy.longdouble("inf"), "a finite number is needed"),
        (lambda: untyped.total_cost > Fraction(10**400), "a finite number is needed, not Fraction"),
        (lambda: untyped["x"] > numpy.complex64(1), "cannot be compared"),
        (lambda: untyped.tenant_id == 5, "text is needed, not int"),
        (lambda: untyped.tenant_id == None, r"use is_null\(\)"),  # noqa: E711
        (lambda: untyped.tenant_id == "\ud800", "lone surrogate"),
        (lambda: untyped.tenant_id == ["a"], r"compares with one value; use any_of\(\)"),
        (lambda: untyped.models.any_of(["a"]), "with a star"),
        (lambda: untyped.models.any_of(), "at least one value"),
        (lambda: untyped.metadata["a"].any_of(1, "b"), "values of one type"),
        (lambda: untyped.metadata["a"] > "b", "compares numbers, not text"),
        (lambda: untyped.metadata[""], "a key must be text"),
        (lambda: untyped["metadata"], "compare one of its keys"),
        (lambda: untyped[""], "must be text"),
        (lambda: untyped["x"] == object(), "cannot be compared"),
        (lambda: untyped.attribute(7), "must be text"),
        (lambda: Filter("", "equals", 1), "must be text"),
        (lambda: Filter("tenant_id", "like", "a"), "like does not fit; these do: ==, !=, contains"),
        (lambda: Filter("tenant_id", "is_null", "a"), "takes no value"),
        (lambda: Filter("tenant_id", "any_of", "ab"), "needs several values"),
        (lambda: Filter("tenant_id", "equals", "a", type="number"), "is of the type 'string'"),
        (lambda: Filter("x", "equals", "a", type="text"), "type='text' must be one of"),
        (lambda: Filter("tenant_id", "equals", "a", key="k"), "a key is needed with the type 'object'"),
        (lambda: Filter("metadata", "equals", "a"), "a key is needed"),
        (lambda: as_filter(untyped.total_cost), "is a field: compare it with something"),
        (lambda: as_filter("total_cost > 5"), "filters must hold conditions"),
        (lambda: as_filter(True), "filters must hold conditions"),
    ],
)
def test_nonsense_is_refused_with_what_to_do(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        wrong()


def test_what_no_published_client_sends_is_marked() -> None:
    confirmed = [
        fields.tenant_id == "a",
        fields.models.any_of("a"),
        fields.total_cost > 1,
        fields["new"] == 1,
    ]
    unconfirmed = [
        ~fields.has_pii,
        fields.name == "a",
        fields.tenant_id.is_null(),
        fields.attribute("a") == 1,
    ]
    assert [one.is_confirmed for one in confirmed + unconfirmed] == [True] * 4 + [False] * 4
    for name in ("name", "has_error", "parent_span_id"):
        assert "the service may answer 400" in " ".join(getattr(type(fields), name).__doc__.split())


@pytest.mark.parametrize(
    "field", [fields.has_error, fields.total_cost, fields.metadata["a"], fields["x"]], ids=repr
)
def test_fields_can_be_copied_and_pickled(field: Any) -> None:
    for again in (copy.copy(field), copy.deepcopy(field), pickle.loads(pickle.dumps(field))):
        assert repr(again) == repr(field)
        assert again.is_null() == field.is_null()


def test_completion_shows_the_fields() -> None:
    assert {*FIELD_TYPES, "attribute"} <= set(dir(fields))
    assert "total_cost" in repr(fields)
    assert hasattr(fields.total_cost, "any_of")
    assert not hasattr(fields.total_cost, "sum")
