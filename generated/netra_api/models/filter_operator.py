from typing import Literal

FilterOperator = Literal[
    "any_of",
    "contains",
    "ends_with",
    "equals",
    "greater_equal_to",
    "greater_than",
    "is_not_null",
    "is_null",
    "less_equal_to",
    "less_than",
    "none_of",
    "not_contains",
    "not_equals",
    "starts_with",
]

FILTER_OPERATOR_VALUES: set[FilterOperator] = {
    "any_of",
    "contains",
    "ends_with",
    "equals",
    "greater_equal_to",
    "greater_than",
    "is_not_null",
    "is_null",
    "less_equal_to",
    "less_than",
    "none_of",
    "not_contains",
    "not_equals",
    "starts_with",
}


def check_filter_operator(value: str) -> FilterOperator:
    if value in FILTER_OPERATOR_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {FILTER_OPERATOR_VALUES!r}"
    )
