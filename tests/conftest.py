"""What holds for every test: a property test may take its time, as no test here asserts a wall time."""

import pytest
from hypothesis import settings

SLOW_TIMEOUT_S = 1800
"""How long a test may take that protects a promise: far more than it needs, so that a busy machine does not end it."""

settings.register_profile("parkwright", deadline=None, print_blob=True)
settings.load_profile("parkwright")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give slow tests that name no limit of their own a wide one."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT_S))
