"""Compressed air: compressors that follow what the machines ask for, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from parkwright.model.plant import Compressor

Reals = NDArray[np.float64]

_NO_AIR = 1e-9
"""Share of all air that counts as none: what rounding leaves over must not start the next compressor."""


def compressors_kw(compressors: Sequence[Compressor], share: Reals | float) -> Reals:
    """Return the electric power of C compressors (C, T) [kW].

    share: air asked for, relative to what all of them give together (T,), 0-1; 0 is off. They are loaded in order:
    the first ones fully, one in part, the others are off. One in part draws its idle share and, in proportion,
    the rest.
    """
    asked = np.clip(np.atleast_1d(np.asarray(share, dtype=np.float64)), 0.0, 1.0)
    total_kw = sum(one.power_kw for one in compressors)
    left = asked * total_kw
    power = np.zeros((len(compressors), asked.size))
    for row, one in enumerate(compressors):
        given = np.where(left > _NO_AIR * total_kw, np.clip(left / one.power_kw, 0.0, 1.0), 0.0)
        power[row] = np.where(given > 0.0, one.power_kw * (one.idle_share + (1.0 - one.idle_share) * given), 0.0)
        left = left - given * one.power_kw
    return power


def waste_heat_kw(compressors: Sequence[Compressor], power_kw: Reals) -> Reals:
    """Return the heat that can be recovered from the compressors (T,) [kW]; power_kw: electric power (C, T) [kW]."""
    shares = np.array([one.heat_share for one in compressors])
    found: Reals = shares @ power_kw
    return found
