"""Known answers and laws of the keyed streams."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.twin.random import exponential, lognormal, normal, philox, stream, uniform

RANDOM123 = [
    ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]
"""Counter, key and answer of philox4x32-10 in the file kat_vectors of Random123 (Salmon et al. 2011)."""


def _draws(function, n, *figures, thing="oven"):
    key = stream(7, 0, "cycle", thing)
    return np.array([function(key[0], key[1], i, *figures) for i in range(n)])


@pytest.mark.parametrize(("counter", "key", "answer"), RANDOM123)
def test_philox_gives_the_published_vectors(counter, key, answer):
    words = [np.uint64(low | (high << 32)) for low, high in (counter[:2], counter[2:], key)]
    low, high = (int(word) for word in philox(*words))
    found = " ".join(f"{word:08x}" for word in (low & 0xFFFFFFFF, low >> 32, high & 0xFFFFFFFF, high >> 32))
    assert found == answer


def test_a_stream_is_another_when_any_part_of_its_name_is():
    names = [(s, r, p, t) for s in (1, 2, 12) for r in (0, 1, 21) for p in ("cycle", "life") for t in ("a", "b", "ab")]
    assert len({tuple(stream(*name).tolist()) for name in names}) == len(names)


@given(st.integers(0, 2**31 - 1), st.text(max_size=12), st.integers(0, 2**40))
def test_a_draw_depends_on_its_name_alone_and_lies_inside_0_and_1(seed, thing, n):
    key = stream(seed, 0, "verdict", thing)
    first = uniform(key[0], key[1], n)
    uniform(key[0], key[1], n + 1)
    assert 0.0 < first < 1.0
    assert uniform(key[0], key[1], n) == first


def test_uniform_draws_fill_ten_bins_evenly():
    counts = np.histogram(_draws(uniform, 100_000), bins=10, range=(0, 1))[0]
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 27.9  # chi-square, 9 degrees of freedom, 0.1 %


def test_streams_of_two_things_are_uncorrelated():
    correlation = np.corrcoef(_draws(normal, 50_000), _draws(normal, 50_000, thing="printer"))[0, 1]
    assert abs(correlation) < 3.3 / np.sqrt(50_000)


def test_normal_draws_have_the_moments_of_the_standard_normal():
    draws = _draws(normal, 200_000)
    assert abs(draws.mean()) < 3.3 / np.sqrt(200_000)
    assert abs(draws.var() - 1.0) < 3.3 * np.sqrt(2 / 200_000)
    assert abs((draws**4).mean() - 3.0) < 3.3 * np.sqrt(96 / 200_000)


@pytest.mark.parametrize(("mean", "cv"), [(9.0, 0.05), (3.0, 0.5), (600.0, 1.0)])
def test_lognormal_draws_have_the_asked_mean_and_variation(mean, cv):
    draws = _draws(lognormal, 200_000, mean, cv)
    assert draws.mean() == pytest.approx(mean, rel=4 * cv / np.sqrt(200_000))
    assert draws.std() / draws.mean() == pytest.approx(cv, rel=0.03)


def test_lognormal_without_variation_is_its_mean():
    assert set(_draws(lognormal, 5, 9.4, 0.0)) == {9.4}


def test_exponential_draws_have_the_asked_mean():
    draws = _draws(exponential, 200_000, 180.0)
    assert draws.mean() == pytest.approx(180.0, rel=4 / np.sqrt(200_000))
    assert (draws > 180.0).mean() == pytest.approx(np.exp(-1.0), abs=0.004)
