"""A closed day as a table for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from rich.table import Table

from parkwright.model.park import Park
from parkwright.show.answers.report import Measure, Report


def day_table(park: Park, day: date, summary: Mapping[str, Any]) -> Table:
    """Return the figures of a closed day with their units; summary: what run_one returned."""
    table = Table(title=f"{park.site.name.en}, {day.isoformat()}", title_justify="left", show_header=False)
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for name, value, unit in figures(summary):
        table.add_row(name, value, unit)
    return table


def periods_table(found: Report) -> Table:
    """Return a report for a terminal: a row a period, then the whole; in brackets the change on what it is against."""
    against = {"previous": "the period before", "year": "the year before"}[found.compare]
    title = f"{found.place.name_en}, {found.start_day} to {found.end_day}; in brackets the change on {against}"
    table = Table(title=title, title_justify="left", show_footer=True)
    table.add_column("days", "whole")
    last = {one.key: one for one in found.whole.measures}
    for one in found.whole.measures:
        table.add_column(f"{one.key.replace('_', ' ')} ({one.unit})", _measured(last[one.key]), justify="right")
    for period in found.periods:
        days = period.start_day if period.start_day == period.end_day else f"{period.start_day} - {period.end_day}"
        part = "" if period.days_closed == period.days else f" ({period.days_closed} of {period.days} closed)"
        table.add_row(days + part, *(_measured(one) for one in period.measures))
    return table


def _measured(one: Measure) -> str:
    if one.value is None:
        return "-"
    changed = "" if one.change is None else f" ({100 * one.change:+.1f} %)"
    return f"{one.value:,.{0 if one.unit == 'units' else 3}f}{changed}"


def alarm_lines(summary: Mapping[str, Any]) -> list[str]:
    """Return the worst alarms of a day as lines; one line when there were none."""
    alarms = summary["alarms"]
    if not alarms["count"]:
        return ["No alarms."]
    return [f"{alarms['count']} alarms, the worst:", *(f"  {alarm['text']}" for alarm in alarms["worst"])]


def figures(summary: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (name, value, unit) of the figures that a person reads first."""
    energy, co2e = summary["energy_kwh"], summary["co2e_kg"]
    each = summary.get("co2e_kg_per_unit", {})
    rows = [
        ("units good", f"{summary['units_good']:,}", "units"),
        ("units scrapped", f"{summary['units_scrapped']:,}", "units"),
        ("boards good", f"{summary['boards_good']:,}", "boards"),
        ("orders due", f"{summary['orders_due']:,}", "order lines"),
        ("orders late", f"{summary['orders_late']:,}", "order lines"),
        ("energy from the grid", f"{energy['grid']:,.1f}", "kWh"),
        ("energy from the sun", f"{energy['pv']:,.1f}", "kWh"),
        ("battery charged", f"{energy['battery_in']:,.1f}", "kWh"),
        ("battery discharged", f"{energy['battery_out']:,.1f}", "kWh"),
        ("fed into the grid", f"{energy['export']:,.1f}", "kWh"),
        ("energy cost", f"{summary['cost_cny']:,.2f}", "CNY"),
        ("scope 1", f"{co2e['scope1']:,.1f}", "kg CO2e"),
        ("scope 2, location-based", f"{co2e['scope2_location']:,.1f}", "kg CO2e"),
        ("scope 2, market-based", f"{co2e['scope2_market']:,.1f}", "kg CO2e"),
    ]
    if "peak_kw" in summary:
        rows.append(("highest import", f"{summary['peak_kw']:,.1f}", "kW"))
        rows.append(("added to the month's demand charge", f"{summary['demand_cny']:,.2f}", "CNY"))
    if each:
        rows.append(("scope 1 + 2 per unit, location", f"{each['location']:.4f}", "kg CO2e"))
        rows.append(("scope 1 + 2 per unit, market", f"{each['market']:.4f}", "kg CO2e"))
    rows += [
        ("passports", f"{summary['passports']:,}", "units"),
        ("meters", f"{summary['meters']['count']}", "meters"),
        ("largest attribution residual", f"{summary['meters']['attributed_kwh_residual_max']}", "kWh"),
        ("journals", f"{summary['journals']['count']:,}", "journals"),
        ("journals that do not sum to zero", f"{summary['journals']['unbalanced']}", "journals"),
        ("wall time", f"{summary['wall_s']:.1f}", "s"),
        ("peak memory", f"{summary['peak_rss_mb']:,.0f}", "MB"),
    ]
    return rows
