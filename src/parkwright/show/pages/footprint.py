"""The product carbon footprint of a unit beside what the ledger attributed to it, and why they differ."""

from __future__ import annotations

from collections.abc import Sequence

from parkwright.show.answers.footprint import Contribution, Foot, UnitFootprint
from parkwright.show.answers.passport import Passport
from parkwright.show.pages.parts import card, e, heads, state, table
from parkwright.show.words import Words

UG_PER_KG = 1_000_000_000
SHOWN = 6
"""Contributions that are shown before the rest is opened."""
COLOURS = {"material": "var(--carbon)", "freight": "var(--battery)", "energy": "var(--grid)"}


def footprint_card(words: Words, found: Passport) -> str:
    """Return the footprint with its interval, data quality and contributions, or why there is none."""
    title = words.say("foot.title")
    foot = found.footprint
    if foot is None:
        return card(title, state(words.say("state.empty"), words.say(absent_key(found))))
    number, unit = words.quantity(foot.total_kg, "kg", 4)
    head = f'<p class="total">{e(number)}<small>{e(unit)} CO₂e · {e(words.say("foot.life_cycle"))}</small></p>'
    facts = "".join(f"<div><dt>{e(name)}</dt><dd>{e(value)}</dd></div>" for name, value in quality(words, foot))
    body = f'{head}<p class="small muted">{e(words.say("foot.why"))}</p>{_bars(words, foot)}'
    return card(title, f'{body}<dl class="facts gap">{facts}</dl>{contributions(words, foot.contributions)}')


def absent_key(found: Passport) -> str:
    """Return the message that says why a unit has no footprint."""
    return "foot.open" if found.carbon.status == "provisional" else "foot.no_book"


def quality(words: Words, foot: Foot) -> list[tuple[str, str]]:
    """Return how sure and how good a footprint is, as (name, value)."""
    low, high = (words.number(end, 4) for end in (foot.low_kg, foot.high_kg))
    return [
        (words.say("foot.interval"), f"{low} – {high} kg"),
        (words.say("foot.primary"), words.percent(foot.primary_share)),
        (words.say("foot.rating"), f"{words.number(foot.quality_rating, 2)} ({words.say('foot.rating_scale')})"),
    ]


def _bars(words: Words, foot: UnitFootprint) -> str:
    whole = foot.total_kg or 1
    bars, names = "", ""
    for kind, colour in COLOURS.items():
        kg, name = foot.by_kind_kg[kind], e(words.say(f"foot_kind.{kind}"))
        bars += f'<i style="flex:{max(kg, 0) / whole:.5f} 0 2px;background:{colour}" title="{name}"></i>'
        names += f'<span><i style="background:{colour}"></i>{name} {e(words.amount(kg, "kg", 4))}</span>'
    return f'<div class="stack" aria-hidden="true">{bars}</div><p class="key">{names}</p>'


def contributions(words: Words, parts: Sequence[Contribution]) -> str:
    """Return the parts of a footprint, largest first; those after the first few are opened by a press."""
    first, rest = parts[:SHOWN], parts[SHOWN:]
    text = f'<h3 class="gap">{e(words.say("foot.contributions"))}</h3>{_parts(words, first)}'
    if rest:
        kg = words.amount(sum(part.kg for part in rest), "kg", 3)
        more = words.say("foot.more", n=len(rest))
        text += (
            f'<details class="step gap"><summary><b>{e(more)}</b><span class="grow"></span><b>{e(kg)}</b></summary>'
            f"<div>{_parts(words, rest)}</div></details>"
        )
    return text


def _parts(words: Words, parts: Sequence[Contribution]) -> str:
    columns = heads(
        words, "foot.part", "foot.quantity>~", "=kg CO₂e>", "foot.share>", "foot.primary_short>~",
        "foot.rating_short>~", "foot.origin~",
    )  # fmt: skip
    rows = []
    for part in parts:
        name = words.name(part) if part.kind != "energy" else words.say("foot_kind.energy")
        kind = (
            ""
            if part.kind == "energy"
            else f' <span class="muted small">{e(words.say(f"foot_kind.{part.kind}"))}</span>'
        )
        rows.append(
            (
                f"{e(name)}{kind}",
                f"{e(words.number(part.quantity, 4))} {e(words.known(f'count.{part.unit}', part.unit))}",
                e(words.number(part.kg, 4)),
                e(words.percent(part.share)),
                e(words.percent(part.primary_share)),
                e(words.number(part.quality_rating, 2)),
                f'<span class="muted small">{e(words.known(f"foot_from.{part.origin}", part.origin))}</span>',
            )
        )
    return table(columns, rows)


def reconciliation_card(words: Words, found: Passport) -> str:
    """Return both figures component by component with what lies between them; nothing where there is one alone."""
    if found.footprint is None:
        return ""
    body = reconciliation(words, found.footprint)
    text = words.say("foot.exact", n=words.whole(found.footprint.difference_ug))
    return f'<div class="row">{card(words.say("foot.differ"), f"{body}<p class=sum>✓ {e(text)}</p>")}</div>'


def reconciliation(words: Words, foot: UnitFootprint) -> str:
    """Return the table of both figures component by component [kg CO2e]."""
    columns = heads(words, "foot.component", "foot.attributed>", "foot.footprint>", "foot.difference>")
    rows = [
        (
            f'{e(words.say(f"foot_component.{one.component}"))}<br><span class="muted small">'
            f"{e(words.say(f'foot_component.{one.component}_why'))}</span>",
            _kg(words, one.attributed_ug),
            _kg(words, one.footprint_ug),
            _kg(words, one.difference_ug, signed=True),
        )
        for one in foot.reconciliation
    ]
    end = (
        e(words.say("carbon.total")),
        _kg(words, foot.attributed_ug),
        _kg(words, foot.total_ug),
        _kg(words, foot.difference_ug, signed=True),
    )
    return table(columns, rows, end)


def _kg(words: Words, co2e_ug: int, *, signed: bool = False) -> str:
    return e(f"{'+' if signed and co2e_ug > 0 else ''}{words.number(co2e_ug / UG_PER_KG, 5)}")
