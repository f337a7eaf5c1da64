"""Parks for the tests of the twin: the small one that `parkwright new` writes, and the demonstration park."""

from pathlib import Path

import pytest

from parkwright.store.folder import load
from parkwright.store.new import write_park


@pytest.fixture(scope="session")
def small_park(tmp_path_factory):
    """Return a park with one line, a battery, two robots and no weather."""
    folder = tmp_path_factory.mktemp("parks") / "small"
    write_park(folder, "SM")
    return load(folder)


@pytest.fixture(scope="session")
def tianjin():
    """Return the demonstration park."""
    return load(Path(__file__).parents[2] / "parks" / "tianjin")
