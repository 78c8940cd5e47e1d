from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the documented examples: each of them runs in its own process."""
    for item in items:
        if item.path.name == "test_documented_examples.py":
            item.add_marker(pytest.mark.process)
