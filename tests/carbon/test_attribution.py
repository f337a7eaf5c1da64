from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.carbon.attribution import WEIGHT_LIMIT, apportion, apportion_groups
from parkwright.model.errors import LedgerError

WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any)


def test_a1_ten_thousand_over_three_equals():
    assert apportion(10_000, [1, 1, 1]) == [3334, 3333, 3333]


@pytest.mark.parametrize(
    ("quantity", "weights", "shares"),
    [
        (0, [1, 2], [0, 0]),
        (1, [1, 1], [1, 0]),
        (7, [0, 1, 0], [0, 7, 0]),
        (10, [1, 2, 3, 4], [1, 2, 3, 4]),
        (-10_000, [1, 1, 1], [-3334, -3333, -3333]),
        (100, [333, 333, 334], [33, 33, 34]),
        (0, [0, 0], [0, 0]),
        (0, [], []),
        (2**80, [1, 1], [2**79, 2**79]),
    ],
)
def test_known_shares(quantity, weights, shares):
    assert apportion(quantity, weights) == shares


def test_the_largest_remainders_get_the_rest_and_ties_go_to_the_first():
    assert apportion(5, [3, 3, 1]) == [2, 2, 1]
    assert apportion(2, [1, 1, 1, 1]) == [1, 1, 0, 0]


@pytest.mark.parametrize("call", [apportion, lambda q, w: apportion_groups(np.array([q]), np.array([0]), np.array(w))])
@pytest.mark.parametrize(("quantity", "weights", "says"), [(5, [0, 0], "weights of 0"), (5, [2, -1], "negative")])
def test_what_cannot_be_shared_is_refused(call, quantity, weights, says):
    with pytest.raises(LedgerError, match=says):
        call(quantity, weights)


@given(st.integers(-(10**18), 10**18), WEIGHTS)
def test_shares_add_up_and_stay_within_one_of_the_exact_share(quantity, weights):
    shares = apportion(quantity, weights)
    assert sum(shares) == quantity
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(quantity * weight, sum(weights))) < 1
        assert share * quantity >= 0


@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**6), min_size=1, max_size=20, unique=True), st.randoms())
def test_unequal_weights_get_the_same_share_in_any_order(quantity, weights, shuffler):
    """With ties the order decides, so callers sort by serial number first."""
    shuffled = weights.copy()
    shuffler.shuffle(shuffled)
    by_weight = dict(zip(weights, apportion(quantity, weights), strict=True))
    remainders = [quantity * w % sum(weights) for w in weights]
    if len(set(remainders)) == len(remainders):
        assert dict(zip(shuffled, apportion(quantity, shuffled), strict=True)) == by_weight


def test_a2_ten_thousand_random_groups_equal_the_plain_python_answer():
    rng = np.random.default_rng(20260715)
    sizes = rng.integers(1, 60, 10_000)
    sizes[:20] = 500
    quantities = rng.integers(0, 10**10, sizes.size)
    weights = rng.integers(0, 9 * 10**8, sizes.sum())
    starts = np.cumsum(sizes) - sizes
    weights[starts] += 1
    shares = apportion_groups(quantities, starts, weights)
    assert (np.add.reduceat(shares, starts) == quantities).all()
    assert shares.min() >= 0
    for group in range(0, sizes.size, 7):
        part = slice(starts[group], starts[group] + sizes[group])
        assert shares[part].tolist() == apportion(int(quantities[group]), weights[part].tolist())


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**52), 2**52),
            st.lists(st.integers(0, 2**58), min_size=1, max_size=12).filter(any),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_the_kernel_is_exact_where_products_pass_64_bits(groups):
    quantities = np.array([quantity for quantity, _ in groups])
    starts = np.cumsum([0] + [len(weights) for _, weights in groups[:-1]])
    shares = apportion_groups(quantities, starts, np.array([w for _, weights in groups for w in weights]))
    assert shares.tolist() == [s for quantity, weights in groups for s in apportion(quantity, weights)]


def test_groups_beyond_the_kernel_are_shared_exactly():
    heavy = [WEIGHT_LIMIT - 1, WEIGHT_LIMIT - 3, WEIGHT_LIMIT - 7]
    shares = apportion_groups(np.array([2**53, 5]), np.array([0, 3]), np.array([*heavy, 1, 1]))
    assert shares[:3].tolist() == apportion(2**53, heavy)
    assert shares[3:].tolist() == [3, 2]
    most = 2**63 - 1
    assert apportion_groups(np.array([3]), np.array([0]), np.array([most, most])).tolist() == [2, 1]


def test_an_empty_group_takes_nothing_and_refuses_something():
    assert apportion_groups(np.array([0, 4]), np.array([0, 0]), np.array([1, 1])).tolist() == [2, 2]
    with pytest.raises(LedgerError, match="group 0"):
        apportion_groups(np.array([1, 4]), np.array([0, 0]), np.array([1, 1]))
    assert apportion_groups(np.zeros(0, int), np.zeros(0, int), np.zeros(0, int)).size == 0


@pytest.mark.parametrize(("quantities", "starts"), [([1], [1]), ([1, 2], [0]), ([1, 2, 3], [0, 2, 1]), ([], [])])
def test_starts_that_do_not_tile_the_weights_are_refused(quantities, starts):
    with pytest.raises(LedgerError, match="apportion_groups"):
        apportion_groups(np.array(quantities, int), np.array(starts, int), np.array([1, 1, 1]))
