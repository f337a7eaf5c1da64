"""A table as an Excel workbook of one sheet (Office Open XML, ECMA-376 part 1: SpreadsheetML), text never a formula."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import polars as pl

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_575
"""Rows below the head that a sheet can hold (Microsoft, Excel specifications and limits: 1,048,576 rows)."""
MOST_DIGITS = 10**15
"""Integers from here on are written as text: a cell keeps 15 digits (same source)."""
DAY_0 = datetime(1899, 12, 30, tzinfo=UTC)
"""Day 0 of a sheet's dates, which know no zone (ECMA-376 part 1, 18.17.4.1)."""
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{MEDIA_TYPE}.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font/><font><b/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/>'
    '<xf fontId="1" applyFont="1"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>',
}
"""The parts of a workbook that do not depend on its table; cell styles: 0 plain, 1 head, 2 instant."""


def workbook(rows: pl.DataFrame, name: str, zone: ZoneInfo) -> bytes:
    """Return `rows` as a workbook with one sheet called `name`; instants in `zone`, named in the head of their column.

    Raises ValueError when there are more rows than a sheet holds.
    """
    if rows.height > MOST_ROWS:
        raise ValueError(f"{name}: {rows.height} rows are more than the {MOST_ROWS} that a sheet holds; take CSV")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as package:
        for path, text in PARTS.items():
            package.writestr(path, XML + text)
        sheet = f'<sheet name="{_text(name[:31])}" sheetId="1" r:id="r1"/>'
        book = f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{sheet}</sheets></workbook>'
        package.writestr("xl/workbook.xml", XML + book)
        with package.open("xl/worksheets/sheet1.xml", "w") as out:
            for piece in _sheet(rows, zone):
                out.write(piece.encode())
    return made.getvalue()


def _sheet(rows: pl.DataFrame, zone: ZoneInfo) -> Iterator[str]:
    yield f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
    yield '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    yield "<sheetData>"
    heads = [f"{name} ({zone.key})" if isinstance(kind, pl.Datetime) else name for name, kind in rows.schema.items()]
    yield "<row>" + "".join(_string(head, 1) for head in heads) + "</row>"
    for row in rows.iter_rows():
        yield "<row>" + "".join(_cell(value, zone) for value in row) + "</row>"
    yield "</sheetData></worksheet>"


def _cell(value: object, zone: ZoneInfo) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        since = value.astimezone(zone).replace(tzinfo=UTC) - DAY_0
        return f'<c s="2"><v>{since.total_seconds() / 86400:.10f}</v></c>'
    if isinstance(value, int | float) and abs(value) < MOST_DIGITS:
        return f"<c><v>{value!r}</v></c>"
    return _string(str(value))


def _string(text: str, style: int = 0) -> str:
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{_text(text)}</t></is></c>'


def _text(text: str) -> str:
    return escape(UNWRITABLE.sub(" ", text), {'"': "&quot;"})
