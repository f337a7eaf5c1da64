"""The pages served in this process, drawn at once as a browser would show them, on a park full of planted markup."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
from carbon_fixture import FakeCarbon, FakeMeters
from desk_fixture import HOUR, session
from energy_fixture import FakeEnergy
from events_fixture import enter_events
from facts_fixture import DAY, MemoryFacts, batches, table
from fastapi import FastAPI
from fastapi.testclient import TestClient
from park_fixture import small_park
from pydantic import BaseModel
from requests_fixture import FakeDeclarations, FakeRequests

from parkwright.carbon.certificates import Kind
from parkwright.model.noun import Text
from parkwright.model.park import Park
from parkwright.run.ports import Batch
from parkwright.show.auth import COOKIE
from parkwright.show.site import make_app
from parkwright.store.operations import Operations
from parkwright.wire.certificates import CertificateBoard
from parkwright.wire.partner_board import PartnerBoard
from parkwright.wire.planning import DayPlanner
from parkwright.wire.received import EventBoard

MARK = "<script>planted()</script><img src=x onerror=planted()>"
FREE_TEXT = {
    "name_en",
    "name_zh",
    "basis",
    "species",
    "publisher",
    "document",
    "cell",
    "geography",
    "licence",
    "country",
}
"""String fields of the model that hold what somebody wrote, beside names (Text); the others are ids and words."""
DRAWN_BY_TIMER = (
    "home", "plan", "energy", "energy_ahead", "energy_try", "buildings", "passport", "carbon", "zero_carbon",
    "greening", "report", "requests", "postings", "factors",
)  # fmt: skip


def planted(value: Any) -> Any:
    """Return a noun of the park with MARK in every free text."""
    if isinstance(value, Text):
        return Text(en=MARK + value.en, zh=MARK + value.zh)
    if isinstance(value, BaseModel):
        found = {name: getattr(value, name) for name in type(value).model_fields}
        return value.model_copy(
            update={n: MARK + v if n in FREE_TEXT and isinstance(v, str) else planted(v) for n, v in found.items()}
        )
    return tuple(planted(one) for one in value) if isinstance(value, tuple) else value


def planted_park() -> Park:
    """Return the small park with MARK in every free text of every noun."""
    park = small_park()
    return replace(
        park, **{f.name: planted(getattr(park, f.name)) for f in fields(park) if f.init and f.name != "weather"}
    )


def planted_facts(park: Park, hour: float = HOUR) -> MemoryFacts:
    """Return a day of facts with MARK in the strings that machines, suppliers and people write."""
    now = park.midnight(DAY) + timedelta(hours=hour)
    found = []
    for batch in batches(park, now, 3):
        rows = batch.rows
        for kind, column in (("verdicts", "reason"), ("mounts", "lot_id"), ("alarms", "text")):
            if batch.kind == kind:
                rows = rows.with_columns((pl.lit(MARK) + pl.col(column)).alias(column))
        found.append(Batch(batch.source, batch.day, batch.sequence, batch.kind, batch.day, rows))
    alarm = {"at": now - timedelta(minutes=3), "kind": MARK, "thing_id": MARK, "severity": 1, "text": MARK}
    found.append(Batch("late", DAY.isoformat(), 0, "alarms", DAY.isoformat(), table("alarms", [alarm])))
    return MemoryFacts(found, now)


class Markup(HTMLParser):
    """The tags of a piece of HTML, and those of them that would run the planted script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.planted: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        runs = [name for name, value in attrs if name.startswith("on") and "planted" in (value or "")]
        if tag == "script" or runs or (tag == "img" and ("src", "x") in attrs):
            self.planted.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@dataclass
class Drawn:
    """A page as served: status, head, and what its elements hold."""

    status: int
    head: str
    elements: list[dict[str, Any]]

    @property
    def pieces(self) -> list[Markup]:
        """The HTML of the page's blocks."""
        return [Markup(one["props"]["innerHTML"]) for one in self.elements if one.get("props", {}).get("innerHTML")]

    @property
    def html(self) -> str:
        """All of it as text."""
        return "\n".join(one["props"]["innerHTML"] for one in self.elements if one.get("props", {}).get("innerHTML"))

    @property
    def text(self) -> str:
        """What a reader reads."""
        return " ".join(piece.text for piece in self.pieces)

    @property
    def charts(self) -> list[dict[str, Any]]:
        """The options of the charts."""
        return [one["props"]["options"] for one in self.elements if "options" in one.get("props", {})]


class Pages:
    """The application with its pages, and a way to look at one as somebody."""

    def __init__(self, folder: Path) -> None:
        self.park = planted_park()
        self.facts = planted_facts(self.park)
        self.now = self.facts.recorded_at
        self.url = url = f"sqlite:///{folder / 'operations.db'}"
        self.operations = Operations(url)
        enter_events(url, MARK)
        certificates = CertificateBoard(self.park, url, FakeMeters(self.park))
        kind = Kind(MARK, MARK)
        certificates.enter(("GEC", 1, 9), (DAY, DAY), kind, certificates.person(MARK))
        partners = PartnerBoard(self.park, url)
        partners.register("maker", MARK, self.park.suppliers[0].id)
        self.app: FastAPI = make_app(
            self.park, folder, lambda: self.now + timedelta(seconds=20), facts=self.facts, operations=self.operations,
            history_days=4, planner=DayPlanner(self.park, self.facts), carbon=FakeCarbon(MARK),
            energy=FakeEnergy(MARK),
            requests=FakeRequests(MARK), events=EventBoard(url), partners=partners, certificates=certificates,
            declarations=FakeDeclarations(MARK),
        )  # fmt: skip
        self.client = TestClient(self.app, follow_redirects=False)
        self._sessions: dict[str, str] = {}

    def get(self, path: str, role: str | None = "admin", language: str = "en", theme: str = "light") -> Any:
        """Return the answer to a GET as somebody of that role, None for nobody."""
        cookies = {"parkwright_language": language, "parkwright_theme": theme}
        if role is not None:
            if role not in self._sessions:
                self._sessions[role] = session(self.operations, role)
            cookies[COOKIE] = self._sessions[role]
        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return self.client.get(path, headers={"cookie": header})

    def drawn(self, path: str, role: str = "admin", language: str = "en") -> Drawn:
        """Return a page as a browser has it after its first drawing."""
        answer = self.get(path, role, language)
        held = re.search(r"parseElements\(String\.raw`(.*?)`\)", answer.text, re.S)
        elements = json.loads(unescape(held.group(1))) if held else {}
        return Drawn(answer.status_code, answer.text.partition("</head>")[0], list(elements.values()))
