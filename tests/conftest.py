"""What holds for every test: a property test may take its time, and a run of the fast tests names what it left out."""

from typing import Any

import pytest
from hypothesis import settings

SLOW_TIMEOUT_S = 1800
"""How long a test may take that protects a promise: far more than it needs, so that a busy machine does not end it."""
FAST = "not server and not slow"
"""What `make test` runs."""
UNRUN = pytest.StashKey[dict[str, None]]()

settings.register_profile("parkwright", deadline=None, print_blob=True)
settings.load_profile("parkwright")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[UNRUN] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give slow tests that name no limit of their own a wide one."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT_S))


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Keep the names of what a run leaves out."""
    for item in items:
        item.config.stash[UNRUN][item.nodeid] = None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that started this one, where one did, what was left out."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["unrun"] = list(session.config.stash[UNRUN])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a process that ran tests has left out; they all leave out the same."""
    node.config.stash[UNRUN] |= dict.fromkeys(getattr(node, "workeroutput", {}).get("unrun", ()))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Name what a run of the fast tests left out because it needs a real server or a long time."""
    names = config.stash[UNRUN] if config.option.markexpr == FAST else {}
    if names:
        why = "as they need PostgreSQL, mosquitto, chromium or a long time (.ci/run runs them)"
        terminalreporter.write_line(f"\nNot run here, {why}: {len(names)}")
    for name in names:
        terminalreporter.write_line(f"  not run: {name}")
