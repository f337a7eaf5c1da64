"""Carbon, beside the inventory: the national form, published targets, and solder as computed and as claimed."""

from __future__ import annotations

from collections.abc import Mapping

from parkwright.show.answers.carbon import CarbonReport
from parkwright.show.answers.carbon_forms import Claim, NationalForm, Solder
from parkwright.show.pages.parts import badge, card, e, heads, table, why_button, why_template
from parkwright.show.words import MISSING, Words

SOLD = 4
"""Row of the form that is deducted: electricity sold. References: GB/T 32151.24-2024."""


def national_card(words: Words, report: CarbonReport) -> str:
    """Return the national form for electronics manufacturers, row by row, each with its explanation."""
    form = report.national
    columns = heads(words, "national.row", "national.item", "=t CO₂>", "=MWh>~", "national.why")
    rows = [
        (
            e(row.row),
            e(words.name(row)) + _gases(words, row.gases),
            e(words.number(-row.t if row.row == SOLD else row.t, 6)),
            e(words.number(row.mwh, 6)),
            why_button(words, words.name(row)) + why_template(words, words.name(row), form.why(row)),
        )
        for row in form.rows
    ]
    foot = ("", e(words.say("national.total")), e(words.number(form.total_t, 6)), "", "")
    return card(words.say("national.title", form=form.form), table(columns, rows, foot) + _factor(words, form))


def _gases(words: Words, gases: Mapping[str, float]) -> str:
    told = ", ".join(f"{gas} {words.number(amount, 4)} t" for gas, amount in gases.items())
    return f' <span class="muted small">{e(told)}</span>' if told else ""


def _factor(words: Words, form: NationalForm) -> str:
    one = form.electricity_factor
    text = words.say(
        "national.factor", value=one.value, gas=one.gas, unit=one.unit, publisher=one.publisher, document=one.document,
        cell=one.cell, year=one.data_year,
    )  # fmt: skip
    others = ", ".join(f'<a class="mono" href="/factors">{e(each.id)}</a>' for each in form.other_electricity_factors)
    earlier = f" {e(words.say('national.earlier'))} {others}" if others else ""
    return f'<p class="muted small">{e(text)} <a class="mono" href="/factors">{e(one.id)}</a>{earlier}</p>'


def claims_card(words: Words, claims: list[Claim]) -> str:
    """Return the published targets of a company as cited; nothing where the park cites none."""
    if not claims:
        return ""
    columns = heads(words, "claims.claim", "claims.reduction>", "claims.years~", "claims.measure", "claims.source~")
    rows = [
        (
            e(words.name(one)),
            e(words.percent(one.reduction)),
            e(f"{one.base_year} – {one.target_year}"),
            e(one.measure_zh if words.language == "zh" else one.measure_en),
            f'<span class="muted small">{e(one.source)}</span>',
        )
        for one in claims
    ]
    note = f'<p class="muted small">{e(words.say("claims.about"))}</p>'
    return card(words.say("claims.title"), note + table(columns, rows))


def solder_card(words: Words, found: Solder | None) -> str:
    """Return what low-temperature solder saves by the ovens' meters beside each claim; nothing without the example."""
    if found is None:
        return ""
    columns = heads(
        words, "solder.what", "solder.saved>", "solder.oven>~", "solder.power>~", "solder.litres>~", "solder.source~"
    )
    computed = found.computed
    rows = []
    if computed is not None:
        title = words.say("solder.computed", ovens=computed.ovens)
        notes = [words.say("solder.factor", factor=computed.factor), computed.share_basis]
        why = why_button(words, title) + why_template(words, title, computed.why, notes)
        rows.append(
            (
                f"{badge(words.say('solder.metered'), 'good')} {e(title)} {why}",
                e(words.number(computed.saved_t_per_year, 4)),
                e(words.number(computed.t_per_oven, 4)),
                e(words.number(computed.kw_per_oven, 3)),
                _each(words, computed.gasoline_l_by_factor),
                e(words.say("solder.of_share", share=words.percent(computed.share))),
            )
        )
    rows += [
        (
            f"{badge(words.say('solder.claimed'), 'note')} {e(words.name(one))}",
            e(words.number(one.saved_t, 4)),
            e(words.number(one.t_per_oven, 4)),
            _each(words, one.implied_kw_per_oven),
            _each(words, one.gasoline_l_by_factor, one.claimed_gasoline_l),
            f'<span class="muted small">{e(one.source)}</span>',
        )
        for one in found.claims
    ]
    told = words.say("solder.about") if computed else words.say("solder.no_boards")
    return card(words.say("solder.title"), f'<p class="muted small">{e(told)}</p>{table(columns, rows)}')


def _each(words: Words, values: Mapping[str, float], claimed: float | None = None) -> str:
    """Return a value by edition of the factor, after the claimed one where there is one."""
    said = [] if claimed is None else [e(words.say("solder.said", n=words.number(claimed, 4)))]
    found = [*said, *(f"{e(words.number(value, 4))} {_small(name)}" for name, value in values.items())]
    return "<br>".join(found) or MISSING


def _small(text: str) -> str:
    return f'<span class="muted small">{e(text)}</span>'
