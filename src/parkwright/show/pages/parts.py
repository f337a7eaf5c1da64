"""Pieces of pages as HTML text: figures, tables, states. All text from data goes through `e`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from parkwright.show.answers.figure import Figure, Why
from parkwright.show.words import MISSING, Words

OFF_WARN, OFF_STOP = 0.05, 0.20
"""Deviation from its own target from which a figure is marked, and marked strongly (assumed)."""

SPARK_W, SPARK_H = 120.0, 28.0


def e(text: object) -> str:
    """Return text escaped for HTML."""
    return escape(str(text), quote=True)


def card(title: str, body: str, tools: str = "", kind: str = "") -> str:
    """Return a card with a heading, tools at its right, and a body; title is text, the others are HTML."""
    head = f'<header><h2>{e(title)}</h2><span class="grow"></span>{tools}</header>'
    return f'<section class="card {kind}">{head}{body}</section>'


def section_head(title: str, tools: str = "", below: str = "") -> str:
    """Return the head of a card that holds a chart: title, tools at its right, a line below; the last two are HTML."""
    return f'<header class="head tight"><h2>{e(title)}</h2><span class="grow"></span>{tools}</header>{below}'


def key(entries: Sequence[tuple[str, str, str]]) -> str:
    """Return the key of a chart: (label, colour name of the style sheet, line: full, dash or dot)."""
    return (
        '<div class="key">'
        + "".join(
            f'<span><i class="{line}" style="--c:var(--{colour})"></i>{e(label)}</span>'
            for label, colour, line in entries
        )
        + "</div>"
    )


MARKS = ((">", "n"), ("~", "hide-phone"), ("!", "stays"))
"""Mark behind the name of a column -> its class."""


def heads(words: Words, *columns: str) -> list[tuple[str, str]]:
    """Return the heads of a table as (text, class): message keys, or text after "=".

    Those that end with ">" are numeric; those that end with "~" are left out on a phone, and those that end with "!"
    stay in sight there when the table is wider.
    """
    found = []
    for column in columns:
        name = column.rstrip(">~!")
        text = name.removeprefix("=") if name.startswith("=") else words.say(name)
        kind = " ".join(part for mark, part in MARKS if mark in column[len(name) :])
        found.append((text, kind))
    return found


def table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], foot: Sequence[str] = ()) -> str:
    """Return a table; columns are (head, class); cells are HTML."""
    kinds = [f' class="{kind}"' if kind else "" for _, kind in columns]
    top = "".join(f"<th{kind}>{e(text)}</th>" for (text, _), kind in zip(columns, kinds, strict=True))
    body = "".join(_cells(row, kinds) for row in rows)
    end = f"<tfoot>{_cells(foot, kinds)}</tfoot>" if foot else ""
    return f'<div class="scroll"><table class="t"><thead><tr>{top}</tr></thead><tbody>{body}</tbody>{end}</table></div>'


def _cells(row: Sequence[str], kinds: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"


def state(title: str, text: str, kind: str = "", act: str = "") -> str:
    """Return a designed state (empty, error, no permission): what it is, what to do; act is HTML."""
    return f'<div class="state {kind}" role="status"><b>{e(title)}</b><span>{e(text)}</span>{act}</div>'


def skeleton(height_px: int) -> str:
    """Return a grey block that stands where content will be."""
    return f'<div class="skeleton" style="height:{height_px}px" aria-busy="true"></div>'


def badge(text: str, kind: str = "") -> str:
    """Return a small label; kind: good, warn, stop or note."""
    return f'<span class="badge {kind}">{e(text)}</span>'


def post_button(
    label: str,
    path: str,
    body: object,
    done: str,
    ask: str = "",
    kind: str = "",
    sure: str = "",
    field: tuple[str, str] = ("reason", ""),
) -> str:
    """Return a button that posts to the API and then shows `done`; sure: it first asks for a yes.

    ask: it first asks for what the field of the body is to be; field: its name and what stands there to begin with.
    """
    wanted = f' data-ask="{e(ask)}" data-field="{e(field[0])}" data-given="{e(field[1])}"' if ask else ""
    asked = wanted + (f' data-sure="{e(sure)}"' if sure else "")
    sent = f'data-post="{e(path)}" data-body="{e(json.dumps(body))}" data-done="{e(done)}"{asked}'
    return f'<button class="act {kind}" {sent}>{e(label)}</button>'


def downloads(words: Words, kind: str, day: str) -> str:
    """Return links to the table behind a chart."""
    what = words.say(f"table.{kind}")
    found = ""
    for form, name in (("xlsx", "Excel"), ("csv", "CSV"), ("parquet", "Parquet")):
        label = e(words.say("page.download", form=name, what=what))
        address = f"/api/v1/tables/{kind}.{form}?day={e(day)}"
        found += f'<a class="small" download href="{address}" aria-label="{label}">{name}</a> '
    return found


def why_button(words: Words, title: str) -> str:
    """Return the button that opens the explanation beside it."""
    ask = e(words.say("page.why_of", what=title))
    return f'<button class="why" data-why aria-label="{ask}">{e(words.say("page.why"))}</button>'


def why_template(words: Words, title: str, why: Why, notes: Sequence[str] = ()) -> str:
    """Return the hidden explanation of a figure; notes: sentences below its inputs."""
    rows = [
        (
            e(words.say(each.name)),
            e(words.amount(each.value, each.unit, 6)) if each.value is not None else MISSING,
            f'<span class="mono">{e(each.source)}</span>',
        )
        for each in why.inputs
    ]
    inputs = table(heads(words, "page.input", "page.value>", "page.source"), rows) if rows or not notes else ""
    below = "".join(f'<p class="muted small">{e(note)}</p>' for note in notes)
    return f"<template><h2>{e(title)}</h2><p>{e(words.say(why.formula))}</p>{inputs}{below}</template>"


def figure_card(words: Words, figure: Figure, now: datetime) -> str:
    """Return one figure: value, target and deviation, change on the day and the year, spark line, age, why."""
    title = words.say(f"figure.{figure.key}")
    number, unit = words.quantity(figure.value, figure.unit)
    lines = [part for part in (_target(words, figure), _changes(words, figure)) if part]
    body = (
        f'<div class="label"><span title="{e(title)}">{e(title)}</span>{why_button(words, title)}</div>'
        f'<div class="value{"" if figure.value is not None else " none"}">{e(number)}<small>{e(unit)}</small></div>'
        + _yet(words, figure)
        + "".join(lines)
        + spark(figure)
        + _age(words, figure, now)
    )
    return f'<article class="card figure {_kind(figure)}">{body}{why_template(words, title, figure.why)}</article>'


def _yet(words: Words, figure: Figure) -> str:
    if figure.value is not None:
        return ""
    return f'<div class="line"><span>{e(words.known(f"yet.{figure.key}", words.say("yet.other")))}</span></div>'


def _kind(figure: Figure) -> str:
    off = figure.off_target
    if off is None or off < OFF_WARN:
        return ""
    return "stop" if off >= OFF_STOP else "warn"


def _age(words: Words, figure: Figure, now: datetime) -> str:
    if figure.as_of is None:
        return ""
    age = words.age(max(0.0, (now - figure.as_of).total_seconds()))
    return f'<div class="foot" title="{e(words.say("page.as_of", at=words.clock(figure.as_of, now)))}">{e(age)}</div>'


def _target(words: Words, figure: Figure) -> str:
    if figure.target is None:
        return ""
    text = f"{e(words.say('page.target'))} <b>{e(words.amount(figure.target, figure.unit))}</b>"
    off = figure.off_target
    if off is not None and off >= OFF_WARN and figure.value is not None:
        key = "page.above" if figure.value > (figure.target or 0) else "page.below"
        text += f' <span class="off">{e(words.say(key, share=words.percent(abs(off))))}</span>'
    return f'<div class="line"><span>{text}</span></div>'


def _changes(words: Words, figure: Figure) -> str:
    if not figure.spark and figure.yesterday is None:
        return ""
    parts = []
    for key, unknown, share in (
        ("page.on_day", "page.no_day", figure.change_on_day),
        ("page.on_year", "page.no_year", figure.change_on_year),
    ):
        text = words.percent(share, signed=True) if share is not None else MISSING
        title = f' title="{e(words.say(unknown))}"' if share is None else ""
        parts.append(f"<span{title}>{e(words.say(key))} <b>{e(text)}</b></span>")
    return f'<div class="line">{"".join(parts)}</div>'


def line_of(values: Sequence[float | None], label: str, least_span: float) -> str:
    """Return values over a day as a small line with its name for screen readers; least_span as in spark_line."""
    drawn = spark_line(values, least_span)
    return drawn.replace('aria-hidden="true"', f'role="img" aria-label="{e(label)}"', 1)


def spark(figure: Figure) -> str:
    """Return the figure of the last closed days as a small line; the newest is a dot."""
    return spark_line(figure.spark)


def spark_line(given: Sequence[float | None], least_span: float = 0.0) -> str:
    """Return values as a small line; the newest is a dot; nothing where fewer than two are known.

    least_span: what the height stands for at least, so that small changes look small; in the unit of the values.
    """
    values = [v for v in given if v is not None]
    if len(values) < 2:
        return ""
    span = max(max(values) - min(values), least_span) or 1.0
    low = (max(values) + min(values) - span) / 2
    step = SPARK_W / max(1, len(given) - 1)

    def place(n: int, value: float) -> str:
        return f"{n * step:.1f},{SPARK_H - 3 - (value - low) / span * (SPARK_H - 6):.1f}"

    points = [place(n, v) for n, v in enumerate(given) if v is not None]
    x, y = points[-1].split(",")
    return (
        f'<svg class="spark" viewBox="0 0 {SPARK_W} {SPARK_H}" preserveAspectRatio="none" aria-hidden="true">'
        f'<polyline points="{" ".join(points)}"/>'
        f'<line class="last" x1="{x}" x2="{x}" y1="{float(y) - 0.01}" y2="{y}"/></svg>'
    )
