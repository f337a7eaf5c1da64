"""The web application of a park: API, pages, wall, sign-in, in one FastAPI app."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi import Path as PathField
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from nicegui import ui
from pydantic import BaseModel, Field

from parkwright.carbon.own import Identity
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.show import (
    api,
    buildings_api,
    carbon_api,
    certificates_api,
    declarations_api,
    energy_api,
    footprints_api,
    pages,
    partners_api,
    planning,
    postings_api,
    report_api,
    restatements_api,
    wall,
)
from parkwright.show.answers.ahead import EnergyAnswers
from parkwright.show.answers.planning import Planner
from parkwright.show.auth import COOKIE, LANGUAGE_COOKIE, SESSION_S, THEME_COOKIE
from parkwright.show.context import (
    CarbonAnswers,
    CertificateAnswers,
    Context,
    DeclarationAnswers,
    EventAnswers,
    FactsReader,
    FileAnswers,
    PartnerAnswers,
    RequestAnswers,
)
from parkwright.show.door import LANGUAGES, THEMES, Door, visit_of
from parkwright.show.frames import Frames
from parkwright.store.journal import Journal
from parkwright.store.operations import Operations

YEAR_S = 365 * 24 * 3600
ASSETS = Path(__file__).parent / "assets"


class Health(BaseModel):
    """That the server answers, and how far the ledger is."""

    ledger_seq: int = Field(description="last recorded batch")
    at: datetime = Field(description="the park's present instant")


MODULES = (
    api,
    planning,
    buildings_api,
    carbon_api,
    certificates_api,
    declarations_api,
    partners_api,
    postings_api,
    report_api,
    energy_api,
    footprints_api,
    restatements_api,
)
"""What is served below /api/v1 to who is signed in."""


def make_app(
    park: Park,
    var: Path,
    clock: Callable[[], datetime],
    *,
    speed: float = 1.0,
    history_days: int = 14,
    ledger: Path | None = None,
    operations: Operations | None = None,
    facts: FactsReader | None = None,
    planner: Planner | None = None,
    carbon: CarbonAnswers | None = None,
    identity: Identity | None = None,
    energy: EnergyAnswers | None = None,
    requests: RequestAnswers | None = None,
    partners: PartnerAnswers | None = None,
    declarations: DeclarationAnswers | None = None,
    files: FileAnswers | None = None,
    events: EventAnswers | None = None,
    certificates: CertificateAnswers | None = None,
    with_pages: bool = True,
) -> FastAPI:
    """Return the web application of a park.

    var: folder of the ledger and the operational database. clock: the park's present instant, aware UTC. speed: park
    seconds in a wall second. history_days: closed days that the back-fill brings. ledger, operations, facts: where
    they are not var/ledger.db, var/operations.db and a reader of that ledger. The others are those of Context.
    with_pages: also serve NiceGUI pages; a process can do so for one application.

    Raises LedgerError when there is no ledger yet or it cannot be read.
    """
    context = Context(
        park=park,
        facts=facts or Journal.reader(ledger or var / "ledger.db"),
        operations=operations or Operations(f"sqlite:///{var / 'operations.db'}"),
        clock=clock,
        speed=speed,
        history_days=history_days,
        planner=planner,
        carbon=carbon,
        identity=identity,
        energy=energy,
        requests=requests,
        partners=partners,
        declarations=declarations,
        files=files,
        events=events,
        certificates=certificates,
    )
    frames = Frames(context.facts)
    app = _bare()
    app.add_middleware(Door, context=context, frames=frames)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_exception_handler(LedgerError, _ledger_unreadable)
    for router in (api.public, *(module.router for module in MODULES)):
        app.include_router(router)
    _add_session_routes(app)
    app.mount("/assets", StaticFiles(directory=ASSETS), name="assets")
    wall.mount(app, context, frames)
    pages.mount(app)
    if with_pages:
        ui.run_with(
            app, title="Parkwright", favicon=ASSETS / "parkwright.svg", tailwind=False, show_welcome_message=False
        )
    return app


def _bare() -> FastAPI:
    """Return an application that serves its schema alone."""
    return FastAPI(
        title="Parkwright",
        summary="What a green manufacturing park does: plan, energy, carbon, every unit's passport.",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )


async def _ledger_unreadable(_request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 503)


def _add_session_routes(app: FastAPI) -> None:
    """Add sign-in and sign-out, language, theme and health."""

    @app.get("/sign-in/{token}", include_in_schema=False)
    def redeem(token: Annotated[str, PathField(max_length=200)], request: Request, next: str = "/") -> Response:
        visit = visit_of(request)
        session = visit.context.operations.redeem(token, datetime.now(UTC))
        if session is None:
            return RedirectResponse("/sign-in?failed=1", 303)
        response = RedirectResponse(own_path(next), 303)
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, session, max_age=SESSION_S, httponly=True, samesite="lax", secure=secure)
        return response

    @app.get("/sign-in-with", include_in_schema=False)
    def redeem_typed(token: str = "", next: str = "/") -> Response:
        word = token.strip().rsplit("/", 1)[-1][:200] or "none"
        return RedirectResponse(f"/sign-in/{quote(word, safe='')}?next={quote(own_path(next))}", 303)

    @app.post("/sign-out", include_in_schema=False)
    def sign_out(request: Request) -> Response:
        visit = visit_of(request)
        if visit.session_token:
            visit.context.operations.end_session(visit.session_token)
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(COOKIE)
        return response

    @app.get("/language/{language}", include_in_schema=False)
    def choose_language(language: str, next: str = "/") -> Response:
        return _remember(LANGUAGE_COOKIE, language if language in LANGUAGES else "en", next)

    @app.get("/theme/{theme}", include_in_schema=False)
    def choose_theme(theme: str, next: str = "/") -> Response:
        return _remember(THEME_COOKIE, theme if theme in THEMES else "light", next)

    @app.get("/healthz", tags=["health"])
    def health(request: Request) -> Health:
        """Whether the server answers and the ledger can be read."""
        context = visit_of(request).context
        return Health(ledger_seq=context.facts.head()[0], at=context.clock())


def own_path(target: str) -> str:
    """Return `target` when it is a path of this server, else the first page: no redirect leads elsewhere."""
    is_path = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if is_path and target.isprintable() else "/"


def _remember(cookie: str, value: str, target: str) -> Response:
    response = RedirectResponse(own_path(target), 303)
    response.set_cookie(cookie, value, max_age=YEAR_S, samesite="lax")
    return response
