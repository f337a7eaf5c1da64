"""Random draws for kernels: one state word per search, so that a search repeats by its seed alone.

References
----------
Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators, OOPSLA: SplitMix64, its output function also
for the mixing of seed and lane.
"""

from __future__ import annotations

import math

import numpy as np

from parkwright.make.compiled import compiled

WORD = (1 << 64) - 1
LANES_A_SEED = 1 << 20


def stream(seed: int, lane: int) -> np.ndarray:
    """Return the state (1,) of a generator, another one for each seed (>= 0) and lane."""
    word = (seed * LANES_A_SEED + lane + 1) * 0x9E3779B97F4A7C15 & WORD
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & WORD
    word = (word ^ word >> 27) * 0x94D049BB133111EB & WORD
    return np.array([word ^ word >> 31], dtype=np.uint64)


@compiled
def uniform(state: np.ndarray) -> float:
    """Return a number in [0, 1) and step the state."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    word = state[0]
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return float((word ^ (word >> np.uint64(31))) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def draw(state: np.ndarray, bound: int) -> int:
    """Return an integer of 0 .. bound - 1 and step the state."""
    return int(uniform(state) * bound)


@compiled
def slack(state: np.ndarray, temperature: float) -> float:
    """Return how much worse a neighbour may be: exponential with mean `temperature` (Metropolis' rule)."""
    return -temperature * math.log(1.0 - uniform(state))
