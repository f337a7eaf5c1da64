"""Parkwright runs a green smart-manufacturing park: one plan, one ledger, one passport a unit."""

import os

__version__ = "0.1.0"

os.environ.setdefault(
    "NUMBA_CACHE_LOCATOR_CLASSES",
    ",".join(f"parkwright.kernel_cache.{place}" for place in ("InChosenFolder", "InTree", "InHome")),
)
