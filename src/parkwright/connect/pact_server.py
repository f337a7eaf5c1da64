"""The PACT server: token, footprints and events of editions 3 and 2.x over HTTPS, for registered partners alone.

A partner sees what is addressed to it and nothing else. Plain HTTP is refused, whatever stands before this server.

References: PACT Technical Specifications 3.0.3 and 2.3; RFC 6749, section 4.4; RFC 8288.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs, unquote_plus, urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import OAuth2
from pydantic import AwareDatetime, BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from parkwright.carbon.declaration import Declaration, Filter, lowered
from parkwright.connect import pact_filter2
from parkwright.connect.bounds import BodyLimit, Rate
from parkwright.connect.pact_events import CLOUD_EVENTS, WireEvent, event_of
from parkwright.connect.pact_wire import WireError, WireFootprint, to_wire
from parkwright.connect.pact_wire2 import to_wire2
from parkwright.model.errors import LedgerError
from parkwright.run.exchange import Desk, ExchangeError, Partner, receive, visible

BEARER = "Bearer"
BODY_MAX = 2 * 1024 * 1024
"""Longest body that is read [bytes] (assumed: a thousand footprints need less)."""
TOO_LONG = f"the body is longer than {BODY_MAX} bytes; send it in parts"
PAGE = 500
"""Footprints of a page where no limit is asked (assumed)."""
FAILED_SIGN_INS = (10, timedelta(minutes=1))
"""Failed sign-ins of one client before it must wait (assumed)."""
CALLS = (1_200, timedelta(minutes=1))
"""Calls of one partner before it must wait (assumed)."""
TRIES = (60, timedelta(minutes=1))
"""Failed sign-ins of all clients from one address before it must wait (assumed)."""
CODES: Mapping[int, str] = {401: "BadRequest", 403: "AccessDenied", 404: "NotFound", 501: "NotImplemented"}
"""HTTP status -> code of a PACT error; other client errors are BadRequest, server errors InternalError."""


class Problem(BaseModel):
    """A PACT error."""

    code: str = Field(description="BadRequest, AccessDenied, TokenExpired, NotFound, InternalError, NotImplemented")
    message: str


class Token(BaseModel):
    """An access token (RFC 6749, 5.1)."""

    access_token: str
    token_type: str
    expires_in: int = Field(description="life [s]")


class FootprintList(BaseModel):
    """Footprints."""

    data: list[WireFootprint]


class OneFootprint(BaseModel):
    """A footprint."""

    data: WireFootprint


class Discovery(BaseModel):
    """Where tokens are issued (OpenID Connect Discovery)."""

    issuer: str
    token_endpoint: str
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]


@dataclass(frozen=True)
class Door:
    """What every request is served with."""

    desk: Desk
    clock: Callable[[], datetime]
    failed: Rate
    tries: Rate
    calls: Rate


class CodedError(HTTPException):
    """A refusal with a PACT error code of its own."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        """Refuse with HTTP `status` and the PACT error `code`."""
        super().__init__(status, message, dict(headers or {}))
        self.code = code


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text}
    for status, text in (
        (400, "the request does not keep the format"),
        (401, "the access token is missing, unknown or expired"),
        (403, "not addressed to you, or not over HTTPS"),
        (404, "there is no such footprint"),
        (413, "the body is too long"),
        (429, "too many requests; wait"),
        (503, "the database cannot be read now"),
    )
}
_BEARER = OAuth2(flows={"clientCredentials": {"tokenUrl": "/auth/token", "scopes": {}}}, auto_error=False)
router = APIRouter(responses=REFUSALS)


def make_exchange(desk: Desk, clock: Callable[[], datetime]) -> FastAPI:
    """Return the PACT server over a desk; clock: the present instant, aware UTC."""
    app = FastAPI(
        title="Parkwright exchange",
        summary="Product carbon footprints for partners (PACT 3.0 and 2.x).",
        version="3.0.3",
        docs_url=None,
        redoc_url=None,
    )
    app.state.door = Door(desk, clock, Rate(*FAILED_SIGN_INS, clock), Rate(*TRIES, clock), Rate(*CALLS, clock))
    app.include_router(router)
    app.add_middleware(BodyLimit, limit=BODY_MAX, refusal=Refusal(413, "BadRequest", TOO_LONG))
    app.add_middleware(HttpsOnly)
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(LedgerError, _unreadable)
    app.add_exception_handler(WireError, _unread)
    return app


class HttpsOnly:
    """Refuses whatever comes over plain HTTP, before anything of it is read."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand an HTTPS request on, refuse a plain one."""
        if scope["type"] == "http" and scope["scheme"] != "https":
            await Refusal(403, "AccessDenied", "plain HTTP is refused; use HTTPS")(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Refusal:
    """Answers a request that is refused at the threshold, in the words of the door that it is for."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Refuse with HTTP `status`; code: the PACT error."""
        self._error = CodedError(status, code, message)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app that is mounted at the address tells its own errors, the PACT server elsewhere."""
        app = scope["app"]
        mounts = [route for route in app.routes if isinstance(route, Mount)]
        behind: Any = next((route.app for route in mounts if route.matches(scope)[0] is Match.FULL), app)
        told = await behind.exception_handlers[StarletteHTTPException](Request({**scope, "app": behind}), self._error)
        await told(scope, receive, send)


def _problem(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status, headers=dict(headers or {}))


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, StarletteHTTPException):
        return _problem(500, "InternalError", "the request could not be served")
    default = "InternalError" if error.status_code >= 500 else "BadRequest"
    code = error.code if isinstance(error, CodedError) else CODES.get(error.status_code, default)
    return _problem(error.status_code, code, str(error.detail), error.headers)


async def _malformed(_request: Request, error: Exception) -> Response:
    faults = error.errors() if isinstance(error, RequestValidationError) else [{"loc": (), "msg": "malformed"}]
    where = ".".join(str(step) for step in faults[0]["loc"])
    return _problem(400, "BadRequest", f"{where}: {faults[0]['msg']}")


async def _unread(_request: Request, error: Exception) -> Response:
    return _problem(400, "BadRequest", str(error))


async def _unreadable(_request: Request, _error: Exception) -> Response:
    return _problem(503, "InternalError", "the database cannot be read now; try again later", {"Retry-After": "60"})


def door_of(request: Request) -> Door:
    """Return what the request is served with."""
    door: Door = request.app.state.door
    return door


def partner_of(request: Request, _scheme: Annotated[str | None, Depends(_BEARER)]) -> Partner:
    """Return the partner whose valid token the request carries, or refuse it."""
    door = door_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    now = door.clock()
    partner = door.desk.partner_of(token.strip(), now) if scheme.lower() == "bearer" and token.strip() else None
    if partner is None:
        ended = bool(token.strip()) and door.desk.expired(token.strip(), now)
        code = "TokenExpired" if ended else "BadRequest"
        text = "the access token has expired; ask for a new one" if ended else "no valid access token; ask for one"
        raise CodedError(401, code, text, {"WWW-Authenticate": "Bearer"})
    if not door.calls.count(partner.id):
        raise CodedError(429, "BadRequest", "too many requests; wait a minute", {"Retry-After": "60"})
    return partner


Asking = Annotated[Partner, Depends(partner_of)]
Values = Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=100)]


class Page(BaseModel):
    """Which page of a list."""

    limit: int | None = Field(None, ge=0, le=1_000_000, description="most footprints of a page")
    after: UUID | None = Field(None, description="set by the link to the next page")


class Asked3(Page):
    """Criteria of edition 3: any value of one, and all of them."""

    product_ids: Values = Field([], alias="productId")
    company_ids: Values = Field([], alias="companyId")
    geographies: Values = Field([], alias="geography")
    classifications: Values = Field([], alias="classification")
    statuses: Values = Field([], alias="status")
    valid_on: AwareDatetime | None = Field(None, alias="validOn")
    valid_after: AwareDatetime | None = Field(None, alias="validAfter")
    valid_before: AwareDatetime | None = Field(None, alias="validBefore")

    @property
    def criteria(self) -> Filter:
        """The criteria in our words."""
        return Filter(
            lowered(self.product_ids),
            lowered(self.company_ids),
            lowered(self.geographies),
            lowered(self.classifications),
            lowered(self.statuses),
            self.valid_on,
            self.valid_after,
            self.valid_before,
        )


class Asked2(Page):
    """Criteria of edition 2.x: an OData expression."""

    expression: str = Field("", alias="$filter", max_length=1000)


PIECES2 = ("piece", "hour", "megabit second")
"""Declared units that 2.x does not know; a mass makes them kilograms."""
EVENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {CLOUD_EVENTS: {"schema": WireEvent.model_json_schema()}},
    }
}


@router.post(
    "/auth/token",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "required": ["grant_type"],
                        "properties": {"grant_type": {"type": "string", "const": "client_credentials"}},
                    }
                }
            },
        },
        "security": [{"basic": []}],
    },
)
async def issue_token(request: Request) -> Token:
    """Issue an access token for a client id and secret in a Basic header (RFC 6749, 4.4)."""
    door = door_of(request)
    body = (await request.body())[:10_000].decode("utf-8", "replace")
    client_id, secret = _basic(request.headers.get("authorization", ""))
    if parse_qs(body).get("grant_type") != ["client_credentials"]:
        raise CodedError(400, "BadRequest", "unsupported grant type; use grant_type=client_credentials")
    address = request.client.host if request.client else ""
    if not (door.failed.free(client_id) and door.tries.free(address)):
        raise CodedError(429, "BadRequest", "too many failed sign-ins; wait a minute", {"Retry-After": "60"})
    issued = await run_in_threadpool(door.desk.issue_token, client_id, secret, door.clock())
    if issued is None:
        door.failed.count(client_id)
        door.tries.count(address)
        raise CodedError(401, "BadRequest", "client id or secret is wrong", {"WWW-Authenticate": "Basic"})
    token, life = issued
    return Token(access_token=token, token_type=BEARER, expires_in=int(life.total_seconds()))


def _basic(header: str) -> tuple[str, str]:
    """Return client id and secret of a Basic header, or refuse it."""
    scheme, _, encoded = header.partition(" ")
    try:
        text = b64decode(encoded.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if not (client_id and colon and secret) or len(text) > 1000:
        raise CodedError(400, "BadRequest", "no client id and secret; send them as HTTP Basic authentication")
    return unquote_plus(client_id), unquote_plus(secret)


@router.get("/.well-known/openid-configuration")
def discover(request: Request) -> Discovery:
    """Say where tokens are issued."""
    base = str(request.base_url).rstrip("/")
    return Discovery(
        issuer=base,
        token_endpoint=f"{base}/auth/token",
        grant_types_supported=["client_credentials"],
        token_endpoint_auth_methods_supported=["client_secret_basic"],
    )


@router.get("/3/footprints", response_model=FootprintList)
def list_footprints(request: Request, partner: Asking, asked: Annotated[Asked3, Query()]) -> Response:
    """The footprints that are addressed to the partner and meet its criteria, newest first, page by page."""
    found = visible(door_of(request).desk, partner, asked.criteria)
    page, following = _page(found, asked.limit, asked.after)
    return JSONResponse({"data": [to_wire(one) for one in page]}, headers=_link(request, following))


@router.get("/3/footprints/{footprint_id}", response_model=OneFootprint)
def get_footprint(request: Request, partner: Asking, footprint_id: UUID) -> Response:
    """One footprint, where it is addressed to the partner."""
    return JSONResponse({"data": to_wire(_one(request, partner, footprint_id, "NotFound"))})


@router.post("/3/events", openapi_extra=EVENT)
async def take_event(request: Request, partner: Asking) -> Response:
    """Take a request for footprints, an answer to one of ours, or news of footprints."""
    return await _event(request, partner, "3")


@router.get("/2/footprints")
def list_footprints2(request: Request, partner: Asking, asked: Annotated[Asked2, Query()]) -> Response:
    """The same in edition 2.x; footprints that 2.x cannot tell are left out."""
    chosen = pact_filter2.chosen(asked.expression)
    found = [one for one in visible(door_of(request).desk, partner, Filter()) if _tells2(one) and chosen(one)]
    page, following = _page(found, asked.limit, asked.after)
    return JSONResponse({"data": [to_wire2(one) for one in page]}, headers=_link(request, following))


@router.get("/2/footprints/{footprint_id}")
def get_footprint2(request: Request, partner: Asking, footprint_id: UUID) -> Response:
    """The same in edition 2.x."""
    found = _one(request, partner, footprint_id, "NoSuchFootprint")
    if not _tells2(found):
        raise CodedError(404, "NoSuchFootprint", "PACT 2.x cannot tell this footprint; ask for it in edition 3")
    return JSONResponse({"data": to_wire2(found)})


@router.post("/2/events", openapi_extra=EVENT)
async def take_event2(request: Request, partner: Asking) -> Response:
    """The same in edition 2.x."""
    return await _event(request, partner, "2")


def _tells2(one: Declaration) -> bool:
    return one.mass_kg > 0 or one.unit not in PIECES2


def _one(request: Request, partner: Partner, footprint_id: UUID, unknown: str) -> Declaration:
    """Return a footprint that is addressed to the partner, or refuse it."""
    desk, wanted = door_of(request).desk, str(footprint_id)
    for one in desk.addressed_to(partner.id):
        if one.id == wanted:
            return one
    if desk.declared(wanted):
        raise CodedError(403, "AccessDenied", "this footprint is not addressed to you; ask your contact to share it")
    raise CodedError(404, unknown, "there is no footprint of this id")


def _page(found: list[Declaration], limit: int | None, after: UUID | None) -> tuple[list[Declaration], str | None]:
    """Return one page and the id that the next one starts after; None where there is none."""
    start = 0
    if after is not None:
        places = [number for number, one in enumerate(found) if one.id == str(after)]
        if not places:
            raise CodedError(404, "NotFound", "this page is no longer there; start from the first")
        start = places[0] + 1
    size = PAGE if limit is None else min(limit, PAGE)
    page = found[start : start + size]
    return page, page[-1].id if page and start + size < len(found) else None


def _link(request: Request, following: str | None) -> dict[str, str]:
    """Return the header that leads to the next page: absolute, with the host that was asked and the same criteria."""
    if following is None:
        return {}
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    return {"Link": f'<{request.url.replace(query=urlencode([*kept, ("after", following)]))}>; rel="next"'}


async def _event(request: Request, partner: Partner, edition: str) -> Response:
    """Read an event and do what it asks for; what is malformed is refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (CLOUD_EVENTS, "application/json"):
        raise CodedError(400, "BadRequest", f"content type {kind[:80]!r}; send {CLOUD_EVENTS}")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise CodedError(400, "BadRequest", "the body is no JSON that can be read; send one CloudEvent") from error
    door = door_of(request)
    try:
        message = await run_in_threadpool(event_of, body, edition)
        await run_in_threadpool(receive, door.desk, partner, message, edition, door.clock())
    except (WireError, ExchangeError) as error:
        raise CodedError(400, "BadRequest", str(error)) from error
    return Response(status_code=200)
