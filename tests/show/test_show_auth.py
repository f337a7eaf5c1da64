"""Roles and the one function that decides: what is not granted is denied."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.show.auth import (
    ACKNOWLEDGE,
    ANYONE,
    APPROVE,
    GRANTS,
    HOLD,
    OBJECTS,
    SEE,
    Principal,
    allowed,
    cookies_of,
    grantors,
    is_open,
    object_of,
)

ACTIONS = (SEE, ACKNOWLEDGE, APPROVE, HOLD)


def who(role: str) -> Principal:
    return Principal("u1", role, role)


def test_the_public_sees_the_wall_and_its_park_and_nothing_else() -> None:
    seen = {(a, o) for a, o in itertools.product(ACTIONS, OBJECTS) if allowed(ANYONE, a, o)}
    assert seen == {(SEE, "wall"), (SEE, "park")}


def test_a_wall_token_reads_the_wall_only() -> None:
    assert {(a, o) for a, o in itertools.product(ACTIONS, OBJECTS) if allowed(who("wall"), a, o)} == {
        (SEE, "wall"),
        (SEE, "park"),
    }


@pytest.mark.parametrize("role", ["viewer", "auditor"])
def test_readers_change_nothing(role: str) -> None:
    assert not [o for a, o in itertools.product((ACKNOWLEDGE, APPROVE, HOLD), OBJECTS) if allowed(who(role), a, o)]


@pytest.mark.parametrize("role", ["suppliers", "buyer", "", "Admin", "root", "admin:S-1", "viewer:"])
def test_roles_without_a_grant_may_nothing(role: str) -> None:
    assert not [1 for a, o in itertools.product(ACTIONS, OBJECTS) if allowed(who(role), a, o)]


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_unknown_words_are_denied(role: str, action: str, thing: str) -> None:
    known = (action, thing) in GRANTS.get(role, frozenset())
    assert allowed(who(role), action, thing) == known


def test_a_planner_approves_and_a_quality_engineer_holds_but_not_the_other_way() -> None:
    assert allowed(who("planner"), APPROVE, "plan")
    assert not allowed(who("planner"), HOLD, "passport")
    assert allowed(who("quality"), HOLD, "passport")
    assert not allowed(who("quality"), APPROVE, "plan")


def test_a_refusal_can_name_who_may() -> None:
    assert grantors(APPROVE, "plan") == ["admin", "energy", "planner"]
    assert grantors(APPROVE, "weather") == []


@given(st.text(max_size=200))
def test_any_cookie_header_is_read_without_error(header: str) -> None:
    assert isinstance(cookies_of(header), dict)


def test_only_known_paths_show_something() -> None:
    assert object_of("/") == "home"
    assert object_of("/passport/TP-1") == "passport"
    assert object_of("/admin") == "unknown"
    assert not is_open("/plan")
    assert not is_open("/api/v1/home")
    assert is_open("/wall/feed")
