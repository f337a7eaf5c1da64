"""A site with a small park, a day of facts and an operational database, for tests of the API and the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from carbon_fixture import FakeCarbon, FakeMeters
from energy_fixture import FakeEnergy
from facts_fixture import DAY, MemoryFacts, batches
from fastapi import FastAPI
from park_fixture import small_park
from requests_fixture import FakeDeclarations, FakeRequests

from parkwright.carbon.own import Gtin, Identity
from parkwright.connect.pact_wire import WireError
from parkwright.model.trade_item import check_digit
from parkwright.show.context import CarbonAnswers, FileAnswers, RequestAnswers
from parkwright.show.site import make_app
from parkwright.store.operations import Operations
from parkwright.wire.certificates import CertificateBoard
from parkwright.wire.partner_board import PartnerBoard
from parkwright.wire.planning import DayPlanner
from parkwright.wire.received import EventBoard

HOUR = 14.62
FAKE = FakeCarbon()


def identity_of(park, **changes) -> Identity:
    """How a park names itself, with a trade item number for each product that is sold."""
    sold = [one.id for one in park.products if one.kind == "finished"]
    numbers = [f"0952000000{place:03d}" for place in range(len(sold))]
    return Identity(
        company_name="Park", company_ids=("urn:x:park",), product_urn="urn:x:product:", material_urn="urn:x:material:",
        country="CN", fossil_carbon_share="0.1", basis="assumed: a test",
        gtin=tuple(
            Gtin(product_id=name, gtin=f"{number}{check_digit(number)}")
            for name, number in zip(sold, numbers, strict=True)
        ),
    ).model_copy(update=changes)  # fmt: skip


class FakeFiles:
    """Answers like wire.exports: a unit in two formats, one of which wants what is not declared."""

    forms = ("catenax-dpp", "epcis")

    def file(self, unit_id: str, form: str) -> tuple[str, bytes] | None:
        """A file that names its unit."""
        if form == "catenax-bom-as-built":
            raise WireError("carbon/exchange.toml: manufacturer_id is empty; write it")
        return None if unit_id.startswith("open") else (f"{unit_id}-{form}.json", b'{"unit": "%s"}' % unit_id.encode())


FILES = FakeFiles()


def make_site(
    folder: Path,
    hour: float = HOUR,
    with_pages: bool = False,
    history: int = 14,
    carbon: CarbonAnswers | None = FAKE,
    requests: RequestAnswers | None = None,
    files: FileAnswers | None = FILES,
) -> tuple[FastAPI, Operations]:
    """Return the application at `hour` of the fixture's day, and its operational database."""
    park = small_park()
    now = park.midnight(DAY) + timedelta(hours=hour)
    operations = Operations(f"sqlite:///{folder / 'operations.db'}")
    facts = MemoryFacts(batches(park, now, history), now)
    app = make_app(
        park, folder, lambda: now + timedelta(seconds=20), facts=facts, operations=operations, with_pages=with_pages,
        planner=DayPlanner(park, facts), carbon=carbon, identity=identity_of(park), energy=FakeEnergy(),
        requests=requests or FakeRequests(), files=files, events=EventBoard(f"sqlite:///{folder / 'operations.db'}"),
        partners=PartnerBoard(park, f"sqlite:///{folder / 'operations.db'}"),
        declarations=FakeDeclarations(),
        certificates=CertificateBoard(park, f"sqlite:///{folder / 'operations.db'}", FakeMeters(park)),
    )  # fmt: skip
    return app, operations


def session(operations: Operations, role: str = "admin") -> str:
    """Return the token of a new session of that role."""
    now = datetime.now(UTC)
    token = operations.redeem(operations.create_sign_in_link(role, now), now)
    assert token is not None
    return token
