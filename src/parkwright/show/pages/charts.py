"""ECharts options from answers: the day's strip, the energy flow, the battery. Units on every axis, now is a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from parkwright.show.answers.ahead import Ahead
from parkwright.show.answers.energy import Flow, Store
from parkwright.show.answers.home import Strip
from parkwright.show.answers.planning import TradePoint, Trades
from parkwright.show.pages.parts import e
from parkwright.show.theme import PALETTE
from parkwright.show.words import Words

Options = dict[str, Any]

_KW = ":valueFormatter"
NAMED_FROM_S = 5400
"""Length from which a price band has room for its name [s] (assumed); flat has no shade and no name."""
PHONE_PX = 480
"""Width of a chart up to which it is drawn for a phone [px]."""
KW_TEXT = "v => v == null ? '–' : Math.round(v).toLocaleString('en').replace(/,/g, '\\u2009') + '\\u2009kW'"
PRICE_TEXT = "v => v == null ? '–' : v.toFixed(3) + '\\u2009CNY/kWh'"
CARBON_TEXT = "v => v == null ? '–' : v.toFixed(3) + '\\u2009kg CO₂e/kWh'"
KWH_TEXT = "v => v == null ? '–' : Math.round(v).toLocaleString('en').replace(/,/g, '\\u2009') + '\\u2009kWh'"


def times_of(words: Words, starts: list[datetime]) -> list[str]:
    """Return the park's times of day of instants."""
    return [f"{start.astimezone(words.zone):%H:%M}" for start in starts]


def category_axis(times: list[str], grid: int = 0, labels: bool = True) -> Options:
    """Return the time axis of a day, labelled every three hours."""
    label: Options = {"show": labels, "hideOverlap": True}
    if labels:
        label[":interval"] = "(i, v) => v.endsWith(':00') && parseInt(v) % 3 === 0"
    return {
        "type": "category",
        "data": times,
        "gridIndex": grid,
        "boundaryGap": False,
        "axisLabel": label,
        "axisTick": {"show": False},
    }


def _now_line(words: Words, strip: Strip, now: datetime, colour: dict[str, str]) -> Options | None:
    """Return the mark line of the present interval; None on another day."""
    if not strip.start or not strip.start[0] <= now < strip.start[-1] + timedelta(seconds=strip.interval_s):
        return None
    index = int((now - strip.start[0]).total_seconds() // strip.interval_s)
    return {
        "silent": True,
        "symbol": "none",
        "animation": False,
        "lineStyle": {"color": colour["ink"], "width": 1.2, "type": "solid"},
        "label": {"formatter": words.clock(now), "color": colour["ink"], "fontSize": 11, "position": "end"},
        "data": [{"xAxis": index}],
    }


def value_axis(name: str, grid: int = 0, **more: object) -> Options:
    """Return a value axis with its unit, thin-space thousands, and zero in it."""
    label = {":formatter": "v => v.toLocaleString('en').replace(/,/g, '\\u2009')", "hideOverlap": True}
    return {"type": "value", "name": name, "gridIndex": grid, "axisLabel": label} | more


def band_areas(words: Words, strip: Strip | Ahead, colour: dict[str, str]) -> Options:
    """Return shaded areas of the tariff bands with their names, for a category axis of the strip's intervals."""
    areas = []
    first = 0
    for n in range(1, len(strip.band) + 1):
        if n == len(strip.band) or strip.band[n] != strip.band[first]:
            band = strip.band[first] or ""
            fill = colour.get(band, "rgba(0,0,0,0)")
            named = band in colour and band != "flat" and (n - first) * strip.interval_s >= NAMED_FROM_S
            label = {"show": named, "formatter": words.say(f"band_short.{band}") if named else ""}
            begin = {"xAxis": first, "itemStyle": {"color": fill}, "label": label}
            areas.append([begin, {"xAxis": min(n, len(strip.band) - 1)}])
            first = n
    label = {"position": "insideTop", "color": colour["muted"], "fontSize": 10, "distance": 3}
    return {"silent": True, "animation": False, "label": label, "data": areas}


def drawn_line(name: str, data: Sequence[float | None], colour: str, **more: object) -> Options:
    """Return a line series in the shared form."""
    return {
        "name": name,
        "type": "line",
        "data": list(data),
        "showSymbol": False,
        "lineStyle": {"color": colour, "width": 1.8},
        "itemStyle": {"color": colour},
        "emphasis": {"disabled": True},
        "animation": False,
    } | more


def _filled(colour: str, opacity: float) -> Options:
    return {"color": colour, "opacity": opacity}


def _dashed(colour: str) -> Options:
    return {"color": colour, "width": 1.4, "type": [4, 3]}


def strip_chart(words: Words, strip: Strip, now: datetime, theme: str) -> Options:
    """Return load and solar, planned (dashed) against metered (filled), over price bands; price and carbon below."""
    colour, say = PALETTE[theme], words.say
    power = [
        drawn_line(
            say("series.load"), strip.load_kw, colour["load"], areaStyle={"color": colour["load"], "opacity": 0.10}
        ),
        drawn_line(say("series.load_plan"), strip.load_plan_kw, colour["load"], lineStyle=_dashed(colour["load"])),
        drawn_line(
            say("series.solar"), strip.solar_kw, colour["solar"], areaStyle={"color": colour["solar"], "opacity": 0.22}
        ),
        drawn_line(say("series.solar_plan"), strip.solar_plan_kw, colour["solar"], lineStyle=_dashed(colour["solar"])),
    ]
    power[0]["markArea"] = band_areas(words, strip, colour)
    mark = _now_line(words, strip, now, colour)
    if mark:
        power[0]["markLine"] = mark
    for series in power:
        series["tooltip"] = {_KW: KW_TEXT}
    return over_signal(words, strip, power, theme)


def over_signal(words: Words, signal: Strip | Ahead, power: list[Options], theme: str) -> Options:
    """Return a chart of power series [kW] with price and carbon of the same intervals below.

    signal: what has start, price_cny_per_kwh and co2e_kg_per_kwh by interval.
    """
    colour, say, times = PALETTE[theme], words.say, times_of(words, signal.start)
    below = [
        drawn_line(
            say("series.price"), signal.price_cny_per_kwh, colour["grid"], xAxisIndex=1, yAxisIndex=1, step="end",
            tooltip={_KW: PRICE_TEXT},
        ),
        drawn_line(
            say("series.carbon"), signal.co2e_kg_per_kwh, colour["carbon"], xAxisIndex=1, yAxisIndex=2, step="end",
            lineStyle={"color": colour["carbon"], "width": 1.6, "type": [1.6, 2.4]}, tooltip={_KW: CARBON_TEXT},
        ),
    ]  # fmt: skip
    return {
        "grid": [
            {"left": 52, "right": 48, "top": 28, "height": "54%"},
            {"left": 52, "right": 48, "bottom": 26, "height": "20%"},
        ],
        "tooltip": {"trigger": "axis", "confine": True},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "xAxis": [category_axis(times, 0, labels=False), category_axis(times, 1, labels=True)],
        "yAxis": [
            value_axis("kW", splitNumber=4),
            value_axis("CNY/kWh", 1, splitNumber=2),
            value_axis("kg/kWh", 1, splitNumber=2, position="right", splitLine={"show": False}),
        ],
        "series": power + below,
    }


def flow_chart(words: Words, flow: Flow, theme: str) -> Options:
    """Return the Sankey of a day: sources, site, uses, lines [kWh]; labels are drawn as text, tooltips are HTML.

    On a phone the names of what flows in stand without their amounts, so that both sides have room.
    """
    colour = PALETTE[theme]
    labels = {node.id: words.say(node.label) if node.label else words.name(node) for node in flow.nodes}

    def series(*, phone: bool) -> Options:
        size, right = (10, 142) if phone else (12, 176)
        label = {"color": colour["ink"], "fontSize": size, "overflow": "truncate", "width": right - 8}
        nodes = _flow_nodes(words, flow, labels, colour, phone=phone)
        return {"type": "sankey", "left": 8, "right": right, "label": label, "data": nodes}

    fixed = {
        "top": 12,
        "bottom": 12,
        "nodeGap": 14,
        "nodeWidth": 12,
        "draggable": False,
        "layoutIterations": 64,
        "animation": False,
        "emphasis": {"focus": "adjacency"},
        "lineStyle": {"color": "source", "opacity": 0.28, "curveness": 0.5},
        "links": _flow_links(words, flow, labels),
    }
    return {
        "tooltip": {"trigger": "item", "confine": True, _KW: KWH_TEXT},
        "series": [series(phone=False) | fixed],
        "media": [{"query": {"maxWidth": PHONE_PX}, "option": {"series": [series(phone=True)]}}],
    }


def _flow_nodes(
    words: Words, flow: Flow, labels: dict[str, str], colour: dict[str, str], *, phone: bool
) -> list[Options]:
    into = _sums((link.target, link.energy_kwh) for link in flow.links)
    out_of = _sums((link.source, link.energy_kwh) for link in flow.links)
    found = []
    for node in flow.nodes:
        whole = max(into.get(node.id, 0.0), out_of.get(node.id, 0.0))
        last = node.id not in out_of
        amount = "" if phone and not last else f"  {words.amount(whole, 'kWh')}"
        label: Options = {"formatter": f"{labels[node.id]}{amount}"}
        if not last:
            label["width"] = 66 if phone else 188
        found.append(
            {
                "name": node.id,
                "itemStyle": {"color": colour[node.colour], "borderWidth": 0},
                "label": label,
                "tooltip": {"formatter": f"{e(labels[node.id])}: {words.amount(whole, 'kWh', 5)}"},
            }
        )
    return found


def _flow_links(words: Words, flow: Flow, labels: dict[str, str]) -> list[Options]:
    return [
        {
            "source": link.source,
            "target": link.target,
            "value": link.energy_kwh,
            "tooltip": {
                "formatter": f"{e(labels[link.source])} → {e(labels[link.target])}: "
                f"{words.amount(link.energy_kwh, 'kWh', 5)}"
            },
        }
        for link in flow.links
    ]


def _sums(parts: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, amount in parts:
        found[name] = found.get(name, 0.0) + amount
    return found


def store_chart(words: Words, strip: Strip, store: Store, now: datetime, theme: str) -> Options:
    """Return a battery's charge, planned (dashed) and actual, above its power, charging positive."""
    colour = PALETTE[theme]
    times = times_of(words, strip.start)
    charge = drawn_line(
        words.say("series.stored"), store.stored_kwh, colour["battery"],
        areaStyle=_filled(colour["battery"], 0.18), connectNulls=True, tooltip={_KW: KWH_TEXT},
    )  # fmt: skip
    charge["markArea"] = band_areas(words, strip, colour)
    mark = _now_line(words, strip, now, colour)
    if mark:
        charge["markLine"] = mark
    plan = drawn_line(
        words.say("series.stored_plan"), store.plan_kwh, colour["battery"], lineStyle=_dashed(colour["battery"]),
        tooltip={_KW: KWH_TEXT},
    )  # fmt: skip
    power = drawn_line(
        words.say("series.battery_power"), store.power_kw, colour["battery"], xAxisIndex=1, yAxisIndex=1, step="end",
        areaStyle=_filled(colour["battery"], 0.3), tooltip={_KW: KW_TEXT},
    )  # fmt: skip
    power_plan = drawn_line(
        words.say("series.battery_power_plan"), store.plan_kw, colour["battery"], xAxisIndex=1, yAxisIndex=1,
        step="end", lineStyle=_dashed(colour["battery"]), tooltip={_KW: KW_TEXT},
    )  # fmt: skip
    return {
        "grid": [
            {"left": 48, "right": 16, "top": 28, "height": "42%"},
            {"left": 48, "right": 16, "bottom": 26, "height": "26%"},
        ],
        "tooltip": {"trigger": "axis", "confine": True},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "xAxis": [category_axis(times, 0, labels=False), category_axis(times, 1, labels=True)],
        "yAxis": [
            value_axis("kWh", splitNumber=3, min=0, max=store.capacity_kwh),
            value_axis("kW", 1, splitNumber=2),
        ],
        "series": [charge, plan, power, power_plan],
    }


def same_plan(points: Sequence[TradePoint]) -> list[tuple[str, TradePoint]]:
    """Return the points of a sweep by plan, dearest last: at which carbon prices [CNY/kg] it is the best, its first."""
    found: list[list[TradePoint]] = []
    for point in points:
        if found and (found[-1][0].cost_cny, found[-1][0].co2e_kg) == (point.cost_cny, point.co2e_kg):
            found[-1].append(point)
        else:
            found.append([point])
    spans = [(f"{same[0].carbon_cny_per_kg:.3g}", f"{same[-1].carbon_cny_per_kg:.3g}", same[0]) for same in found]
    return [(f"{low if low == high else f'{low}–{high}'} CNY/kg", first) for low, high, first in spans]


def trades_chart(words: Words, trades: Trades, theme: str) -> Options:
    """Return cost against carbon: the best plan at each carbon price, named by it, and the plan in force."""
    colour = PALETTE[theme]
    scale: Options = {"scale": True, "nameLocation": "middle", "nameGap": 26}
    left: Options = {
        "nameLocation": "end",
        "nameGap": 10,
        "nameTextStyle": {"align": "left", "padding": [0, 0, 0, -50]},
    }
    best = {
        "name": words.say("plan.trades_best"), "type": "line", "symbol": "circle", "symbolSize": 10,
        "data": [_traded(words, name, point) for name, point in same_plan(trades.points)],
        "lineStyle": {"color": colour["carbon"], "width": 1, "type": [4, 3]}, "itemStyle": {"color": colour["carbon"]},
        "label": {"show": True, "position": "right", "formatter": "{b}", "color": colour["muted"], "fontSize": 11},
        "labelLayout": {"hideOverlap": True, "moveOverlap": "shiftY"}, "animation": False,
    }  # fmt: skip
    name = words.say("plan.trades_in_force")
    force = {
        "name": name, "type": "scatter", "symbol": "diamond", "symbolSize": 18, "animation": False,
        "data": [_traded(words, name, trades.in_force)] if trades.in_force else [],
        "itemStyle": {"color": "rgba(0,0,0,0)", "borderColor": colour["cooling"], "borderWidth": 2},
    }  # fmt: skip
    return {
        "grid": {"left": 62, "right": 40, "top": 66, "bottom": 44},
        "legend": {"top": 0, "left": 0, "itemHeight": 12},
        "tooltip": {"trigger": "item", "confine": True, ":formatter": "p => p.data.tip"},
        "xAxis": value_axis(words.say("plan.trades_axis_cost"), boundaryGap=["8%", "25%"], splitNumber=3) | scale,
        "yAxis": value_axis(words.say("plan.trades_axis_co2e"), boundaryGap=["15%", "15%"], splitNumber=4)
        | scale
        | left,
        "series": [best, force],
    }


def _traded(words: Words, name: str, point: TradePoint) -> Options:
    """Return a plan of a sweep as a point of a chart, with what a pointer on it tells."""
    told = [name, words.amount(point.cost_cny, "CNY", 6), words.amount(point.co2e_kg, "kg CO2e", 6)]
    told.append(words.say("plan.late", n=point.late_orders))
    value = [round(point.cost_cny, 2), round(point.co2e_kg, 2)]
    return {"value": value, "name": name, "tip": "<br>".join(e(line) for line in told)}


def strip_key(words: Words) -> list[tuple[str, str, str]]:
    """Return the key of the strip chart."""
    return [
        (words.say("series.load"), "load", "full"),
        (words.say("series.load_plan"), "load", "dash"),
        (words.say("series.solar"), "solar", "full"),
        (words.say("series.solar_plan"), "solar", "dash"),
        (words.say("series.price"), "grid", "full"),
        (words.say("series.carbon"), "carbon", "dot"),
    ]


def store_key(words: Words) -> list[tuple[str, str, str]]:
    """Return the key of the battery chart."""
    return [(words.say("series.stored"), "battery", "full"), (words.say("series.stored_plan"), "battery", "dash")]
