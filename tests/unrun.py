"""Name the tests that `make test` leaves out because they need a real server or a long time."""

from __future__ import annotations

import pytest


class Collector:
    """Keeps the names of what was collected."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take the names when collection is over."""
        self.names = [item.nodeid for item in session.items]


def main() -> None:
    """Collect the marked tests quietly and print their names."""
    collector = Collector()
    pytest.main(
        ["-m", "server or slow", "--collect-only", "-qq", "--no-header", "--no-summary", "-o", "addopts="],
        plugins=[collector],
    )
    count = len(collector.names)
    print(f"\nNot run here, as they need PostgreSQL, mosquitto, chromium or a long time (.ci/run runs them): {count}")
    for name in collector.names:
        print(f"  not run: {name}")


if __name__ == "__main__":
    main()
