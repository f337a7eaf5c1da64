"""ECharts options of the carbon pages: months, flows from source to scope, paths of targets, abatement curve."""

from __future__ import annotations

import json
from collections.abc import Sequence

from parkwright.carbon.inventory import FUEL, INBOUND, LOST, MATERIALS, POWER, TRANSMISSION, UPSTREAM
from parkwright.show.answers.carbon import CarbonReport, TargetRow
from parkwright.show.pages.charts import Options, value_axis
from parkwright.show.pages.parts import e
from parkwright.show.theme import PALETTE
from parkwright.show.words import Words

KG_PER_T = 1000.0
NAMED_SHARE = 0.005
"""Share of the whole from which a line has room for its own name in the flow picture (assumed); the rest is one."""
SCOPES = {1: "scopes.flow1", 2: "scopes.flow2", 3: "scopes.flow3"}
TINTS = ("good", "battery", "cooling", "solar", "heat", "load")
SYMBOLS = ("circle", "diamond", "triangle", "rect", "roundRect", "pin")
"""Colour and mark of a target, by its place among them."""
_GRID = {"left": 64, "right": 24, "top": 52, "bottom": 36}
_UPPER, _LOWER = ({"left": 64, "right": 24, "top": top, "height": "29%"} for top in (52, "62%"))
_PHONE = {"query": {"maxWidth": 480}, "option": {"series": [{"right": 72, "label": {"width": 68}}]}}


def months_chart(words: Words, report: CarbonReport, theme: str) -> Options:
    """Return scopes 1 and 2 of each month, stacked, with the market view beside it, and scope 3 below [t CO2e].

    Scope 3 has an axis of its own: where it is a hundred times the others, they would not be seen on its axis.
    """
    colour = PALETTE[theme]
    series = (
        ("scopes.scope1", [m.scope1_kg for m in report.months], "heat", "location", 0),
        ("scopes.location", [m.location_kg for m in report.months], "grid", "location", 0),
        ("scopes.market", [m.market_kg for m in report.months], "battery", "market", 0),
        ("scopes.scope3", [m.scope3_kg for m in report.months], "cooling", "chain", 1),
    )
    months = {"type": "category", "data": [month.month for month in report.months]}
    return {
        "tooltip": {"trigger": "axis", "confine": True},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "legend": {"top": 0, "type": "scroll", "textStyle": {"color": colour["muted"]}},
        "grid": [_UPPER, _LOWER],
        "xAxis": [months | {"gridIndex": 0, "axisLabel": {"show": False}}, months | {"gridIndex": 1}],
        "yAxis": [value_axis("t CO₂e", 0, splitNumber=3), value_axis("t CO₂e", 1, splitNumber=3)],
        "series": [
            {
                "name": words.say(name),
                "type": "bar",
                "stack": stack,
                "xAxisIndex": grid,
                "yAxisIndex": grid,
                "barMaxWidth": 40,
                "itemStyle": {"color": colour[tint]},
                "data": [round(value / KG_PER_T, 6) for value in values],
                "animation": False,
            }
            for name, values, tint, stack, grid in series
        ],
    }


LINES = {
    POWER: "scopes.line_power",
    MATERIALS: "scopes.line_materials",
    LOST: "scopes.line_lost",
    TRANSMISSION: "scopes.line_transmission",
}
BEGUN = {FUEL: "scopes.line_fuel", UPSTREAM: "scopes.line_upstream", INBOUND: "scopes.line_inbound"}
"""Line of the inventory that the ledger gives, or its beginning -> message."""


def line_name(words: Words, text: str, text_zh: str = "") -> str:
    """Return the name of a line of the inventory; one that the park names itself stands as it is written.

    text_zh: what the park calls it in Chinese; empty where it does not say.
    """
    if text_zh and words.language == "zh":
        return text_zh
    if text in LINES:
        return words.say(LINES[text])
    begun = next((start for start in BEGUN if text.startswith(start)), None)
    return text if begun is None else words.say(BEGUN[begun], thing=text.removeprefix(begun))


def flow_chart(words: Words, report: CarbonReport, theme: str) -> Options:
    """Return the Sankey of emissions: lines of the inventory into their scope, scopes into the whole [t CO2e]."""
    colour = PALETTE[theme]
    tint = {1: "heat", 2: "grid", 3: "cooling"}
    scopes: dict[int, float] = {}
    parts: dict[tuple[str, str], float] = {}
    nodes: dict[str, str] = {}
    whole = words.say("scopes.whole")
    taken = {whole, *(words.say(key) for key in SCOPES.values())}
    total = sum(line.kg for line in report.lines if line.kg > 0)
    for line in report.lines:
        if line.kg <= 0:
            continue
        scope = words.say(SCOPES[line.scope])
        name = (
            line_name(words, line.text, line.text_zh)
            if line.kg >= NAMED_SHARE * total
            else words.say("scopes.other", scope=scope.strip())
        )
        name = f"{name} ·" if name in taken else name
        scopes[line.scope] = scopes.get(line.scope, 0.0) + line.kg
        nodes[name] = nodes[scope] = colour[tint[line.scope]]
        parts[name, scope] = parts.get((name, scope), 0.0) + line.kg
    links = [
        {"source": name, "target": scope, "value": round(amount / KG_PER_T, 6)}
        for (name, scope), amount in parts.items()
    ]
    nodes[whole] = colour["carbon"]
    for number, amount in sorted(scopes.items()):
        links.append({"source": words.say(SCOPES[number]), "target": whole, "value": round(amount / KG_PER_T, 6)})
    label = {"color": colour["ink"], "fontSize": 11, "overflow": "truncate", "width": 150}
    return {
        "tooltip": {"trigger": "item", "confine": True},
        "series": [
            {
                "type": "sankey",
                "left": 8,
                "right": 160,
                "top": 12,
                "bottom": 12,
                "draggable": False,
                "animation": False,
                "label": label,
                "labelLayout": {"hideOverlap": True},
                "lineStyle": {"color": "source", "opacity": 0.35},
                "data": [
                    {"name": name, "itemStyle": {"color": tone}, "tooltip": {"formatter": e(name)}}
                    for name, tone in nodes.items()
                ],
                "links": links,
            }
        ],
        "media": [_PHONE],
    }


def path_chart(words: Words, targets: Sequence[TargetRow], year: int, theme: str) -> Options:
    """Return what each target allows each year, and the year at the pace of the closed days [t CO2e].

    The legend takes a target away, with its line and its point, and brings it back.
    """
    colour = PALETTE[theme]
    told = f"v => v.toLocaleString('en') + {json.dumps(words.say('scopes.at_pace'))}"
    series: list[Options] = []
    for number, target in enumerate(targets):
        tint, symbol = colour[TINTS[number % len(TINTS)]], SYMBOLS[number % len(SYMBOLS)]
        shared = {"name": words.name(target), "itemStyle": {"color": tint}, "animation": False}
        dashed = {"color": tint, "width": 1.6, "type": [4, 3]}
        allowed = [[point.year, round(point.allowed_t, 3)] for point in target.path]
        pace = [[year, round(target.pace_t, 3)]]
        series.append({**shared, "type": "line", "showSymbol": False, "lineStyle": dashed, "data": allowed})
        series.append(
            {**shared, "type": "scatter", "symbol": symbol, "symbolSize": 12, "data": pace}
            | {"tooltip": {":valueFormatter": told}}
        )
    years = [year, *(one for target in targets for one in (target.base_year, target.target_year))]
    axis = {"type": "value", "min": min(years), "max": max(years), ":axisLabel": "{formatter: v => '' + v}"}
    return {
        "tooltip": {"trigger": "axis", "confine": True},
        "legend": {"top": 0, "type": "scroll", "textStyle": {"color": colour["muted"]}},
        "grid": _GRID,
        "xAxis": axis,
        "yAxis": value_axis("t CO₂e", min=0),
        "series": series,
    }


def curve_chart(words: Words, report: CarbonReport, theme: str) -> Options:
    """Return the abatement curve: what a ton costs by measure, cheapest first [CNY/t]."""
    colour = PALETTE[theme]
    return {
        "tooltip": {"trigger": "axis", "confine": True},
        "grid": _GRID | {"left": 124},
        "xAxis": {"type": "value", "name": "CNY/t", "axisLabel": {"hideOverlap": True}},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [words.name(measure) for measure in report.measures],
            "axisLabel": {"width": 112, "overflow": "truncate"},
        },
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 18,
                "animation": False,
                "data": [
                    {
                        "value": round(measure.cny_per_t, 2),
                        "itemStyle": {"color": colour["good" if measure.cny_per_t <= 0 else "grid"]},
                    }
                    for measure in report.measures
                ],
            }
        ],
    }
