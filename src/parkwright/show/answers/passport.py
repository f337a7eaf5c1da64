"""Passport: what is this unit, and can I trust it?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl
from pydantic import Field

from parkwright.carbon import explain
from parkwright.carbon.explain import Explanation, MaterialStep
from parkwright.carbon.passport import counted
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.model.tables import PASSPORTS, POSTINGS, READINGS, RESTATEMENTS
from parkwright.show.answers.figure import Answer, Rows
from parkwright.show.answers.footprint import UnitFootprint, unit_footprint
from parkwright.show.answers.genealogy import Part, genealogy, unit_day
from parkwright.show.context import CarbonAnswers, FactsReader

UG_PER_KG = 1_000_000_000


class PassportRow(Answer):
    """A passport in a list."""

    unit_id: str
    product_id: str
    name_en: str
    name_zh: str
    order_id: str
    at: datetime = Field(description="packed")
    status: str = Field(description="provisional or final")
    energy_kg: float = Field(description="energy of the park, location-based [kg CO2e]")
    location_kg: float = Field(description="that and purchased materials [kg CO2e]")


class PassportList(Answer):
    """Passports found, newest first."""

    day: str | None = Field(description="day searched; null when no day has passports yet")
    days: list[str] = Field(description="days that have passports")
    total: int
    rows: list[PassportRow]


class Verdict(Answer):
    """A decision about the unit."""

    at: datetime
    segment_id: str
    verdict: str
    reason: str


class Carbon(Answer):
    """What the ledger attributed to a unit, in its integers: by the emission factor of scope 2, exact to the meters."""

    status: str = Field(description="provisional: overheads are added when the day is closed; final")
    direct_mwh_int: int = Field(description="energy at the machines it passed, its boards included [mWh]")
    overhead_mwh_int: int = Field(description="its share of idle, base load, losses and scrap [mWh]")
    location_ug: int = Field(description="emissions of that energy, location-based [ug CO2e]")
    market_ug: int = Field(description="emissions of that energy, market-based [ug CO2e]")
    material_ug: int = Field(description="purchased materials, cradle to gate, with its share of scrap's [ug CO2e]")
    cost_1e4cny: int = Field(description="cost of that energy [1e-4 CNY]")
    location_kg: float = Field(description="energy location-based and materials together [kg CO2e]")
    market_kg: float = Field(description="energy market-based and materials together [kg CO2e]")


class Passport(Answer):
    """A finished unit: origin, quality, carbon, and the state of the ledger that vouches for it."""

    unit_id: str
    product_id: str
    name_en: str
    name_zh: str
    mass_kg: float | None
    site_en: str
    site_zh: str
    order_id: str
    market_id: str
    due: datetime | None
    packed: datetime
    on_time: bool | None
    carbon: Carbon = Field(description="attributed by the ledger; never the product carbon footprint")
    footprint: UnitFootprint | None = Field(
        description="product carbon footprint by life-cycle factors, and why it differs from what was attributed; null "
        "until the day is closed, or where the park's carbon book says nothing about footprints"
    )
    verdicts: list[Verdict]
    first_pass: bool = Field(description="passed every station at the first try")
    genealogy: Part | None
    ledger_seq: int = Field(description="last batch of the ledger when this was read")
    ledger_hash: str = Field(description="its link of the hash chain, hex")


class Explained(Answer):
    """Each step from a meter to the passport's figures, and whether the steps add up to it exactly."""

    unit_id: str
    unit: Explanation
    boards: list[Explanation] = Field(description="boards built in, while the passport is provisional")
    materials: list[MaterialStep]
    direct_mwh_int: int = Field(description="energy of the meter steps [mWh]")
    overhead_mwh_int: int = Field(description="energy of the overhead steps [mWh]")
    direct_location_ug: int = Field(description="emissions of the factor steps, location-based [ug CO2e]")
    location_ug: int = Field(description="all of them, location-based [ug CO2e]")
    market_ug: int = Field(description="all of them, market-based [ug CO2e]")
    cost_1e4cny: int = Field(description="cost of the energy [1e-4 CNY]")
    material_ug: int = Field(description="purchased materials: of the bill, and shares of scrapped units' [ug CO2e]")
    scrap_material_ug: int = Field(description="of them, shares of what scrapped units consumed [ug CO2e]")
    difference_material_ug: int = Field(description="material steps less passport; 0 when it adds up")
    difference_mwh_int: int = Field(description="steps less passport; 0 when it adds up")
    difference_ug: int = Field(description="location-based steps less passport; 0 when it adds up")


def passports(
    park: Park, rows: Rows, day: str | None, days: list[str], query: str, limit: int, offset: int
) -> PassportList:
    """Return the passports of `day` whose serial number, product or order holds `query`, newest first."""
    if day is None:
        return PassportList(day=None, days=days, total=0, rows=[])
    frame = rows.read("passports", day).unique("unit_id", keep="last", maintain_order=True)
    wanted = query.strip().lower()
    if wanted:
        holds = [
            pl.col(c).str.to_lowercase().str.contains(wanted, literal=True)
            for c in ("unit_id", "product_id", "order_id")
        ]
        frame = frame.filter(pl.any_horizontal(holds))
    page = frame.sort("at", "unit_id", descending=[True, False]).slice(offset, limit)
    return PassportList(
        day=day, days=days, total=frame.height, rows=[_row(park, found) for found in page.iter_rows(named=True)]
    )


def _row(park: Park, found: dict[str, object]) -> PassportRow:
    product = park.product.get(str(found["product_id"]))
    kept = {name: found[name] for name in ("unit_id", "product_id", "order_id", "at", "status")}
    return PassportRow.model_validate(
        kept
        | {
            "name_en": product.name.en if product else found["product_id"],
            "name_zh": product.name.zh if product else found["product_id"],
            "energy_kg": int(str(found["location_ug"])) / UG_PER_KG,
            "location_kg": (int(str(found["location_ug"])) + int(str(found["material_ug"]))) / UG_PER_KG,
        }
    )


def last_row(facts: FactsReader, unit_id: str) -> dict[str, object] | None:
    """Return the newest passport row of a unit; None when it has none."""
    day = unit_day(unit_id)
    found = facts.lookup("passports", day, "unit_id", unit_id) if day else PASSPORTS.empty()
    if not found.height:
        found = facts.lookup("passports", None, "unit_id", unit_id)
    return found.row(-1, named=True) if found.height else None


def passport(park: Park, facts: FactsReader, unit_id: str, carbon: CarbonAnswers | None = None) -> Passport | None:
    """Return the passport of a unit; None when it has none (yet). carbon: who knows its footprint."""
    row = last_row(facts, unit_id)
    if row is None:
        return None
    day = unit_day(unit_id)
    product = park.product.get(str(row["product_id"]))
    orders = facts.lookup("job_orders", day, "order_id", str(row["order_id"]))
    order = orders.row(-1, named=True) if orders.height else None
    due = order["due"] if order else None
    verdicts = facts.lookup("verdicts", day, "unit_id", unit_id).sort("at")
    tree = genealogy(park, facts, unit_id)
    seq, digest = facts.head()
    return Passport(
        unit_id=unit_id,
        product_id=str(row["product_id"]),
        name_en=product.name.en if product else str(row["product_id"]),
        name_zh=product.name.zh if product else str(row["product_id"]),
        mass_kg=product.mass_kg if product else None,
        site_en=park.site.name.en,
        site_zh=park.site.name.zh,
        order_id=str(row["order_id"]),
        market_id=str(order["market_id"]) if order else "",
        due=due,
        packed=_instant(row["at"]),
        on_time=None if due is None else _instant(row["at"]) <= due,
        carbon=_carbon(row),
        footprint=unit_footprint(park, carbon, unit_id, packed_on(park, row)) if row["status"] == "final" else None,
        verdicts=[
            Verdict(at=v["at"], segment_id=v["segment_id"], verdict=v["verdict"], reason=v["reason"])
            for v in verdicts.iter_rows(named=True)
        ],
        first_pass=tree is not None and all(step.result == "ok" for step in tree.passages),
        genealogy=tree,
        ledger_seq=seq,
        ledger_hash=digest.hex(),
    )


def packed_on(park: Park, row: Mapping[str, object]) -> date:
    """Return the day in the park's time zone on which a unit was packed; row: of PASSPORTS."""
    return _instant(row["at"]).astimezone(park.zone).date()


def _instant(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no instant; passports give aware UTC times")
    return value


def _carbon(row: dict[str, object]) -> Carbon:
    whole = {name: int(str(row[name])) for name in Carbon.model_fields if name in row and name != "status"}
    material = whole["material_ug"]
    return Carbon(
        status=str(row["status"]),
        location_kg=(whole["location_ug"] + material) / UG_PER_KG,
        market_kg=(whole["market_ug"] + material) / UG_PER_KG,
        **whole,
    )


def explained(park: Park, facts: FactsReader, unit_id: str) -> Explained | None:
    """Return how a unit's passport came about, step by step; None when nothing is posted on it.

    A provisional passport holds its boards' energy too; they are explained beside it until the close moves it.
    """
    row = last_row(facts, unit_id)
    tree = genealogy(park, facts, unit_id)
    if row is None or tree is None:
        return None
    parts = _parts(tree)
    days = sorted({day for day in (unit_day(part) for part in [unit_id, *parts]) if day})
    postings = _journals_of(facts, days, [unit_id, *parts])
    recorded = pl.concat([READINGS.empty(), *(facts.read("readings", day) for day in days)])
    restated = pl.concat([RESTATEMENTS.empty(), *(facts.read("restatements", day) for day in days)])
    readings = views.current_readings(recorded, restated)
    try:
        own = explain.unit(unit_id, postings, readings, park)
    except LedgerError:
        return None
    boards = []
    if not own.boards:
        for part in parts:
            if (postings["account"] == f"unit:{part}").any():
                boards.append(explain.unit(part, postings, readings, park))
    steps = [own, *boards]
    direct, overhead = sum(s.direct_mwh_int for s in steps), sum(s.overhead_mwh_int for s in steps)
    location = sum(s.location_ug for s in steps)
    packed = packed_on(park, row).isoformat()
    materials = list(explain.materials(str(row["product_id"]), counted(park, facts.read("footprints", packed))))
    of_bill = sum(step.material_ug for step in materials)
    material = own.material_ug or of_bill  # materials are posted when the day is closed
    return Explained(
        unit_id=unit_id,
        unit=own,
        boards=boards,
        materials=materials,
        material_ug=material,
        scrap_material_ug=material - of_bill,
        difference_material_ug=material - int(str(row["material_ug"])),
        direct_location_ug=sum(
            step.share.quantity for each in steps for step in each.emissions if step.view == "location"
        ),
        direct_mwh_int=direct,
        overhead_mwh_int=overhead,
        location_ug=location,
        market_ug=sum(s.market_ug for s in steps),
        cost_1e4cny=sum(s.cost_1e4cny for s in steps),
        difference_mwh_int=direct + overhead - int(str(row["direct_mwh_int"])) - int(str(row["overhead_mwh_int"])),
        difference_ug=location - int(str(row["location_ug"])),
    )


def _parts(tree: Part) -> list[str]:
    found = []
    for part in tree.parts:
        found += [part.unit_id, *_parts(part)]
    return found


def _journals_of(facts: FactsReader, days: list[str], units: list[str]) -> pl.DataFrame:
    """Return the postings of all journals that touch the units, and of the intervals in which they do."""
    accounts = [f"unit:{unit}" for unit in units]
    found = [POSTINGS.empty()]
    for day in days:
        rows = facts.read("postings", day)
        mine = rows.filter(pl.col("account").is_in(accounts))
        touched = pl.col("journal_id").is_in(mine["journal_id"].unique().to_list())
        found.append(rows.filter(touched | pl.col("start").is_in(mine["start"].unique().to_list())))
    return pl.concat(found)


def passport_day(today: date, days: list[str]) -> str | None:
    """Return the day to list passports of: today when it has some, else the last day that has; None without any."""
    if today.isoformat() in days:
        return today.isoformat()
    return days[-1] if days else None
