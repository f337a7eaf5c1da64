"""Carbon: where do we stand against the targets, what proves it, and what would bring us further?"""

from __future__ import annotations

from datetime import date

from nicegui import ui
from starlette.requests import Request

from parkwright.show.answers.carbon import CarbonReport, Centre, ProcessShare, ProductRow, TargetRow
from parkwright.show.carbon_api import report_of
from parkwright.show.door import visit_of
from parkwright.show.pages.carbon_asked import (
    change_fields,
    change_told,
    lot_fields,
    lot_told,
    year_fields,
    year_told,
)
from parkwright.show.pages.carbon_charts import curve_chart, flow_chart, line_name, months_chart, path_chart
from parkwright.show.pages.carbon_checks import base_year_fields, base_year_told, saving_fields, saving_told
from parkwright.show.pages.carbon_forms import claims_card, national_card, solder_card
from parkwright.show.pages.filter_bar import exports, filter_bar, span_of
from parkwright.show.pages.forms import AskCard
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.live_chart import LiveChart
from parkwright.show.pages.parts import badge, card, e, figure_card, heads, section_head, state, table
from parkwright.show.words import MISSING, Words

TABS = (
    ("carbon", "/carbon"),
    ("centre", "/zero-carbon"),
    ("greening", "/greening"),
    ("requests", "/requests"),
    ("factors", "/factors"),
)


@ui.page("/carbon")
def carbon_page(request: Request) -> None:
    """Draw the carbon accounts of a span and keep them current."""
    visit = visit_of(request)
    start, end = span_of(request)
    with shell(request, visit, "carbon") as frame:
        if not permitted(visit, frame.words, "carbon"):
            return
        words = frame.words
        heading = block(28, "head")
        figures = block(110)
        with ui.element("div").classes("row halves"):
            months = _chart_card(visit.theme, words.say("scopes.months"))
            flow = _chart_card(visit.theme, words.say("scopes.flows"))
        with ui.element("div").classes("row halves"):
            path = _chart_card(visit.theme, words.say("scopes.path"))
            curve = _chart_card(visit.theme, words.say("scopes.curve"))
        targets, beside = block(120, "row"), block(120, "row")
        with ui.element("div").classes("row halves"):
            base = AskCard(words, "base_year", lambda given: base_year_told(visit, words, given))
            saved = AskCard(words, "saving", lambda given: saving_told(visit, words, given))
        products = block(200, "row")
        with ui.element("div").classes("row"):
            whatif = AskCard(words, "foot_change", lambda given: change_told(visit, words, given))
        with ui.element("div").classes("row"):
            lot = AskCard(words, "lot_foot", lambda given: lot_told(visit, words, given))
        with ui.element("div").classes("row"):
            year_card = AskCard(words, "year_close", lambda given: year_told(visit, words, given))
        lines = block(200, "row")

        def show(report: CarbonReport | None) -> None:
            draw(heading, heading_of(words, "carbon", report, (start, end), with_export=True))
            base.offer(base_year_fields(words, report))
            saved.offer(saving_fields(words, report))
            whatif.offer(change_fields(words, report, visit.context.park.materials))
            lot.offer(lot_fields(words, report))
            year_card.offer(year_fields(words, report))
            if report is None:
                draw(figures, state(words.say("state.empty"), words.say("scopes.none")))
                for place in (targets, beside, products, lines):
                    draw(place, "")
                for chart in (months, flow, path, curve):
                    chart.show({}, empty=True, words=words)
                return
            cards = "".join(figure_card(words, figure, visit.now) for figure in report.figures)
            draw(figures, f'<div class="row figures">{cards}</div>{gaps_note(words, report)}')
            months.show(months_chart(words, report, visit.theme), empty=not report.months, words=words)
            flow.show(flow_chart(words, report, visit.theme), empty=not report.lines, words=words)
            year = date.fromisoformat(report.end_day).year
            path.show(path_chart(words, report.targets, year, visit.theme), empty=not report.targets, words=words)
            curve.show(curve_chart(words, report, visit.theme), empty=not report.measures, words=words)
            draw(targets, targets_card(words, report) + claims_card(words, report.claims))
            draw(beside, national_card(words, report) + solder_card(words, report.solder))
            draw(products, products_card(words, report))
            draw(lines, lines_card(words, report) + left_out_card(words, report))

        keep_current(frame, lambda: report_of(visit, start, end), show)


def _chart_card(theme: str, title: str) -> LiveChart:
    with ui.element("section").classes("card"):
        ui.html(section_head(title), sanitize=False)
        return LiveChart(theme, "chart", 300)


def heading_of(
    words: Words,
    page: str,
    found: CarbonReport | Centre | None = None,
    asked: tuple[date | None, date | None] = (None, None),
    *,
    with_export: bool = False,
) -> str:
    """Return title, the other carbon pages, and the filter bar: days, and export of the lines where asked.

    asked: the days of the address; they stay in the bar where nothing was found for them.
    """
    here = dict(TABS)[page]
    tabs = "".join(
        f'<a class="tool" href="{path}">{e(words.say(f"scopes.{name}"))}</a> ' for name, path in TABS if name != page
    )
    first, last = (found.start_day, found.end_day) if found else tuple(str(day or "") for day in asked)
    bar = ""
    if page not in ("greening", "requests", "factors"):
        bar = filter_bar(words, here, (), first, last)
    export = ""
    if with_export and found:
        days = {"from": first, "to": last}
        export = exports(words, "/api/v1/carbon/lines", words.say("scopes.lines"), days, forms=("csv",))
    return f'<h1>{e(words.say(f"scopes.{page}"))}</h1>{tabs}<span class="grow"></span>{bar}{export}'


def gaps_note(words: Words, report: CarbonReport) -> str:
    """Return which days between the first and the last are not closed and counted nowhere; nothing where all are."""
    if not report.days_not_closed:
        return ""
    gaps = ", ".join(first if first == last else f"{first} – {last}" for first, last in report.days_not_closed)
    return f'<p class="muted small">{e(words.say("scopes.gaps", n=report.days_closed, days=gaps))}</p>'


def targets_card(words: Words, report: CarbonReport) -> str:
    """Return every target with its goal, pace, gap and chance, and how far clean energy covers the load."""
    title = words.say("scopes.targets")
    covered = words.say(
        "scopes.matching", annual=words.percent(report.annual_share), hourly=words.percent(report.hourly_share)
    )
    note = f'<p class="muted small">{e(covered)}</p>' + _uncounted(words, report)
    if not report.targets:
        return card(title, state(words.say("state.empty"), words.say("scopes.no_targets")) + note)
    columns = heads(
        words, "scopes.target", "scopes.rule~", "scopes.goal>~", "scopes.pace>~", "scopes.gap>", "scopes.chance>"
    )
    rows = [
        (
            f"{e(words.name(one))} {badge(words.say('scopes.provisional'), 'note') if one.provisional else ''}",
            _rule(words, one),
            e(words.amount(one.goal_t * 1000, "kg CO2e")),
            e(words.amount(one.pace_t * 1000, "kg CO2e")),
            e(words.amount(one.gap_t * 1000, "kg CO2e")) if one.gap_t is not None else MISSING,
            e(words.percent(one.probability)),
        )
        for one in report.targets
    ]
    return card(title, table(columns, rows) + note)


def _rule(words: Words, one: TargetRow) -> str:
    """Return the title of a target's rule set, and its id with the years that it spans."""
    title = one.rule_zh if words.language == "zh" else one.rule_en
    return f'{e(title)}<br><span class="muted small">{e(one.rule)} · {one.base_year}–{one.target_year}</span>'


def _uncounted(words: Words, report: CarbonReport) -> str:
    """Return a warning for each retired certificate that does not count as a whole."""
    mark = badge(words.say("scopes.uncounted"), "warn")
    told = (
        words.say("scopes.beyond_use", name=one.certificate, mwh=words.number(one.mwh, 6)) for one in report.beyond_use
    )
    return "".join(f'<p class="small">{mark} {e(text)}</p>' for text in told)


def products_card(words: Words, report: CarbonReport) -> str:
    """Return the footprint of a unit of each product with its parts, quality and scatter."""
    title = words.say("scopes.products")
    if not report.products:
        return card(title, state(words.say("state.empty"), words.say("scopes.no_products")))
    columns = heads(
        words, "scopes.product", "scopes.units>~", "=kg CO₂e>", "scopes.material>~", "scopes.freight>~",
        "scopes.energy>~", "scopes.primary>", "scopes.rating>~", "foot.interval>",
    )  # fmt: skip
    rows = [
        (
            f'{e(words.name(one))} <span class="muted small">{e(one.product_id)}</span>',
            e(words.whole(one.units)),
            e(words.number(one.kg_per_unit, 5)),
            e(words.number(one.material_kg, 4)),
            e(words.number(one.freight_kg)),
            e(words.number(one.energy_kg)),
            e(words.percent(one.primary_share)),
            e(words.number(one.quality_rating, 2)),
            e(f"{words.number(one.low_kg, 4)} – {words.number(one.high_kg, 4)}"),
        )
        for one in sorted(report.products, key=lambda row: -row.kg_per_unit)
    ]
    made = "".join(_made_of(words, one) for one in report.products)
    each = e(words.say("scopes.each_made_of"))
    opened = f'<details class="step gap"><summary><b>{each}</b></summary><div>{made}</div></details>' if made else ""
    return card(title, table(columns, rows) + opened)


def _made_of(words: Words, product: ProductRow) -> str:
    """Return the processes that emit most for a product, opened by a press; nothing where none is known."""
    if not product.contributions:
        return ""
    columns = heads(words, "foot.part", "=kg CO₂e>", "foot.share>")
    rows = [
        (
            f'{e(_process_name(words, one))} <span class="muted small">{e(one.process)}</span>',
            e(words.number(one.kg, 4)),
            e(words.percent(one.share)),
        )
        for one in product.contributions
    ]
    kg, share = (sum(getattr(one, name) for one in product.contributions) for name in ("kg", "share"))
    rest = (e(words.say("scopes.rest")), e(words.number(product.kg_per_unit - kg, 4)), e(words.percent(1 - share)))
    summary = words.say("scopes.made_of", product=words.name(product), n=len(rows))
    body = table(columns, rows, rest)
    return f'<details class="step gap"><summary><b>{e(summary)}</b></summary><div>{body}</div></details>'


def _process_name(words: Words, one: ProcessShare) -> str:
    """Return the name of a process: a material's, or what freight and energy are called."""
    kind, _, rest = one.process.partition(":")
    return words.known(f"foot_kind.{kind}", words.name(one)) if rest else words.name(one)


def lines_card(words: Words, report: CarbonReport) -> str:
    """Return the lines of the inventory, each with the factor and the basis that prove it."""
    columns = heads(words, "scopes.scope", "scopes.line", "=kg CO₂e>", "scopes.factor~", "scopes.basis~")
    rows = [
        (
            e(f"{line.scope}.{line.category}" if line.category else line.scope),
            e(line_name(words, line.text, line.text_zh)),
            e(words.number(line.kg, 6)),
            f'<a class="mono" href="/factors">{e(line.factor)}</a>' if line.factor else MISSING,
            e(line.basis),
        )
        for line in report.lines
    ]
    notes = ""
    if report.unverified_factors:
        text = words.say("scopes.unverified", names=", ".join(report.unverified_factors))
        notes += f'<p class="muted small">{e(text)}</p>'
    for one in report.share_alike:
        text = words.say("scopes.keep_terms", factor=one.factor, licence=one.licence, pack=one.pack)
        notes += f'<p class="small">{badge(words.say("factors.share_alike"), "warn")} {e(text)}</p>'
    ledger = f'<a class="small" href="/postings">{e(words.say("posting.title"))}</a>'
    return card(words.say("scopes.lines"), table(columns, rows) + notes, ledger)


def left_out_card(words: Words, report: CarbonReport) -> str:
    """Return the categories of scope 3 that nothing is counted in, by name, each with why; nothing where all are."""
    if not report.not_included:
        return ""
    rows = [
        (
            e(f"3.{one.category} {words.say(f'scope3.{one.category}')}"),
            e(one.why if one.is_excluded else words.say("scopes.no_data")),
        )
        for one in report.not_included
    ]
    return card(words.say("scopes.left_out"), table(heads(words, "scopes.category", "scopes.why"), rows))
