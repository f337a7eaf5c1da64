"""The pages served once for all tests of this process: NiceGUI holds one application, and takes no second one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from page_fixture import DRAWN_BY_TIMER, Pages

from parkwright.model.errors import ParkwrightError
from parkwright.show import pages as page_modules
from parkwright.show.api import progress_of


def drawn_at_once(frame: Any, make: Any, show: Any) -> None:
    """Do once, at once, what the page's timer does every few seconds."""
    try:
        frame.tell(progress_of(frame.visit))
        show(make())
    except ParkwrightError as error:
        frame.fail(error)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Serve the pages on a park full of planted markup, each drawn at once."""
    kept = {name: sys.modules[f"{page_modules.__name__}.{name}"] for name in DRAWN_BY_TIMER}
    timers = {name: module.keep_current for name, module in kept.items()}
    for module in kept.values():
        module.keep_current = drawn_at_once
    served = Pages(tmp_path_factory.mktemp("pages"))
    with served.client:
        yield served
    for name, module in kept.items():
        module.keep_current = timers[name]
    served.operations.close()
