"""Random draws for kernels: one state word per search, so that a search repeats by its seed alone.

References
----------
Marsaglia (2003), Xorshift RNGs, Journal of Statistical Software 8(14): the 64-bit generator with shifts 13, 7, 17.
Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators, OOPSLA: the mixing of seed and lane.
"""

from __future__ import annotations

import math

import numpy as np

from parkwright.make.compiled import compiled

WORD = (1 << 64) - 1
LANES_A_SEED = 1 << 20


def stream(seed: int, lane: int) -> np.ndarray:
    """Return the state (1,) of a generator, another one for each seed (>= 0) and lane; never the stuck state 0."""
    word = (seed * LANES_A_SEED + lane + 1) * 0x9E3779B97F4A7C15 & WORD
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & WORD
    word = (word ^ word >> 27) * 0x94D049BB133111EB & WORD
    return np.array([(word ^ word >> 31) or 1], dtype=np.uint64)


@compiled
def draw(state: np.ndarray, bound: int) -> int:
    """Return an integer of 0 .. bound - 1 and step the state."""
    word = state[0]
    word ^= word << np.uint64(13)
    word ^= word >> np.uint64(7)
    word ^= word << np.uint64(17)
    state[0] = word
    return int((word >> np.uint64(33)) % np.uint64(bound))


@compiled
def slack(state: np.ndarray, temperature: float) -> float:
    """Return how much worse a neighbour may be: exponential with mean `temperature` (Metropolis' rule)."""
    return -temperature * math.log((draw(state, 1 << 30) + 1) / (1 << 30))
