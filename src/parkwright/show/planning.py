"""The HTTP API of planners: what a plan costs, why a job stands there, drafts of a change, and their acceptance."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path
from pydantic import Field

from parkwright.model.errors import LedgerError, PlanError
from parkwright.run.revise import KIND
from parkwright.show.answers.figure import Answer
from parkwright.show.answers.planning import (
    NAME,
    AskedChange,
    Certificate,
    CommandState,
    Draft,
    JobReason,
    Objective,
    PlanHeads,
    Planner,
    SetupMatrix,
    Trades,
)
from parkwright.show.api import CONFLICT, FIRST_DAY, LAST_DAY, NOT_FOUND, NOT_SIGNED_IN, Visiting, seeing
from parkwright.show.auth import APPROVE
from parkwright.show.door import Visit, demand

VALID = timedelta(hours=1)
"""Park time for which a command waits to be taken, at least (assumed)."""
VALID_S = 60.0
"""The same in seconds of the wall, for a park that runs quickly (assumed)."""

DayPath = Annotated[date, Path(ge=FIRST_DAY, le=LAST_DAY, description="date in the park's time zone")]
JobPath = Annotated[str, Path(pattern=NAME, description="job")]
IdPath = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="id of the draft or command")]
Seeing = Annotated[Visit, Depends(seeing("plan"))]

router = APIRouter(prefix="/api/v1", responses={**NOT_SIGNED_IN, **NOT_FOUND, **CONFLICT})


class Accepted(Answer):
    """A change on its way to the run."""

    command_id: str = Field(description="ask for its answer under /commands")


def planner_of(visit: Visit) -> Planner:
    """Return the planner of this server; raises 404 when it has none."""
    if visit.context.planner is None:
        raise HTTPException(404, "this server plans nothing; serve the park with parkwright run")
    return visit.context.planner


def accept(visit: Visit, draft_id: str) -> str:
    """Ask the run for a draft and return the command's id, the same however often one asks.

    Raises PlanError when the draft cannot be accepted.
    """
    context = visit.context
    payload = planner_of(visit).payload(draft_id) | {"who": visit.principal.name}
    if context.operations.command(draft_id) is None:
        valid = max(VALID, timedelta(seconds=VALID_S * context.speed))
        try:
            context.operations.issue_command(KIND, payload, visit.principal.user_id, visit.now, valid, draft_id)
        except LedgerError:
            if context.operations.command(draft_id) is None:
                raise
    return draft_id


def state_of(visit: Visit, command_id: str) -> CommandState | None:
    """Return what came of a command; None when there is none of that id."""
    found = visit.context.operations.command(command_id)
    if found is None:
        return None
    return CommandState.model_validate({"id": found.id, "state": found.state, "answer": found.answer or ""})


@router.get("/plans/{day}/objective")
def read_objective(day: DayPath, visit: Seeing) -> Objective:
    """What the plan in force costs, by component."""
    try:
        return planner_of(visit).objective(day.isoformat())
    except PlanError as error:
        raise HTTPException(404, str(error)) from error


@router.get("/plans/{day}/setups")
def read_setups(day: DayPath, visit: Seeing) -> SetupMatrix:
    """How long changeovers take, by line, from family to family."""
    try:
        return planner_of(visit).setups(day.isoformat())
    except PlanError as error:
        raise HTTPException(404, str(error)) from error


@router.get("/plans/{day}/people")
def read_people(day: DayPath, visit: Seeing) -> PlanHeads:
    """The people whom the lines share, by metering interval: how many are at work by the plan, how many are there."""
    try:
        return planner_of(visit).heads(day.isoformat())
    except PlanError as error:
        raise HTTPException(404, str(error)) from error


@router.get("/plans/{day}/trades")
def read_trades(day: DayPath, visit: Seeing) -> Trades:
    """Cost against carbon over a sweep of the carbon price; begun by the first question, complete a little later."""
    try:
        return planner_of(visit).trades(day.isoformat(), visit.now)
    except PlanError as error:
        raise HTTPException(404, str(error)) from error


@router.get("/plans/{day}/certificate")
def read_certificate(day: DayPath, visit: Seeing) -> Certificate:
    """What is proven of small parts of the plan in force; begun by the first question, complete within a minute."""
    try:
        return planner_of(visit).certificate(day.isoformat(), visit.now)
    except PlanError as error:
        raise HTTPException(404, str(error)) from error


@router.get("/plans/{day}/jobs/{job_id}/reason")
def read_reason(day: DayPath, job_id: JobPath, visit: Seeing) -> JobReason:
    """Why a job stands where it does, and what it would cost elsewhere."""
    try:
        return planner_of(visit).reason(day.isoformat(), job_id, visit.now)
    except PlanError as error:
        raise HTTPException(404, str(error)) from error


@router.post("/plans/{day}/drafts")
def propose(day: DayPath, body: AskedChange, visit: Visiting) -> Draft:
    """Cost a change of the plan: jobs moved, orders rushed, lines out, the rest searched again. Nothing is changed."""
    demand(visit, APPROVE, "plan")
    try:
        return planner_of(visit).propose(day.isoformat(), body, visit.now)
    except PlanError as error:
        raise HTTPException(409, str(error)) from error


@router.get("/plans/{day}/drafts/{draft_id}")
def read_draft(day: DayPath, draft_id: IdPath, visit: Seeing) -> Draft:
    """A draft as it stands; while it is searched, with its objective falling."""
    found = planner_of(visit).draft(draft_id)
    if found is None or found.day != day.isoformat():
        raise HTTPException(404, f"draft {draft_id}: is not kept any more; make the change again")
    return found


@router.post("/plans/{day}/drafts/{draft_id}/acceptance")
def accept_draft(day: DayPath, draft_id: IdPath, visit: Visiting) -> Accepted:
    """Ask the run to go on by a draft; what came of it is the command's answer."""
    demand(visit, APPROVE, "plan")
    read_draft(day, draft_id, visit)
    try:
        return Accepted(command_id=accept(visit, draft_id))
    except PlanError as error:
        raise HTTPException(409, str(error)) from error


@router.get("/commands/{command_id}")
def read_command(command_id: IdPath, visit: Seeing) -> CommandState:
    """What came of a command to the run."""
    found = state_of(visit, command_id)
    if found is None:
        raise HTTPException(404, f"command {command_id}: is not known; look at the plan as it stands")
    return found
