"""The API of the report: what the page shows, as an endpoint with a schema and as a table to take along."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Query, Response

from parkwright.model.errors import LedgerError, ParkwrightError
from parkwright.show.answers.report import Report, asked
from parkwright.show.answers.span import Compare, Grain
from parkwright.show.api import NOT_FOUND, NOT_SIGNED_IN, Problem, seeing, table_response
from parkwright.show.carbon_api import EndQuery, StartQuery
from parkwright.show.door import Visit
from parkwright.show.workbook import MEDIA_TYPE

router = APIRouter(prefix="/api/v1", responses=NOT_SIGNED_IN)
Seeing = Annotated[Visit, Depends(seeing("report"))]
ScopeQuery = Annotated[
    str, Query(max_length=64, pattern=r"^[A-Za-z0-9_.-]*$", description="a building or a line; empty for the site")
]
GrainQuery = Annotated[Grain, Query(description="length of a period")]
CompareQuery = Annotated[Compare, Query(description="the period before, or the same one a year before")]
REFUSED = NOT_FOUND | {400: {"model": Problem, "description": "no such scope, or a span that cannot be reported"}}


def report_of(
    visit: Visit, scope: str, grain: Grain, compare: Compare, start: date | None, end: date | None
) -> Report | None:
    """Return the report that is asked for; None where no day is closed.

    Raises ParkwrightError when there is no such scope or the span cannot be reported.
    """
    context, key = visit.context, ("report", scope, grain, compare, start, end)
    return visit.frames.keep(key, lambda: asked(context.park, context.facts, scope, grain, compare, start, end))


def report_table(found: Report) -> pl.DataFrame:
    """Return a report as a table: a row a period, then the whole; each measure beside what it is compared with."""
    rows = []
    for period in (*found.periods, found.whole):
        row: dict[str, object] = period.model_dump(exclude={"measures"})
        for one in period.measures:
            name = f"{one.key}_{one.unit.replace(' ', '_')}"
            row |= {name: one.value, f"{name}_reference": one.reference, f"{one.key}_change": one.change}
        rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None)


def _found(visit: Visit, scope: str, grain: Grain, compare: Compare, start: date | None, end: date | None) -> Report:
    try:
        found = report_of(visit, scope, grain, compare, start, end)
    except LedgerError:
        raise
    except ParkwrightError as error:
        raise HTTPException(400, str(error)) from error
    if found is None:
        raise HTTPException(404, "no day is closed yet; run the park for a day")
    return found


@router.get("/report", responses=REFUSED)
def read_report(
    visit: Seeing,
    scope: ScopeQuery = "",
    grain: GrainQuery = "day",
    compare: CompareQuery = "previous",
    start: StartQuery = None,
    end: EndQuery = None,
) -> Report:
    """What did a place use, cost and emit, against the period or the year before?"""
    return _found(visit, scope, grain, compare, start, end)


@router.get(
    "/report.{form}",
    response_class=Response,
    responses=REFUSED
    | {
        200: {
            "content": {"text/csv": {}, "application/vnd.apache.parquet": {}, MEDIA_TYPE: {}},
            "description": "a row a period, then the whole",
        }
    },
)
def read_report_table(
    form: Literal["csv", "parquet", "xlsx"],
    visit: Seeing,
    scope: ScopeQuery = "",
    grain: GrainQuery = "day",
    compare: CompareQuery = "previous",
    start: StartQuery = None,
    end: EndQuery = None,
) -> Response:
    """The report as a table for a spreadsheet or a program."""
    found = _found(visit, scope, grain, compare, start, end)
    name = f"{visit.context.park.site.park_id}-report-{scope or 'site'}-{found.start_day}-{found.end_day}"
    return table_response(report_table(found), name, form, visit.context.park.zone)
