"""Low-temperature solder for a script and the page: what the ovens' meters say beside what was claimed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from parkwright.carbon import solder
from parkwright.carbon.editions import FuelFactor, GridFactor, required
from parkwright.carbon.factors import edition_of, named
from parkwright.carbon.solder import SolderClaim
from parkwright.store.carbon_book import SolderBook
from parkwright.wire.accounts import Accounts

KWH_PER_MWH_INT = 1e6


def solder_answer(accounts: Accounts, book: SolderBook, oven_mwh_int: int, boards: int, days: int) -> dict[str, Any]:
    """Return what low-temperature paste saves by the ovens' meters, and each published claim, in the same terms.

    oven_mwh_int: energy of the ovens over the days [mWh]; boards: good boards of those days. `computed` is None where
    no board was made. Each saving is told a year, an oven, as power around the clock, and as gasoline by edition of its
    factor.
    """
    computed = None
    if boards:
        grid = required(edition_of(named(accounts.park, accounts.park.site.accounting_grid_factor)), GridFactor)
        found, ovens = solder.saving(oven_mwh_int, boards, days, book.saving_share, grid), len(book.oven_meter_ids)
        each = Decimal(repr(found.saved_t)) / ovens
        computed = {
            "oven_kwh": oven_mwh_int / KWH_PER_MWH_INT,
            "boards": boards,
            "days": days,
            "ovens": ovens,
            "kwh_per_board": found.kwh_per_board,
            "saved_kg_per_board": found.saved_kg_per_board,
            "saved_t_per_year": found.saved_t,
            "t_per_oven": float(each),
            "kw_per_oven": float(solder.implied_kw(each, grid)),
            "gasoline_l_by_factor": _litres(accounts, book, Decimal(repr(found.saved_t))),
            "factor": grid.id,
            "share": float(book.saving_share),
            "share_basis": book.share_basis,
        }
    return {
        "computed": computed,
        "claims": [_claim(accounts, book, claim) for claim in book.claim],
        "note": "claims are of a company's group, never results of this park",
    }


def _claim(accounts: Accounts, book: SolderBook, claim: SolderClaim) -> dict[str, Any]:
    each, library = solder.per_oven_t(claim), accounts.library
    power = {name: float(solder.implied_kw(each, library.get(name, GridFactor))) for name in book.grid_factors if each}
    return {
        **claim.model_dump(mode="json"),
        "claimed_gasoline_l": float(claim.gasoline_l) if claim.gasoline_l else None,
        "gasoline_l_by_factor": _litres(accounts, book, claim.saved_t),
        "t_per_oven": float(each) if each else None,
        "implied_kw_per_oven": power,
    }


def _litres(accounts: Accounts, book: SolderBook, saved_t: Decimal) -> dict[str, float]:
    """Return factor of gasoline -> litres whose burning emits as much as was saved [t CO2e]."""
    editions = {name: accounts.library.get(name, FuelFactor) for name in book.gasoline_factors}
    return {name: float(solder.gasoline_l(round(saved_t * 10**12), one)) for name, one in editions.items()}
