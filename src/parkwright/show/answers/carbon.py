"""Carbon: where do we stand against the targets, what proves it, and what would bring us further?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import Field

from parkwright.carbon.zerocarbon import NOT_GIVEN
from parkwright.model.park import Park
from parkwright.show.answers.carbon_forms import Claim, NationalForm, Solder, claim, national_form, solder
from parkwright.show.answers.figure import Answer, Figure, Input, Why
from parkwright.show.context import CarbonAnswers

UNSTATED = {
    "not_given": "unstated.not_given",
    "no_energy": "unstated.no_energy",
    "no_power": "unstated.no_power",
    "no_readings": "unstated.no_readings",
    "none_made": "unstated.none_made",
    "no_bill": "unstated.no_bill",
}
"""Why an indicator has no value -> message that says so."""


class Month(Answer):
    """Emissions of the closed days of a month [kg CO2e]."""

    month: str
    scope1_kg: float
    location_kg: float = Field(description="scope 2, location-based")
    market_kg: float = Field(description="scope 2, market-based")
    scope3_kg: float


class ScopeLine(Answer):
    """A line of the inventory, with the factor and the basis that prove it."""

    scope: int
    category: int = Field(description="1 to 15 in scope 3, else 0")
    text: str
    text_zh: str = Field("", description="the text in Chinese; empty where the park gives none")
    kg: float
    factor: str
    basis: str
    terms: str = Field("", description="licence of a share-alike factor, which the line must keep; else empty")


class PathPoint(Answer):
    """What a target allows in a year [t CO2e]."""

    year: int
    allowed_t: float


class TargetRow(Answer):
    """A target: its path, the year's pace, the gap, and the chance of keeping it."""

    id: str
    name_en: str
    name_zh: str
    rule: str
    rule_en: str = Field(description="title of the rule set")
    rule_zh: str
    provisional: bool
    base_year: int
    target_year: int
    reduction: float
    goal_t: float
    pace_t: float = Field(description="a year at the pace of the closed days")
    gap_t: float | None = Field(description="pace less what the path allows this year; null off the path")
    probability: float | None = Field(description="null without a plan")
    path: list[PathPoint]


class MeasureRow(Answer):
    """A step of the abatement curve."""

    id: str
    name_en: str
    name_zh: str
    status: str
    is_metered: bool = Field(False, description="it names meters, so that its saving can be told")
    avoided_t: float
    cny_per_t: float
    cumulative_t: float


class ProcessShare(Answer):
    """What a process of the chain contributes to a unit of a product."""

    process: str = Field(description="material, process of a supplier, freight:<factor> or energy:<day>")
    name_en: str
    name_zh: str
    kg: float = Field(description="for a unit of the product [kg CO2e]")
    share: float


class ProductRow(Answer):
    """The footprint of a unit of a product."""

    product_id: str
    name_en: str
    name_zh: str
    units: int
    kg_per_unit: float
    material_kg: float
    freight_kg: float
    energy_kg: float
    primary_share: float
    quality_rating: float | None = Field(description="1 best to 5")
    cv: float = Field(description="coefficient of variation")
    low_kg: float = Field(description="lower end of the central interval of 95 %")
    high_kg: float = Field(description="its upper end")
    contributions: list[ProcessShare] = Field(description="processes that emit most for it, largest first")


class SharedFactor(Answer):
    """A factor in use whose data are share-alike: what is made from them keeps their terms."""

    factor: str
    pack: str
    licence: str


class LeftOut(Answer):
    """A category of scope 3 that nothing is counted in."""

    category: int = Field(description="1 to 15")
    name: str
    why: str
    is_excluded: bool = Field(description="the park says that it has nothing in it; else no data are given")


class BeyondUse(Answer):
    """Retired or sold certificates, and what of them does not count because less was used than they say."""

    certificate: str
    mwh: float


class CarbonReport(Answer):
    """The carbon accounts of the closed days of a span."""

    start_day: str
    end_day: str
    days_closed: int
    days_not_closed: list[list[str]] = Field(description="first and last day of each gap between them, not counted")
    figures: list[Figure]
    months: list[Month]
    lines: list[ScopeLine]
    annual_share: float = Field(description="load covered by clean energy over the span")
    hourly_share: float = Field(description="the same hour by hour")
    beyond_use: list[BeyondUse] = Field(description="certificates of which more is retired to the days than they used")
    targets: list[TargetRow]
    claims: list[Claim] = Field(description="published targets of a company, cited and never results of this park")
    measures: list[MeasureRow]
    solder: Solder | None = Field(description="low-temperature solder; null where the park's book has no such example")
    national: NationalForm
    products: list[ProductRow]
    unverified_factors: list[str]
    share_alike: list[SharedFactor] = Field(description="factors in use whose terms the report must keep")
    not_included: list[LeftOut] = Field(description="categories of scope 3 that nothing is counted in")


class IndicatorRow(Answer):
    """An indicator of a programme beside its limits."""

    id: str
    programme: str
    name_en: str
    name_zh: str
    unit: str
    value: float | None = Field(description="null where neither metered nor given")
    entry: float | None
    goal: float | None
    meets_entry: bool | None
    meets_goal: bool | None
    verified: bool
    basis: str | dict[str, str] = Field("", description="where its limits are read from")
    given_basis: str | None = Field(None, description="where the value is from, which no meter tells; null: computed")
    terms: list[Input] = Field([], description="part and whole that the value is made of; none where it is given")
    unstated: str = Field(
        "",
        description="why there is no value: not_given, no_energy, no_power, no_readings, none_made (no good unit was "
        "finished) or no_bill (the park has no bill of material); empty where there is one",
    )

    @property
    def why(self) -> Why:
        """How the value came about, or why there is none."""
        if self.value is None:
            return Why(formula=UNSTATED[self.unstated or NOT_GIVEN], inputs=[])
        inputs = [term.model_copy(update={"name": f"term.{term.name}"}) for term in self.terms]
        return Why(formula=f"indicator.{self.id if self.terms else 'given'}", inputs=inputs)


class ChecklistRow(Answer):
    """A function or a supply measure, with what was looked up for it; `missing` says the way where it is not proved."""

    id: str
    part: str
    number: int
    name_en: str
    name_zh: str
    by: str = Field(description="found: what was looked up proves it; named: the park's own word; empty: nothing does")
    proof: str = Field(description="page that shows what was found, or what the park names; empty while nothing does")
    evidence: str = Field(description="what is looked up; empty where the park's own word alone can prove it")
    value: float | None = Field(description="how much of it there is; null where nothing was found")
    newest: str | None = Field(None, description="day of the newest of it, ISO 8601; null where it has none")
    missing_en: str
    missing_zh: str


class Benchmark(Answer):
    """The energy a good unit of the span beside its closed days."""

    days: int = Field(description="closed days with good units")
    kwh_per_unit: float | None
    best_day: str | None
    best_kwh_per_unit: float | None
    median_kwh_per_unit: float | None
    newest_day: str | None = Field(None, description="the last of them")


class Centre(Answer):
    """The indicators and the checklist of the zero-carbon programmes, and the figures behind two of its functions."""

    start_day: str
    end_day: str
    conversion: str
    standard_coal_t: float
    indicators: list[IndicatorRow]
    checklist: list[ChecklistRow]
    benchmark: Benchmark
    certificates_mwh: dict[str, float] = Field(description="certificates of the park by state [MWh]")


def report(carbon: CarbonAnswers, park: Park, start: date | None, end: date | None) -> CarbonReport | None:
    """Return the accounts of a span, of the newest closed year where none is given; None without a closed day."""
    found = carbon.report(start, end)
    if found is None:
        return None
    inventory = found["inventory"]
    return CarbonReport(
        start_day=inventory["from"],
        end_day=inventory["to"],
        days_closed=inventory["days_closed"],
        days_not_closed=inventory["days_not_closed"],
        figures=_figures(inventory),
        months=[Month.model_validate(month) for month in found["months"]],
        lines=_lines(inventory),
        annual_share=inventory["matching"]["annual_rule_share"],
        hourly_share=inventory["matching"]["hourly_share"],
        beyond_use=[BeyondUse.model_validate(one) for one in inventory["certificates_beyond_use"]],
        targets=[_target(one) for one in found["targets"]["targets"]],
        claims=[claim(one) for one in found["targets"]["claims"]],
        measures=_measures(found["abatement"]),
        solder=solder(found["abatement"]["solder"]),
        national=national_form(inventory["national"]),
        products=[product_row(park, one) for one in found["products"]],
        unverified_factors=inventory["unverified_factors"],
        share_alike=[SharedFactor.model_validate(one) for one in inventory["share_alike"]],
        not_included=[LeftOut.model_validate(one) for one in inventory["scope3"]["not_included"]],
    )


def _figures(inventory: Mapping[str, Any]) -> list[Figure]:
    scope2 = inventory["scope2"]
    bought = Input(name="input.import", value=scope2["imported_mwh"] * 1000, unit="kWh", source="postings")
    units = Input(name="input.units_closed", value=inventory["units_good"], unit="units", source="verdicts")
    each = inventory["scope12_kg_per_unit"].get("location")
    rows: tuple[tuple[str, float | None, str, list[Input]], ...] = (
        ("carbon_scope1", inventory["scope1"]["kg"], "kg CO2e", []),
        ("carbon_location", scope2["location_kg"], "kg CO2e", [bought]),
        ("carbon_market", scope2["market_kg"], "kg CO2e", [bought]),
        ("carbon_scope3", inventory["scope3"]["kg"], "kg CO2e", []),
        ("carbon_unit", each, "kg CO2e", [units]),
    )
    return [
        Figure(key=key, value=value, unit=unit, good_is="low", why=Why(formula=f"why.{key}", inputs=inputs))
        for key, value, unit, inputs in rows
    ]


def _lines(inventory: Mapping[str, Any]) -> list[ScopeLine]:
    scope2 = inventory["scope2"]
    rows = [ScopeLine(scope=1, category=0, **line) for line in inventory["scope1"]["lines"]]
    rows += [ScopeLine(scope=2, category=0, **line) for line in scope2["lines"]]
    for category in inventory["scope3"]["categories"]:
        rows += [ScopeLine(scope=3, category=category["category"], **line) for line in category["lines"]]
    terms = {one["factor"]: one["licence"] for one in inventory["share_alike"]}
    return [row.model_copy(update={"terms": terms.get(row.factor, "")}) for row in rows]


def _target(found: Mapping[str, Any]) -> TargetRow:
    kept = {name: found[name] for name in TargetRow.model_fields if name in found}
    path = [PathPoint(year=int(year), allowed_t=amount) for year, amount in found["path_t"].items()]
    title, rule = found["title"], found["rule_title"]
    names = {"name_en": title["en"], "name_zh": title["zh"], "rule_en": rule["en"], "rule_zh": rule["zh"]}
    return TargetRow(path=path, **names, **kept)


def _measures(found: Mapping[str, Any]) -> list[MeasureRow]:
    known = {measure["id"]: measure for measure in found["measures"]}
    return [
        MeasureRow(
            id=step["measure_id"],
            name_en=known[step["measure_id"]]["measure"]["en"],
            name_zh=known[step["measure_id"]]["measure"]["zh"],
            status=known[step["measure_id"]]["status"],
            is_metered=bool(known[step["measure_id"]]["meter_ids"]),
            avoided_t=step["avoided_t"],
            cny_per_t=step["cny_per_t"],
            cumulative_t=step["cumulative_t"],
        )
        for step in found["curve"]
    ]


def product_row(park: Park, found: Mapping[str, Any]) -> ProductRow:
    """Return the footprint of a unit of a product from the wire's answer; a product that is gone is named by its id."""
    product = park.product.get(found["id"])
    parts, (low, high) = found["by_kind_kg"], found["interval_95_kg"]
    return ProductRow(
        product_id=found["id"],
        name_en=product.name.en if product else found["id"],
        name_zh=product.name.zh if product else found["id"],
        units=found["units"],
        kg_per_unit=found["kg_per_unit"],
        material_kg=parts["material"],
        freight_kg=parts["freight"],
        energy_kg=parts["energy"],
        primary_share=found["primary_share"],
        quality_rating=found["quality_rating"],
        cv=found["cv"],
        low_kg=low,
        high_kg=high,
        contributions=[_process(park, one) for one in found["contributions"]],
    )


def _process(park: Park, found: Mapping[str, Any]) -> ProcessShare:
    material = park.material.get(found["process"])
    return ProcessShare(
        process=found["process"],
        name_en=material.name.en if material else found["process"],
        name_zh=material.name.zh if material else found["process"],
        kg=found["kg"],
        share=found["share"],
    )


def centre(carbon: CarbonAnswers, start: date | None, end: date | None) -> Centre | None:
    """Return the indicators and the checklist of a span; None without a closed day."""
    found = carbon.indicators(start, end)
    if found is None:
        return None
    return Centre(
        start_day=found["from"],
        end_day=found["to"],
        conversion=found["conversion"]["id"],
        standard_coal_t=found["standard_coal_t"],
        indicators=[IndicatorRow.model_validate(one) for one in found["indicators"]],
        checklist=[_item(item) for item in found["checklist"]],
        benchmark=Benchmark.model_validate(found["benchmark"]),
        certificates_mwh=found["certificates_mwh"],
    )


def _item(item: Mapping[str, Any]) -> ChecklistRow:
    missing = item["missing"]
    kept = {name: item[name] for name in ("id", "part", "number", "by", "proof", "evidence", "value", "newest")}
    names = {"name_en": item["name"]["en"], "name_zh": item["name"]["zh"]}
    return ChecklistRow(missing_en=missing["en"], missing_zh=missing["zh"], **names, **kept)
