from typing import Literal

FilterType = Literal[
    "arrayOptions", "attributeKey", "boolean", "number", "object", "string"
]

FILTER_TYPE_VALUES: set[FilterType] = {
    "arrayOptions",
    "attributeKey",
    "boolean",
    "number",
    "object",
    "string",
}


def check_filter_type(value: str) -> FilterType:
    if value in FILTER_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {FILTER_TYPE_VALUES!r}"
    )
