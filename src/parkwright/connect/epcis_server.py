"""The door for partners' EPCIS 2.0 events: capture, what came of a capture, and a partner's own events read back.

It is mounted beside the PACT server, whose tokens, bounds and refusal of plain HTTP hold here too. What a partner sends
is entered as its own, whole or not at all, before the answer: a capture never runs on. Nobody reads another's.

References: GS1 EPCIS 2.0.0, section 12 (REST bindings) and openapi.yaml; RFC 7807.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Depends, FastAPI, Header, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

from parkwright.connect.bounds import Rate
from parkwright.connect.epcis import query_document
from parkwright.connect.epcis_forms import URI_LONGEST
from parkwright.connect.epcis_read import EVENTS_MOST, TooLargeError, read, read_one
from parkwright.connect.pact_server import BODY_MAX, Asking, CodedError, Door
from parkwright.connect.pact_wire import WireError, instant_text
from parkwright.model.errors import LedgerError
from parkwright.run.exchange import ExchangeError
from parkwright.run.received import Inbox, Received

BASE = "/epcis"
"""Where the door is mounted."""
CAPTURES = (60, timedelta(minutes=1))
"""Captures of one partner before it must wait (assumed)."""
VERSION = "2.0.0"
"""Edition of EPCIS and of its vocabulary that is spoken."""
SPOKEN = ("2", "2.0", VERSION)
READ = ("application/json", "application/ld+json")
ROLLBACK = "rollback"
"""All or nothing: what is done where an event of a document is wrong."""
REFUSALS: Mapping[int, tuple[str, str]] = {
    400: ("ValidationException", "the events do not keep the format"),
    401: ("SecurityException", "the access token is missing, unknown or expired"),
    404: ("NoSuchResourceException", "there is none that is yours"),
    406: ("NotAcceptableException", "this edition or error behaviour is not served"),
    409: ("ResourceAlreadyExistsException", "the id of the event is known with other content"),
    413: ("CaptureLimitExceededException", "too much at once"),
    415: ("UnsupportedMediaTypeException", "this media type is not read"),
    503: ("ImplementationException", "the database cannot be read or written now"),
}
"""HTTP status -> kind of the problem by the standard, and its title; others have neither."""


class Problem(BaseModel):
    """A refusal (RFC 7807)."""

    type: str
    title: str
    status: int
    detail: str


class CaptureJob(BaseModel):
    """What came of a capture: it has ended, and all of it was entered; a refused one leaves none."""

    capture_id: str = Field(alias="captureID")
    created_at: AwareDatetime = Field(alias="createdAt")
    finished_at: AwareDatetime = Field(alias="finishedAt")
    running: Literal[False]
    success: Literal[True]
    error_behaviour: Literal["rollback"] = Field(alias="captureErrorBehaviour")
    errors: list[Problem] = Field(max_length=0)


class Capturing:
    """What every request is served with, and the bound on captures."""

    def __init__(self, door: Door, inbox: Inbox) -> None:
        """Give the door of the PACT server beside which this one stands, and where events are entered."""
        self.inbox = inbox
        self.clock = door.clock
        self.captures = Rate(*CAPTURES, door.clock)


def make_events(door: Door, inbox: Inbox) -> FastAPI:
    """Return the door for events, to be mounted at BASE; door: of the PACT server beside which it stands."""
    app = FastAPI(title="Parkwright events", version=VERSION, docs_url=None, redoc_url=None, responses=_REFUSED)
    app.state.door, app.state.capturing = door, Capturing(door, inbox)
    served = [Depends(_spoken)]
    for path in ("/capture", "/events"):
        app.add_api_route(path, discover, methods=["OPTIONS"], status_code=204, dependencies=served)
    posted: dict[str, Any] = {"methods": ["POST"], "dependencies": served, "openapi_extra": _BODY}
    app.add_api_route("/capture", capture, status_code=202, **posted)
    app.add_api_route("/capture/{capture_id}", captured, response_model=CaptureJob, dependencies=served)
    app.add_api_route("/events", take_event, status_code=201, **posted)
    app.add_api_route("/events/{event_id:path}", get_event, dependencies=served)
    for kind in (StarletteHTTPException, RequestValidationError, WireError, ExchangeError, LedgerError):
        app.add_exception_handler(kind, _refused)
    return app


_REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"description": title, "content": {"application/problem+json": {"schema": Problem.model_json_schema()}}}
    for status, (_, title) in {**REFUSALS, 403: ("", "not over HTTPS"), 429: ("", "too many requests; wait")}.items()
}
_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {kind: {"schema": {"type": "object"}} for kind in READ}}
}
Version = Annotated[str, Header(max_length=20)]
CaptureId = Annotated[str, Path(pattern="^[!-~]{1,40}$", description="id of a capture")]
EventId = Annotated[str, Path(pattern=f"^[!-~]{{1,{URI_LONGEST}}}$", description="id of an event: a URI")]


def _spoken(
    _partner: Asking,
    version: Annotated[Version, Header(alias="GS1-EPCIS-Version")] = VERSION,
    vocabulary: Annotated[Version, Header(alias="GS1-CBV-Version")] = VERSION,
    behaviour: Annotated[Version, Header(alias="GS1-Capture-Error-Behaviour")] = ROLLBACK,
) -> None:
    """Refuse a request in another edition, or one that is to enter a part of its events."""
    if version not in SPOKEN or vocabulary not in SPOKEN:
        raise CodedError(406, "", f"EPCIS and CBV {VERSION} are spoken here; send events of that edition")
    if behaviour != ROLLBACK:
        raise CodedError(406, "", "a document is entered whole or not at all; ask for the error behaviour rollback")


def discover(partner: Asking) -> Response:
    """Say which edition is spoken, how much is taken at once, and that it is taken whole."""
    limits = {"GS1-EPCIS-Capture-Limit": str(EVENTS_MOST), "GS1-EPCIS-Capture-File-Size-Limit": str(BODY_MAX)}
    return Response(status_code=204, headers={**_SPOKEN, **limits, "GS1-Capture-Error-Behaviour": ROLLBACK})


_SPOKEN = {"GS1-EPCIS-Version": VERSION, "GS1-CBV-Version": VERSION}


async def capture(request: Request, partner: Asking) -> Response:
    """Enter the events of a document as the partner's, whole or not at all; the header Location leads to the job."""
    content, serving = await _content(request, partner.id), _capturing(request)
    capture_id = await run_in_threadpool(_enter, serving, partner.id, content)
    return Response(status_code=202, headers={**_SPOKEN, "Location": f"{_root(request)}/capture/{capture_id}"})


def _enter(serving: Capturing, sender: str, content: bytes) -> str:
    return serving.inbox.capture(sender, read(content), serving.clock()).id


async def take_event(request: Request, partner: Asking) -> Response:
    """Enter one event as the partner's; the header Location leads to it."""
    content, serving = await _content(request, partner.id), _capturing(request)
    event = await run_in_threadpool(_enter_one, serving, partner.id, content)
    place = f"{_root(request)}/events/{quote(event.event_id, safe='')}"
    return JSONResponse({**event.content, "eventID": event.event_id}, 201, {**_SPOKEN, "Location": place})


def _enter_one(serving: Capturing, sender: str, content: bytes) -> Received:
    event = read_one(content)
    serving.inbox.capture(sender, [event], serving.clock())
    return event


def captured(request: Request, partner: Asking, capture_id: CaptureId) -> Response:
    """What came of a capture of the partner's own."""
    found = _capturing(request).inbox.captured(partner.id, capture_id)
    if found is None:
        raise CodedError(404, "", "there is no capture of yours with this id")
    at = instant_text(found.at)
    job = {"captureID": found.id, "createdAt": at, "finishedAt": at, "running": False, "success": True}
    return JSONResponse({**job, "captureErrorBehaviour": ROLLBACK, "errors": []}, headers=_SPOKEN)


def get_event(request: Request, partner: Asking, event_id: EventId) -> Response:
    """An event of the partner's own as it came, with the declaration that it is wrong where there is one."""
    found = _capturing(request).inbox.told(partner.id, event_id)
    if not found:
        raise CodedError(404, "", "there is no event of yours with this id")
    events = [{**one, "eventID": event_id} for one in found]
    return JSONResponse(query_document(events, _capturing(request).clock()), headers=_SPOKEN)


async def _content(request: Request, partner_id: str) -> bytes:
    """Return the body of a capture, or refuse it."""
    if not _capturing(request).captures.count(partner_id):
        raise CodedError(429, "", "too many captures; wait a minute or send more at once", {"Retry-After": "60"})
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in READ:
        raise CodedError(415, "", f"content type {kind[:80]!r}; send JSON as {READ[0]}")
    return await request.body()


def _capturing(request: Request) -> Capturing:
    serving: Capturing = request.app.state.capturing
    return serving


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


async def _refused(_request: Request, error: Exception) -> Response:
    """Answer an error as a problem of the standard."""
    status, detail, headers = 503, "nothing of it was entered; try again later", {"Retry-After": "60"}
    if isinstance(error, StarletteHTTPException):
        status, detail, headers = error.status_code, str(error.detail), dict(error.headers or {})
    elif isinstance(error, RequestValidationError):
        fault = error.errors()[0]
        status, detail, headers = 400, f"{'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}", {}
    elif isinstance(error, WireError | ExchangeError):
        status = 413 if isinstance(error, TooLargeError) else 409 if isinstance(error, ExchangeError) else 400
        detail, headers = str(error), {}
    kind, title = REFUSALS.get(status, ("", detail))
    about = f"epcisException:{kind}" if kind else "about:blank"
    told = {"type": about, "title": title, "status": status, "detail": detail}
    return JSONResponse(told, status, headers, "application/problem+json")
