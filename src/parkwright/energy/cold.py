"""Cold: chillers that share the cooling load, and the heat that they reject."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from parkwright.model.plant import Chiller

Reals = NDArray[np.float64]


def chillers_kw(chillers: Sequence[Chiller], cooling_kw: Reals | float) -> Reals:
    """Return the electric power of C chillers (C, T) [kW] that give the cold `cooling_kw` (T,) [kW].

    The best is loaded first; what is beyond the power of all of them is not served.
    """
    left = np.maximum(np.atleast_1d(np.asarray(cooling_kw, dtype=np.float64)), 0.0)
    power = np.zeros((len(chillers), left.size))
    for row in sorted(range(len(chillers)), key=lambda row: (-chillers[row].cop, row)):
        power[row] = np.minimum(left / chillers[row].cop, chillers[row].power_kw)
        left = left - power[row] * chillers[row].cop
    return power


def rejected_heat_kw(chillers: Sequence[Chiller], power_kw: Reals) -> Reals:
    """Return the heat at the condensers (T,) [kW]: cold and electric power; power_kw: (C, T) [kW]."""
    factors = np.array([one.cop + 1.0 for one in chillers])
    found: Reals = factors @ power_kw
    return found
