"""ECharts options of the next 24 hours: dispatch, stores, forecast bands, heat; and of the lamps on a map."""

from __future__ import annotations

from collections.abc import Sequence

from parkwright.show.answers.ahead import Ahead, Asset, Forecast, Lamp, LampFaults, Lamps
from parkwright.show.pages.charts import (
    KW_TEXT,
    Options,
    band_areas,
    category_axis,
    drawn_line,
    over_signal,
    times_of,
    value_axis,
)
from parkwright.show.theme import PALETTE
from parkwright.show.words import Words

OUTER, INNER = (0, -1), (1, -2)
HEAT_COLOURS = {"waste": "good", "pump": "grid", "boiler": "heat", "tank": "battery"}
FORECAST_COLOURS = {"load": "load", "pv": "solar", "heat": "heat"}


def dispatch_chart(words: Words, found: Ahead, theme: str) -> Options:
    """Return load, solar, grid and battery over the price bands, price and carbon below."""
    colour, say = PALETTE[theme], words.say
    grid = next((one for one in found.assets if one.kind == "grid"), None)
    stores = [one for one in found.assets if one.kind == "battery"]
    kw = {":valueFormatter": KW_TEXT}
    power = [
        drawn_line(say("series.load"), found.load_kw, colour["load"], tooltip=kw),
        drawn_line(
            say("series.solar"), found.solar_kw, colour["solar"], tooltip=kw,
            areaStyle={"color": colour["solar"], "opacity": 0.22},
        ),
    ]  # fmt: skip
    if grid is not None:
        style = {"color": colour["grid"], "width": 1.4, "type": [4, 3]}
        power.append(
            drawn_line(say("flow.grid"), grid.power_kw, colour["grid"], step="end", tooltip=kw, lineStyle=style)
        )
    power += [_bars(words.name(one), one.power_kw, colour["battery"]) for one in stores]
    power[0]["markArea"] = band_areas(words, found, colour)
    return over_signal(words, found, power, theme)


def _bars(name: str, values: Sequence[float], colour: str) -> Options:
    return {
        "name": name,
        "type": "bar",
        "data": list(values),
        "itemStyle": {"color": colour, "opacity": 0.55},
        "barCategoryGap": "0%",
        "animation": False,
        "tooltip": {":valueFormatter": KW_TEXT},
    }


def stores_chart(words: Words, found: Ahead, theme: str) -> Options:
    """Return what batteries and tanks hold at the end of each interval, as a share of what they can."""
    colour = PALETTE[theme]
    held = [one for one in found.assets if one.capacity_kwh]
    series = [
        drawn_line(
            words.name(one), _share(one), colour["battery" if one.kind == "battery" else "heat"],
            tooltip={":valueFormatter": "v => v == null ? '–' : v.toFixed(0) + '\\u2009%'"},
            areaStyle={"color": colour["battery" if one.kind == "battery" else "heat"], "opacity": 0.12},
        )
        for one in held
    ]  # fmt: skip
    return {
        "grid": {"left": 44, "right": 16, "top": 24, "bottom": 26},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": category_axis(times_of(words, found.start)),
        "yAxis": value_axis("%", min=0, max=100, splitNumber=2),
        "series": series,
    }


def _share(one: Asset) -> list[float | None]:
    whole = one.capacity_kwh or 1.0
    return [None if value is None else round(100.0 * value / whole, 2) for value in one.stored_kwh]


def forecast_chart(words: Words, found: Ahead, name: str, theme: str) -> Options:
    """Return a forecast: its 80 % and 50 % bands and its median; what the plan takes dashed."""
    colour = PALETTE[theme]
    tint, one = colour[FORECAST_COLOURS[name]], found.forecasts[name]
    planned = {"load": found.load_kw, "pv": found.solar_kw, "heat": found.heat_kw}[name]
    middle = one.quantile_kw[len(one.levels) // 2]
    style = {"color": colour["ink"], "width": 1.2, "type": [4, 3]}
    kw = {":valueFormatter": KW_TEXT}
    series = [
        *_band(one, OUTER, tint, 0.16, "outer"),
        *_band(one, INNER, tint, 0.26, "inner"),
        drawn_line(words.say("ahead.median"), middle, tint, tooltip=kw),
        drawn_line(words.say("ahead.in_plan"), planned, colour["ink"], lineStyle=style, tooltip=kw),
    ]
    return {
        "grid": {"left": 48, "right": 12, "top": 22, "bottom": 26},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": category_axis(times_of(words, found.start)),
        "yAxis": value_axis("kW", splitNumber=3),
        "series": series,
    }


def _band(one: Forecast, pair: tuple[int, int], colour: str, opacity: float, stack: str) -> list[Options]:
    """Return a band between two quantiles: an unseen floor and the height above it, stacked."""
    low, high = (one.quantile_kw[place] for place in pair)
    unseen = {"lineStyle": {"opacity": 0}, "stack": stack, "tooltip": {"show": False}, "silent": True}
    height = [round(top - bottom, 3) for bottom, top in zip(low, high, strict=True)]
    return [
        drawn_line("", low, colour, **unseen),
        drawn_line("", height, colour, areaStyle={"color": colour, "opacity": opacity}, **unseen),
    ]


def heat_chart(words: Words, found: Ahead, theme: str) -> Options:
    """Return where the heat comes from, stacked, with what is needed as a dashed line."""
    colour = PALETTE[theme]
    kw = {":valueFormatter": KW_TEXT}
    series = []
    for source in found.heat:
        tint = colour[HEAT_COLOURS[source.key]]
        style = {"color": tint, "opacity": 0.5}
        name = words.say(f"ahead.heat_{source.key}")
        series.append(
            drawn_line(name, source.power_kw, tint, stack="heat", step="end", areaStyle=style, tooltip=kw)
            | {"lineStyle": {"width": 0}}
        )
    style = {"color": colour["ink"], "width": 1.4, "type": [4, 3]}
    series.append(drawn_line(words.say("ahead.heat_needed"), found.heat_kw, colour["ink"], lineStyle=style, tooltip=kw))
    return {
        "grid": {"left": 48, "right": 16, "top": 24, "bottom": 26},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": category_axis(times_of(words, found.start)),
        "yAxis": value_axis("kW", splitNumber=3),
        "series": series,
    }


def lamps_chart(words: Words, found: Lamps, health: LampFaults, size_m: tuple[float, float], theme: str) -> Options:
    """Return the lamps on the site's ground [m]: dots in a colour a fleet, diamonds where nights were dark.

    Over them lie lamps that are silent, as rings, and lamps with a fault, as pins that say which.
    """
    colour = PALETTE[theme]
    tints = ("solar", "cooling", "battery", "good")
    dark = {one.fleet for one in found.fleets if one.dark_nights}
    series = [
        _lamp_dots(fleet, [{"value": list(place)} for place in places], "diamond" if fleet in dark else "circle", 6)
        | {"itemStyle": {"color": colour["warn" if fleet in dark else tints[n % len(tints)]]}}
        for n, (fleet, places) in enumerate(found.places_m.items())
    ]
    silent = [_lamp_dot(words, one) for one in health.lamps if one.silent]
    if silent:
        style = {"color": colour["surface"], "borderColor": colour["muted"], "borderWidth": 2}
        series.append(_lamp_dots(words.say("ahead.lamp_silent"), silent, "circle", 10) | {"itemStyle": style})
    ill = [_lamp_dot(words, one) for one in health.lamps if one.fault]
    if ill:
        style = {"color": colour["warn"]}
        series.append(_lamp_dots(words.say("ahead.lamp_faults"), ill, "pin", 24) | {"itemStyle": style})
    east, north = size_m
    return {
        "grid": {"left": 48, "right": 24, "top": 24, "bottom": 30},
        "tooltip": {"trigger": "item", "confine": True},
        "xAxis": value_axis(words.say("ahead.east"), min=0, max=east, splitLine={"show": False}),
        "yAxis": value_axis(words.say("ahead.north"), min=0, max=north, splitLine={"show": False}),
        "series": series,
    }


def _lamp_dots(name: str, data: list[Options], symbol: str, size: int) -> Options:
    return {
        "name": name, "type": "scatter", "data": data, "symbol": symbol, "symbolSize": size, "animation": False,
        "tooltip": {":valueFormatter": "v => v + '\\u2009m'"},
    }  # fmt: skip


def _lamp_dot(words: Words, one: Lamp) -> Options:
    what = words.say(f"lamp_fault.{one.fault}") if one.fault else words.say("ahead.lamp_silent")
    return {"name": f"{one.lamp} · {what}", "value": [one.east_m, one.north_m]}


def dispatch_key(words: Words, found: Ahead) -> list[tuple[str, str, str]]:
    """Return the key of the dispatch chart."""
    batteries = [(words.name(one), "battery", "") for one in found.assets if one.kind == "battery"]
    return [
        (words.say("series.load"), "load", "full"),
        (words.say("series.solar"), "solar", "full"),
        (words.say("flow.grid"), "grid", "dash"),
        *batteries,
        (words.say("series.price"), "grid", "full"),
        (words.say("series.carbon"), "carbon", "dot"),
    ]


def heat_key(words: Words, found: Ahead) -> list[tuple[str, str, str]]:
    """Return the key of the heat chart, with temperatures where they are known."""
    entries = []
    for source in found.heat:
        name = words.say(f"ahead.heat_{source.key}")
        if source.from_c is not None and source.to_c is not None:
            name = f"{name} {source.from_c:g} → {source.to_c:g} °C"
        entries.append((name, HEAT_COLOURS[source.key], ""))
    return [*entries, (words.say("ahead.heat_needed"), "ink", "dash")]


def stores_key(words: Words, found: Ahead) -> list[tuple[str, str, str]]:
    """Return the key of the stores chart; of a tank also how warm it is now and at its coldest."""
    held = [one for one in found.assets if one.capacity_kwh]
    return [(_store_name(words, found, one), "battery" if one.kind == "battery" else "heat", "full") for one in held]


def _store_name(words: Words, found: Ahead, one: Asset) -> str:
    if not one.top_c:
        return words.name(one)
    least = min(range(len(one.top_c)), key=one.top_c.__getitem__)
    degrees = {"now": f"{one.top_c[0]:.0f}", "least": f"{one.top_c[least]:.0f}"}
    return f"{words.name(one)} · {words.say('ahead.tank_warm', at=words.clock(found.start[least]), **degrees)}"


def forecast_key(words: Words, name: str) -> list[tuple[str, str, str]]:
    """Return the key of a forecast chart; the wide and the narrow band have the colour of the line."""
    return [
        (words.say("ahead.median"), FORECAST_COLOURS[name], "full"),
        (words.say("ahead.bands"), FORECAST_COLOURS[name], ""),
        (words.say("ahead.in_plan"), "ink", "dash"),
    ]
