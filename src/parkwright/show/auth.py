"""Who may do what: roles, one function that decides, and the session cookie. What is not allowed here is denied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

COOKIE = "parkwright_session"
LANGUAGE_COOKIE = "parkwright_language"
THEME_COOKIE = "parkwright_theme"
SESSION_S = 12 * 3600
"""Absolute life of a session: 12 h (reference/edge.md 3.3)."""

PUBLIC, SUPPLIER = "public", "supplier"
SEE, ACKNOWLEDGE, APPROVE, HOLD, SET = "see", "acknowledge", "approve", "hold", "set"

OBJECTS = (
    "home", "plan", "energy", "buildings", "passport", "alarms", "progress", "carbon", "requests", "report", "tables",
    "wall", "park", "session",
)  # fmt: skip
"""What can be seen or acted on; the wall and the 3-D park are public, as aggregates."""

_ALL = frozenset((SEE, thing) for thing in OBJECTS)
_ANYONE = frozenset({(SEE, "wall"), (SEE, "park")})
_ACKNOWLEDGE = frozenset({(ACKNOWLEDGE, "alarms")})
_HOLD = frozenset({(HOLD, "passport")})
_APPROVE = frozenset({(APPROVE, "plan")})
_ANSWERS = frozenset({(APPROVE, "requests"), (APPROVE, "carbon")})
_SET = frozenset({(SET, "buildings")})

GRANTS: Mapping[str, frozenset[tuple[str, str]]] = {
    PUBLIC: _ANYONE,
    "wall": _ANYONE,
    "viewer": _ALL,
    "auditor": _ALL,
    "operator": _ALL | _ACKNOWLEDGE | _HOLD,
    "planner": _ALL | _ACKNOWLEDGE | _APPROVE,
    "quality": _ALL | _ACKNOWLEDGE | _HOLD,
    "energy": _ALL | _ACKNOWLEDGE | _APPROVE | _SET,
    "facility": _ALL | _ACKNOWLEDGE | _SET,
    "carbon": _ALL | _ACKNOWLEDGE | _ANSWERS,
    "engineer": _ALL | _ACKNOWLEDGE | _HOLD,
    "admin": _ALL | _ACKNOWLEDGE | _HOLD | _APPROVE | _SET | _ANSWERS,
    SUPPLIER: frozenset({(SEE, "requests"), (SEE, "session")}),
}
"""Role -> (action, object) it may; a role that is not here may nothing."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a signed-in user, a service, or the public."""

    user_id: str
    name: str
    role: str

    @property
    def kind(self) -> str:
        """The role that grants: that of a supplier's people is "supplier:" with the supplier's id."""
        return SUPPLIER if self.role.startswith(f"{SUPPLIER}:") else self.role

    @property
    def supplier_id(self) -> str | None:
        """The supplier whose people this is, "" where none is named; None for everybody else."""
        return self.role.partition(":")[2] if self.kind == SUPPLIER else None

    @property
    def is_public(self) -> bool:
        """Whether nobody has signed in."""
        return self.role == PUBLIC


ANYONE = Principal("", "", PUBLIC)


def allowed(principal: Principal, action: str, thing: str) -> bool:
    """Return whether `principal` may do `action` on `thing`; every door (API, page, socket) asks here."""
    return (action, thing) in GRANTS.get(principal.kind, frozenset())


def grantors(action: str, thing: str) -> list[str]:
    """Return the signed-in roles that may do `action` on `thing`, so that a refusal can say whom to ask."""
    return sorted(
        role for role, grants in GRANTS.items() if (action, thing) in grants and role not in (PUBLIC, "wall", SUPPLIER)
    )


def cookies_of(header: str) -> dict[str, str]:
    """Return the cookies of a Cookie header; none when it cannot be read."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(header)
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


_PAGES = {
    "/": "home",
    "/plan": "plan",
    "/energy": "energy",
    "/energy/ahead": "energy",
    "/energy/try": "energy",
    "/buildings": "buildings",
    "/passport": "passport",
    "/carbon": "carbon",
    "/report": "report",
    "/zero-carbon": "carbon",
    "/greening": "carbon",
    "/factors": "carbon",
    "/postings": "carbon",
    "/requests": "requests",
}
_OPEN_PREFIXES = (
    "/_nicegui",
    "/assets/",
    "/sign-in",
    "/language/",
    "/theme/",
    "/wall",
    "/api/v1/wall",
    "/api/v1/park",
    "/api/openapi.json",
    "/healthz",
    "/favicon.ico",
)


def is_open(path: str) -> bool:
    """Return whether `path` is served without a session: libraries, sign-in, wall and park, the API's schema."""
    return path.startswith(_OPEN_PREFIXES)


def object_of(path: str) -> str:
    """Return the object that a page's path shows; "unknown", which nobody may see, where it shows none."""
    if path.startswith(("/passport/", "/01/")):
        return "passport"
    return _PAGES.get(path, "unknown")
