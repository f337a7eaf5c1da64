"""Report: what a place used, cost and emitted by day, month or year, against the period or the year before."""

from __future__ import annotations

from typing import TypeVar, get_args

from nicegui import ui
from starlette.requests import Request

from parkwright.show.answers.figure import Input, Why
from parkwright.show.answers.report import Measure, Period, Report
from parkwright.show.answers.span import Compare, Grain
from parkwright.show.door import visit_of
from parkwright.show.pages.charts import Options
from parkwright.show.pages.energy import bands_card
from parkwright.show.pages.filter_bar import Choose, exports, filter_bar, span_of
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.live_chart import LiveChart
from parkwright.show.pages.parts import card, e, heads, section_head, state, table, why_button, why_template
from parkwright.show.report_api import report_of
from parkwright.show.theme import PALETTE
from parkwright.show.words import MISSING, Words

CARDS = ("electricity", "cost", "location", "coal", "location_each")
"""Measures of the whole span that stand on top."""
COLUMNS = (
    "electricity", "coal", "cost", "location", "market", "units", "electricity_each", "cost_each", "location_each",
)  # fmt: skip
"""Measures in the table, each with its change."""
ON_PHONE = ("electricity",)
T = TypeVar("T")
GRAINS: tuple[Grain, ...] = get_args(Grain)
COMPARISONS: tuple[Compare, ...] = get_args(Compare)
SHORT = {"day": slice(5, 10), "month": slice(0, 7), "year": slice(0, 4)}
"""Part of an ISO date that names a period on an axis."""


@ui.page("/report")
def report_page(request: Request) -> None:
    """Draw the report that the address asks for and keep it current."""
    visit = visit_of(request)
    start, end = span_of(request)
    scope = request.query_params.get("scope", "")
    grain = _one(request, "grain", GRAINS)
    compare = _one(request, "compare", COMPARISONS)
    with shell(request, visit, "report") as frame:
        if not permitted(visit, frame.words, "report"):
            return
        words = frame.words
        heading = block(28, "head")
        figures = block(110)
        charts = {}
        with ui.element("div").classes("row halves"):
            for name in ("electricity", "location"):
                with ui.element("section").classes("card"):
                    ui.html(section_head(words.say(f"report.by_{name}")), sanitize=False)
                    charts[name] = LiveChart(visit.theme, "chart", 280)
        with ui.element("div").classes("row halves"):
            worst, bands = block(200), block(200)
        rows = block(240, "row")

        def show(report: Report | None) -> None:
            draw(heading, _heading(words, report))
            if report is None:
                draw(figures, state(words.say("state.empty"), words.say("report.none")))
                for chart in charts.values():
                    chart.show({}, empty=True, words=words)
                for place in (bands, worst, rows):
                    draw(place, "")
                return
            cards = "".join(_card(words, report, _measure(report.whole, key)) for key in CARDS)
            draw(figures, f'<div class="row figures">{cards}</div>')
            for name, chart in charts.items():
                known = any(_measure(period, name).value is not None for period in report.periods)
                chart.show(measure_chart(words, report, name, visit.theme), empty=not known, words=words)
            draw(bands, "" if report.place.place_id else bands_card(words, report.bands))
            draw(worst, worst_card(words, report))
            draw(rows, periods_card(words, report))

        keep_current(frame, lambda: report_of(visit, scope, grain, compare, start, end), show)


def _one(request: Request, name: str, known: tuple[T, ...]) -> T:
    """Return what the address asks for where it is one of the known, else the first of them."""
    text = request.query_params.get(name)
    return next((one for one in known if one == text), known[0])


def _measure(period: Period, key: str) -> Measure:
    return next(one for one in period.measures if one.key == key)


def _heading(words: Words, report: Report | None) -> str:
    title = f"<h1>{e(words.say('report.title'))}</h1>"
    if report is None:
        return title
    choices = [
        Choose(
            "scope",
            words.say("filter.scope"),
            [(p.place_id, words.name(p)) for p in report.places],
            report.place.place_id,
        ),
        Choose("grain", words.say("filter.grain"), [(g, words.say(f"grain.{g}")) for g in GRAINS], report.grain),
        Choose(
            "compare",
            words.say("filter.compare"),
            [(c, words.say(f"compare.{c}")) for c in COMPARISONS],
            report.compare,
        ),
    ]
    query = {
        "scope": report.place.place_id, "grain": report.grain, "compare": report.compare, "from": report.start_day,
        "to": report.end_day,
    }  # fmt: skip
    bar = filter_bar(words, "/report", choices, report.start_day, report.end_day)
    links = exports(words, "/api/v1/report", words.say("report.title"), query)
    return f'{title}<span class="grow"></span>{bar}<span>{links}</span>'


def _card(words: Words, report: Report, measure: Measure) -> str:
    """Return a figure of the whole span: value, change, and what it is compared with."""
    number, unit = words.quantity(measure.value, measure.unit)
    title = words.say(f"measure.{measure.key}")
    none = "" if measure.value is not None else " none"
    against = words.say(f"compare.{report.compare}")
    if measure.change is None:
        line = f'<span title="{e(words.say("report.unknown"))}">{e(against)} <b>{MISSING}</b></span>'
    else:
        then = words.amount(measure.reference, measure.unit)
        line = f"<span>{e(against)} <b>{e(words.percent(measure.change, signed=True))}</b></span><span>{e(then)}</span>"
    return (
        f'<article class="card figure"><div class="label"><span title="{e(title)}">{e(title)}</span>'
        f"{why_button(words, title)}</div>"
        f'<div class="value{none}">{e(number)}<small>{e(unit)}</small></div><div class="line">{line}</div>'
        f"{why_template(words, title, _why(report, measure))}</article>"
    )


def _why(report: Report, measure: Measure) -> Why:
    """Return what a figure of the whole span was made of."""
    whole = {one.key: one for one in report.whole.measures}
    base = measure.key.removesuffix("_each")
    parts = (base, "units") if base != measure.key else ("electricity", "gas") if base == "coal" else (base,)
    inputs = [
        Input(name=f"measure.{key}", value=whole[key].value, unit=whole[key].unit, source="books")
        for key in parts
        if key in whole
    ]
    closed = Input(name="input.days_closed", value=float(report.whole.days_closed), unit="", source="books")
    then = Input(name=f"compare.{report.compare}", value=measure.reference, unit=measure.unit, source="books")
    formula = "why.report_each" if base != measure.key else "why.report_coal" if base == "coal" else "why.report_sum"
    return Why(formula=formula, inputs=[*inputs, closed, then])


def measure_chart(words: Words, report: Report, key: str, theme: str) -> Options:
    """Return one measure by period, with what it is compared with as a dashed line."""
    colour = PALETTE[theme]
    measures = [_measure(period, key) for period in report.periods]
    unit, scale = {"kWh": ("MWh", 1000.0), "kg CO2e": ("t CO₂e", 1000.0)}.get(measures[0].unit, (measures[0].unit, 1.0))
    tint = colour["carbon" if key == "location" else "load"]

    def scaled(values: list[float | None]) -> list[float | None]:
        return [None if value is None else round(value / scale, 6) for value in values]

    return {
        "tooltip": {"trigger": "axis", "confine": True},
        "legend": {"top": 0},
        "grid": {"left": 56, "right": 16, "top": 48, "bottom": 28},
        "xAxis": {"type": "category", "data": [period.start_day[SHORT[report.grain]] for period in report.periods]},
        "yAxis": {"type": "value", "name": unit},
        "series": [
            {
                "name": words.say(f"measure.{key}"), "type": "bar", "barMaxWidth": 36, "itemStyle": {"color": tint},
                "data": scaled([one.value for one in measures]), "animation": False,
            },
            {
                "name": words.say(f"compare.{report.compare}"), "type": "line",
                "symbol": "none" if len(measures) > 1 else "diamond",
                "lineStyle": {"color": colour["warn"], "width": 1.4, "type": [4, 3]},
                "itemStyle": {"color": colour["warn"]},
                "data": scaled([one.reference for one in measures]), "animation": False,
            },
        ],
    }  # fmt: skip


def worst_card(words: Words, report: Report) -> str:
    """Return the places whose use rose most."""
    title = words.say("report.worst")
    if not report.worst:
        return card(title, state(words.say("state.empty"), words.say("report.no_places")), kind="fill")
    columns = heads(words, "report.place", "=kWh>", f"compare.{report.compare}>")
    rows = [
        (e(words.name(one)), e(words.number(one.electricity_kwh, 4)), e(words.percent(one.change, signed=True)))
        for one in report.worst
    ]
    return card(title, table(columns, rows), kind="fill")


def periods_card(words: Words, report: Report) -> str:
    """Return every period with its measures and their changes, then the whole span."""
    columns = heads(words, "report.period")
    for key in COLUMNS:
        unit = words.unit(_measure(report.whole, key).unit)
        kind = "n" if key in ON_PHONE else "n hide-phone"
        name = words.say(f"measure.{key}")
        columns.append((name if key == "units" else f"{name} ({unit})", kind))
    rows = [_row(words, report, period) for period in reversed(report.periods)]
    note = f'<p class="muted small">{e(words.say("report.note"))}</p>'
    return card(words.say("report.table"), table(columns, rows, _row(words, report, report.whole, whole=True)) + note)


def _row(words: Words, report: Report, period: Period, *, whole: bool = False) -> list[str]:
    name = words.say("report.whole") if whole else period.start_day[: SHORT[report.grain].stop]
    part = ""
    if period.days_closed < period.days:
        part = (
            f' <span class="muted small">{e(words.say("report.part", done=period.days_closed, of=period.days))}</span>'
        )
    cells = [f'<span class="whole">{e(name)}</span>{part}']
    for key in COLUMNS:
        one = _measure(period, key)
        value = (
            words.whole(round(one.value))
            if one.unit == "units" and one.value is not None
            else words.number(one.value, 5)
        )
        change = f'<div class="small muted">{e(words.percent(one.change, signed=True))}</div>'
        cells.append(e(value) + change)
    return cells
