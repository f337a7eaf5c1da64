"""Beside the inventory: the national form, published claims, and low-temperature solder as computed and as claimed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from parkwright.show.answers.factors import FactorRow, factor_row
from parkwright.show.answers.figure import Answer, Input, Why

FORMULAS = ("why.national_1", "why.national_2", "why.national_3", "why.national_4")
"""Message that explains a row of the form, by its place."""


class NationalRow(Answer):
    """A row of the national form [t CO2e]."""

    row: int
    name_en: str
    name_zh: str
    t: float
    mwh: float | None = Field(None, description="electricity behind it; null for other rows")
    gases: dict[str, float] = Field({}, description="gas released -> t CO2e")


class NationalForm(Answer):
    """The inventory in the national form for electronics manufacturers: fuel, process and power bought, less sold."""

    form: str = Field(description="standard of the form")
    rows: list[NationalRow]
    total_t: float
    fuel_mwh: float = Field(description="gas burnt, gross calorific value")
    electricity_factor: FactorRow = Field(description="the last edition that power was posted with")
    other_electricity_factors: list[FactorRow] = Field([], description="editions that earlier days were posted with")

    def why(self, row: NationalRow) -> Why:
        """How a row came about: of power, what the meters read and the factor; of the others, the ledger's lines."""
        formula = FORMULAS[row.row - 1]
        if row.mwh is None:
            burnt = [Input(name="input.gas", value=self.fuel_mwh * 1000, unit="kWh", source="postings")]
            return Why(formula=formula, inputs=burnt if row.row == 1 else [])
        power = Input(name="input.electricity", value=row.mwh * 1000, unit="kWh", source="postings")
        used = [
            Input(
                name="input.factor", value=float(one.value), unit=f"kg {one.gas}/{one.unit}", source=one.id,
            )
            for one in (*self.other_electricity_factors, self.electricity_factor)
        ]  # fmt: skip
        return Why(formula=formula, inputs=[power, *used])


class Claim(Answer):
    """A published target of a company: a cited example, never a result of this park."""

    id: str
    name_en: str
    name_zh: str
    base_year: str
    target_year: str
    reduction: float = Field(description="published share")
    measure_en: str
    measure_zh: str
    source: str


class SolderComputed(Answer):
    """What low-temperature paste saves by the meters of the park's ovens."""

    oven_kwh: float = Field(description="energy of the ovens over the days")
    boards: int
    days: int
    ovens: int
    kwh_per_board: float
    saved_kg_per_board: float
    saved_t_per_year: float
    t_per_oven: float = Field(description="a year")
    kw_per_oven: float = Field(description="power saved around the clock")
    gasoline_l_by_factor: dict[str, float] = Field(description="edition of the factor -> litres that emit as much")
    factor: str
    share: float = Field(description="of the energy that the paste saves")
    share_basis: str

    @property
    def why(self) -> Why:
        """How the saving of a year came about."""
        rows = (
            ("input.ovens", self.oven_kwh, "kWh", "readings"),
            ("input.saved_share", self.share * 100, "%", "solder.toml"),
            ("input.days_closed", self.days, "", "books"),
        )
        inputs = [Input(name=name, value=value, unit=unit, source=source) for name, value, unit, source in rows]
        return Why(formula="why.solder", inputs=inputs)


class SolderSaid(Answer):
    """A published saving, in the terms of the computed one."""

    id: str
    name_en: str
    name_zh: str
    saved_t: float = Field(description="a year")
    t_per_oven: float | None = Field(description="null where it does not say how many lines it covers")
    implied_kw_per_oven: dict[str, float] = Field(description="factor of a grid -> power saved around the clock")
    claimed_gasoline_l: float | None = Field(description="litres that it was compared with")
    gasoline_l_by_factor: dict[str, float] = Field(description="edition of the factor -> litres that emit as much")
    source: str


class Solder(Answer):
    """The worked example: computed beside claimed."""

    computed: SolderComputed | None = Field(description="null where no board was made in the days")
    claims: list[SolderSaid]


def national_form(found: Mapping[str, Any]) -> NationalForm:
    """Return the national form of an inventory in the wire's form."""
    rows = [NationalRow.model_validate(row) for row in found["rows"]]
    factor = factor_row(found["electricity_factor"])
    kept = {name: found[name] for name in ("form", "total_t", "fuel_mwh")}
    earlier = [factor_row(one) for one in found["other_electricity_factors"]]
    return NationalForm(rows=rows, electricity_factor=factor, other_electricity_factors=earlier, **kept)


def claim(found: Mapping[str, Any]) -> Claim:
    """Return a published target."""
    kept = {name: found[name] for name in ("id", "base_year", "target_year", "reduction", "source")}
    title, measure = found["title"], found["measure"]
    return Claim(
        name_en=title["en"], name_zh=title["zh"], measure_en=measure["en"], measure_zh=measure["zh"], **kept
    )  # fmt: skip


def solder(found: Mapping[str, Any] | None) -> Solder | None:
    """Return the worked example; None where the park's book has none."""
    if found is None:
        return None
    computed = None if found["computed"] is None else SolderComputed.model_validate(found["computed"])
    return Solder(computed=computed, claims=[_said(one) for one in found["claims"]])


def _said(found: Mapping[str, Any]) -> SolderSaid:
    kept = {name: found[name] for name in SolderSaid.model_fields if name in found}
    return SolderSaid(name_en=found["text"]["en"], name_zh=found["text"]["zh"], **kept)
