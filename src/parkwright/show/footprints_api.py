"""The API of products' footprints: how sure they are, and what another figure of a supplier would make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query

from parkwright.model.noun import ID_PATTERN
from parkwright.show.answers.footprints import ProductFootprints, product_footprints
from parkwright.show.api import NOT_FOUND, NOT_SIGNED_IN
from parkwright.show.carbon_api import FirstDay, LastDay, Seeing, accounts_of, known
from parkwright.show.context import Span
from parkwright.show.door import Visit

DRAWS_MOST = 10_000
"""Most drawings of one answer; the command draws more (reference carbon 6, H2: 10,000 agree with the closed form)."""
CHANGES_MOST = 20
"""Most changes of one question (assumed)."""
CHANGE = r"^[^=\x00-\x1f\x7f]{1,64}=[0-9]{1,9}(\.[0-9]{1,9})?$"
"""THING=KG."""
router = APIRouter(prefix="/api/v1/carbon", responses=NOT_SIGNED_IN)
ChangeText = Annotated[str, Query(pattern=CHANGE)]


@dataclass(frozen=True)
class Asked:
    """What is asked of the products' footprints: drawings (0: by law), their seed, and changes (THING=KG)."""

    draws: int = 0
    seed: int = 1
    changes: tuple[str, ...] = ()


def _asked(
    draws: Annotated[int, Query(ge=0, le=DRAWS_MOST, description="drawings for the intervals; 0: by law")] = 0,
    seed: Annotated[int, Query(ge=0, le=2**31 - 1, description="of the drawings")] = 1,
    change: Annotated[
        list[ChangeText] | None,
        Query(max_length=CHANGES_MOST, description="THING=KG: what another footprint of a material would make"),
    ] = None,
) -> Asked:
    return Asked(draws, seed, tuple(change or ()))


Asking = Annotated[Asked, Depends(_asked)]
ProductPath = Annotated[str, Path(pattern=ID_PATTERN, description="product")]


def footprints_of(visit: Visit, span: Span, asked: Asked) -> ProductFootprints:
    """Return the products' footprints as asked; raises LedgerError where they cannot be said."""
    park = visit.context.park
    return product_footprints(accounts_of(visit), park, span, asked.draws, asked.seed, asked.changes)


@router.get("/footprints", responses=NOT_FOUND)
def read_footprints(visit: Seeing, start: FirstDay, end: LastDay, asked: Asking) -> ProductFootprints:
    """What is the footprint of a unit of each product, how sure is it, and what would a supplier's figure change?"""
    return known(lambda: footprints_of(visit, (start, end), asked))


@router.get("/products/{product_id}/footprint", responses=NOT_FOUND)
def read_product(
    visit: Seeing, product_id: ProductPath, start: FirstDay, end: LastDay, asked: Asking
) -> ProductFootprints:
    """The same of one product."""
    found = known(lambda: footprints_of(visit, (start, end), asked))
    own = [one for one in found.products if one.product_id == product_id]
    if not own:
        raise HTTPException(404, f"product {product_id}: none was finished from {start} to {end}; name other days")
    change = found.change
    if change is not None:
        left = [one for one in change.products if one.product_id == product_id]
        change = change.model_copy(update={"products": left})
    return found.model_copy(update={"products": own, "change": change})
