"""Random numbers by name: a stream for each (seed, replication, purpose, thing), and in it the n-th draw.

A draw is a function of its name alone. Adding a robot therefore moves no oven's failures, two runs that differ in
one thing share all other draws (common random numbers), and there is no generator to save or restore.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
import numpy.typing as npt

from parkwright.twin.compiled import compiled

Stream = npt.NDArray[np.uint64]
"""A stream: two words of 64 bits, (key, thing) (2,)."""

_ROUNDS = 10
_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)


def _word(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def stream(seed: int, replication: int, purpose: str, thing: str) -> Stream:
    """Return the stream named by seed, replication, purpose and thing (2,).

    The names are hashed by BLAKE2b (RFC 7693) to the key and to half of the counter of Philox.
    """
    return np.array([_word(f"{seed}/{replication}/{purpose}"), _word(thing)], dtype=np.uint64)


@compiled
def philox(counter_low: np.uint64, counter_high: np.uint64, key: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return 128 random bits as two words of 64 bits, a pure function of counter (128 bits) and key (64 bits).

    Reference: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3; Philox4x32 with 10 rounds.
    """
    c0, c1 = counter_low & _MASK, counter_low >> _HALF
    c2, c3 = counter_high & _MASK, counter_high >> _HALF
    k0, k1 = key & _MASK, key >> _HALF
    for _ in range(_ROUNDS):
        product0, product1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (
            (product1 >> _HALF) ^ c1 ^ k0,
            product1 & _MASK,
            (product0 >> _HALF) ^ c3 ^ k1,
            product0 & _MASK,
        )
        k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    return c0 | (c1 << _HALF), c2 | (c3 << _HALF)


@compiled
def _unit_interval(word: np.uint64) -> float:
    # The upper 53 bits, moved by half a step: never 0, never 1.
    return (float(word >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)


@compiled
def uniform(key: np.uint64, thing: np.uint64, n: int) -> float:
    """Return the n-th draw of a stream, uniform on (0, 1)."""
    return _unit_interval(philox(np.uint64(n), thing, key)[0])


@compiled
def exponential(key: np.uint64, thing: np.uint64, n: int, mean: float) -> float:
    """Return the n-th draw of a stream, exponential with `mean`, by inversion."""
    return -mean * math.log(uniform(key, thing, n))


@compiled
def normal(key: np.uint64, thing: np.uint64, n: int) -> float:
    """Return the n-th draw of a stream, standard normal.

    Reference: Box and Muller 1958, A note on the generation of random normal deviates (the cosine branch).
    """
    first, second = philox(np.uint64(n), thing, key)
    return math.sqrt(-2.0 * math.log(_unit_interval(first))) * math.cos(2.0 * math.pi * _unit_interval(second))


@compiled
def lognormal(key: np.uint64, thing: np.uint64, n: int, mean: float, cv: float) -> float:
    """Return the n-th draw of a stream, lognormal by mean and coefficient of variation; the mean where cv is 0."""
    if cv <= 0.0:
        return mean
    variance = math.log1p(cv * cv)
    return mean * math.exp(math.sqrt(variance) * normal(key, thing, n) - 0.5 * variance)
