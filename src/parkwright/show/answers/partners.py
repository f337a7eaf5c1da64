"""Partners: who may read which footprints of the park?"""

from __future__ import annotations

from pydantic import Field

from parkwright.model.park import Park
from parkwright.show.answers.figure import Answer
from parkwright.show.context import PartnerAnswers


class PartnerRow(Answer):
    """A partner that has access."""

    client_id: str
    name: str
    edition: str = Field(description="of PACT that it speaks: 3 or 2")
    supplier_id: str | None = Field(description="supplier that it is; null where it is none")
    is_called_back: bool = Field(description="it has a server of its own, which is told and asked")
    sees: list[str] = Field(description="products, and single footprints, that it may see")


class PartnerList(Answer):
    """The partners that have access, by id, and what the park has for them."""

    rows: list[PartnerRow]
    products: list[str]
    suppliers: list[str]


def partners(answers: PartnerAnswers, park: Park) -> PartnerList:
    """Return the partners and what each may see."""
    rows = [PartnerRow.model_validate(one) for one in answers.partners()]
    return PartnerList(
        rows=rows, products=[one.id for one in park.products], suppliers=[one.id for one in park.suppliers]
    )
