"""The server of a live park: its pages, its wall and its API in one process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import uvicorn

from parkwright.model.park import Park
from parkwright.show.site import make_app
from parkwright.store import carbon_book
from parkwright.store.journal import Journal
from parkwright.store.operations import Operations
from parkwright.wire.carbon_desk import CarbonDesk
from parkwright.wire.certificates import CertificateBoard
from parkwright.wire.declaration_board import DeclarationBoard
from parkwright.wire.energy_desk import EnergyDesk
from parkwright.wire.exports import UnitFiles
from parkwright.wire.pace import anchor_of, first_day
from parkwright.wire.partner_board import PartnerBoard
from parkwright.wire.places import Places
from parkwright.wire.planning import DayPlanner
from parkwright.wire.received import EventBoard
from parkwright.wire.request_board import RequestBoard
from parkwright.wire.workers import HOST, Choice

LINK_LIFE = timedelta(hours=12)
"""How long the one-time sign-in link is good (assumed: a working day)."""


def serve(park: Park, choice: Choice, places: Places, say: Callable[[str], None]) -> None:
    """Serve the park whose workers run already, until interrupted."""
    first = first_day(places, park, choice.folder, choice.history_days)
    operations = Operations(places.operations_url)
    token = operations.create_sign_in_link("admin", datetime.now(UTC), LINK_LIFE)

    def clock() -> datetime:
        anchor = anchor_of(places.anchor)
        return anchor.now() if anchor else park.midnight(first)

    facts, identity = Journal.reader(places.journal), carbon_book.load(choice.folder).identity
    carbon, ended = CarbonDesk(park, choice.folder, choice.var), threading.Event()
    app = make_app(
        park, places.home, clock, speed=choice.speed, history_days=choice.history_days, operations=operations,
        facts=facts, planner=DayPlanner(park, facts), carbon=carbon,
        identity=identity, files=UnitFiles(park, choice.folder, choice.var) if identity else None,
        energy=EnergyDesk(park, choice.folder, choice.var, facts),
        requests=RequestBoard(park, places.operations_url, identity), events=EventBoard(places.operations_url),
        certificates=CertificateBoard(park, places.operations_url, carbon),
        partners=PartnerBoard(park, places.operations_url) if identity else None,
        declarations=DeclarationBoard(park, choice.folder, choice.var, identity) if identity else None,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, _end)
    address = f"http://{HOST}:{choice.port}"
    say(f"Park {park.site.name.en}: {address}")
    say(f"Exhibition wall, open to all: {address}/wall")
    say(f"Sign in once with: {address}/sign-in/{token}")
    threading.Thread(target=carbon.keep_up, args=(ended,), name="carbon", daemon=True).start()
    try:
        uvicorn.run(app, host=HOST, port=choice.port, log_level="warning", access_log=False)
    finally:
        ended.set()


def _end(_number: int, _frame: object) -> NoReturn:
    """End as after Ctrl-C: uvicorn raises the signal again once it is down, and the workers are told to stop."""
    raise SystemExit(0)
