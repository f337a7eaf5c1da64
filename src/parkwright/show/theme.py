"""One palette for every chart, light and dark; the same colours as assets/parkwright.css, with the same meaning."""

from __future__ import annotations

from typing import Any

FONT = (
    'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", '
    '"Noto Sans CJK SC", sans-serif'
)

PALETTE: dict[str, dict[str, str]] = {
    "light": {
        "surface": "#ffffff", "line": "#d5dbe1", "ink": "#17202a", "muted": "#566370", "solar": "#d99a00",
        "battery": "#6b4fa0", "grid": "#5b6b7b", "heat": "#c8452c", "cooling": "#2f7fb8", "carbon": "#3d4348",
        "good": "#27704a", "warn": "#a85200", "stop": "#b3261e", "load": "#33485c", "loss": "#9aa4ae",
        "sharp": "rgba(179,38,30,0.10)", "peak": "rgba(168,82,0,0.08)", "flat": "rgba(0,0,0,0)",
        "valley": "rgba(47,127,184,0.07)",
    },
    "dark": {
        "surface": "#1a2128", "line": "#303b45", "ink": "#e4e9ee", "muted": "#a0adb9", "solar": "#f0b429",
        "battery": "#ad93e0", "grid": "#93a5b7", "heat": "#f0755c", "cooling": "#5cb0e6", "carbon": "#c3ccd4",
        "good": "#68c690", "warn": "#f2a24c", "stop": "#f47c72", "load": "#a9bccd", "loss": "#6d7983",
        "sharp": "rgba(244,124,114,0.16)", "peak": "rgba(242,162,76,0.11)", "flat": "rgba(0,0,0,0)",
        "valley": "rgba(92,176,230,0.08)",
    },
}  # fmt: skip
"""Colours by theme and meaning: solar amber, battery violet, grid slate, heat vermilion, cooling blue, and so on."""


def chart_theme(theme: str) -> dict[str, Any]:
    """Return the ECharts theme for 'light' or 'dark'."""
    colour = PALETTE[theme]
    axis = {
        "axisLine": {"lineStyle": {"color": colour["line"]}},
        "axisTick": {"lineStyle": {"color": colour["line"]}},
        "axisLabel": {"color": colour["muted"], "fontSize": 11},
        "splitLine": {"lineStyle": {"color": [colour["line"]], "width": 0.6}},
        "nameTextStyle": {"color": colour["muted"], "fontSize": 11},
    }
    return {
        "color": [colour[name] for name in ("load", "solar", "battery", "cooling", "heat", "grid", "good")],
        "backgroundColor": "rgba(0,0,0,0)",
        "textStyle": {"fontFamily": FONT, "color": colour["ink"]},
        "categoryAxis": axis | {"splitLine": {"show": False}},
        "valueAxis": axis | {"axisLine": {"show": False}, "axisTick": {"show": False}},
        "timeAxis": axis,
        "legend": {"textStyle": {"color": colour["muted"], "fontSize": 12}, "itemHeight": 8, "itemWidth": 16},
        "tooltip": {
            "backgroundColor": colour["surface"],
            "borderColor": colour["line"],
            "textStyle": {"color": colour["ink"], "fontSize": 12},
            "axisPointer": {"lineStyle": {"color": colour["muted"]}, "crossStyle": {"color": colour["muted"]}},
        },
    }
