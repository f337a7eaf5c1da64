"""ECharts options of the page Buildings: rooms over their comfort bands, water by interval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from parkwright.energy.points import COMFORT_C
from parkwright.show.answers.buildings import Buildings, Zone
from parkwright.show.pages.charts import Options, category_axis, drawn_line, times_of, value_axis
from parkwright.show.theme import PALETTE
from parkwright.show.words import Words

ZONE_COLOURS = ("heat", "cooling", "load", "battery", "good", "solar")
WATER_TEXT = "v => v == null ? '–' : v.toFixed(2) + '\\u2009m³'"
DEGREE_TEXT = "v => v == null ? '–' : v.toFixed(1) + '\\u2009°C'"
MARGIN_K = 1.5


def comfort_chart(words: Words, found: Buildings, zones: Sequence[Zone], theme: str) -> Options:
    """Return the room temperatures of zones over the bands of categories II and IV, shifts shaded, now as a line."""
    colour = PALETTE[theme]
    series = []
    for n, zone in enumerate(zones):
        name = words.known(f"zone.{zone.zone_id}", zone.zone_id)
        tint = colour[ZONE_COLOURS[n % len(ZONE_COLOURS)]]
        series.append(drawn_line(name, zone.trend_c, tint, tooltip={":valueFormatter": DEGREE_TEXT}))
    comfort = any(zone.judged == "comfort" for zone in zones)
    if series:
        series[0]["markArea"] = _shifts(found, colour)
        marks = [*_now(words, found, colour), *(_bounds(words, colour) if comfort else [])]
        series[0]["markLine"] = {"silent": True, "symbol": "none", "animation": False, "data": marks}
    known = [value for zone in zones for value in zone.trend_c if value is not None]
    band = [COMFORT_C[1][1], COMFORT_C[1][2]] if comfort else []
    low, high = min([*known, *band], default=0.0), max([*known, *band], default=1.0)
    return {
        "grid": {"left": 44, "right": 84, "top": 18, "bottom": 26},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": category_axis(times_of(words, found.start)),
        "yAxis": value_axis("°C", min=round(low - MARGIN_K), max=round(high + MARGIN_K)),
        "series": series,
    }


def _bounds(words: Words, colour: dict[str, str]) -> list[Options]:
    """Return the bounds of category II as dashed lines with their names."""
    _, low, high = COMFORT_C[1]
    style = {"color": colour["muted"], "width": 1, "type": [4, 3]}
    return [
        {
            "yAxis": value,
            "lineStyle": style,
            "label": {"formatter": words.say(name), "position": "end", "color": colour["muted"], "fontSize": 10},
        }
        for value, name in ((low, "buildings.band_low"), (high, "buildings.band_high"))
    ]


def _now(words: Words, found: Buildings, colour: dict[str, str]) -> list[Options]:
    """Return the line of the present interval; none where the day is over."""
    if len(found.start) < 2:
        return []
    step = found.start[1] - found.start[0]
    index = int((found.at - found.start[0]) / step)
    if not 0 <= index < len(found.start) or found.at >= found.start[-1] + step - timedelta(seconds=1):
        return []
    label = {"formatter": words.clock(found.at), "color": colour["ink"], "fontSize": 11, "position": "end"}
    style = {"color": colour["ink"], "width": 1.2, "type": "solid"}
    return [{"xAxis": index, "lineStyle": style, "label": label}]


def _shifts(found: Buildings, colour: dict[str, str]) -> Options:
    """Return the shifts as shaded spans."""
    spans = []
    for begin, end in found.shifts:
        inside = [n for n, start in enumerate(found.start) if begin <= start < end]
        if inside:
            last = min(inside[-1] + 1, len(found.start) - 1)
            spans.append([{"xAxis": inside[0], "itemStyle": {"color": colour["valley"]}}, {"xAxis": last}])
    return {"silent": True, "animation": False, "data": spans}


def water_chart(words: Words, found: Buildings, theme: str) -> Options:
    """Return the fresh water of the parts of the site by interval, stacked; of the whole where there are no parts."""
    colour = PALETTE[theme]
    parts = [one for one in found.water if one.is_part] or list(found.water)
    tints = ("cooling", "load", "battery", "good", "solar", "heat", "grid")
    series = [
        {
            "name": words.name(one),
            "type": "bar",
            "stack": "water",
            "data": one.by_interval_m3,
            "itemStyle": {"color": colour[tints[n % len(tints)]]},
            "barCategoryGap": "12%",
            "animation": False,
            "tooltip": {":valueFormatter": WATER_TEXT},
        }
        for n, one in enumerate(parts)
    ]
    return {
        "grid": {"left": 44, "right": 12, "top": 44, "bottom": 26},
        "legend": {"type": "scroll", "top": 0, "itemWidth": 10},
        "tooltip": {"trigger": "axis", "confine": True, "axisPointer": {"type": "shadow"}},
        "xAxis": category_axis(times_of(words, found.start)) | {"boundaryGap": True},
        "yAxis": value_axis("m³", splitNumber=3),
        "series": series,
    }


def comfort_key(words: Words, zones: Sequence[Zone]) -> list[tuple[str, str, str]]:
    """Return the key of the comfort chart: its zones, the bounds of comfort, the shifts."""
    named = [
        (words.known(f"zone.{zone.zone_id}", zone.zone_id), ZONE_COLOURS[n % len(ZONE_COLOURS)], "full")
        for n, zone in enumerate(zones)
    ]
    return [
        *named,
        (words.say("buildings.key_band"), "muted", "dash"),
        (words.say("buildings.key_shift"), "cooling", ""),
    ]
