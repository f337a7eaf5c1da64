"""The API of the ledger's postings: the accounts of a day, what was posted on one, and why."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query

from parkwright.show.answers.posting import (
    AccountPostings,
    Accounts,
    Explanation,
    accounts,
    explanation,
    postings,
)
from parkwright.show.api import FIRST_DAY, LAST_DAY, NOT_FOUND, NOT_SIGNED_IN, PLAIN, seeing
from parkwright.show.door import Visit

SHOWN_MOST = 1000
"""Most postings of one answer."""
router = APIRouter(prefix="/api/v1/postings", responses=NOT_SIGNED_IN)
Seeing = Annotated[Visit, Depends(seeing("carbon"))]
OnDay = Annotated[date, Query(ge=FIRST_DAY, le=LAST_DAY, description="date in the park's time zone")]
Account = Annotated[str, Query(min_length=3, max_length=120, pattern=PLAIN, description="for example idle:L-NB1")]
JournalId = Annotated[str, Query(alias="journal", min_length=3, max_length=200, pattern=PLAIN)]


@router.get("/accounts")
def read_accounts(visit: Seeing, day: OnDay) -> Accounts:
    """What does each account of the ledger hold after a day?"""
    return accounts(visit.context.facts, day)


@router.get("")
def read_postings(
    visit: Seeing,
    day: OnDay,
    account: Account,
    limit: Annotated[int, Query(ge=1, le=SHOWN_MOST)] = 200,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> AccountPostings:
    """What was posted on an account on a day?"""
    return postings(visit.context.facts, day, account, limit, offset)


@router.get("/explanation", responses=NOT_FOUND)
def read_posting(visit: Seeing, day: OnDay, account: Account, journal: JournalId) -> Explanation:
    """Why does a posting say what it says, from raw reading to kg?"""
    found = explanation(visit.context.park, visit.context.facts, day, journal, account)
    if found is None:
        raise HTTPException(404, f"no posting of {journal} on {account} on {day}; list the account's postings")
    return found
