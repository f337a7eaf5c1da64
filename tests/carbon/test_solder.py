"""Low-temperature solder: the published figures checked against each other, beside what a park's own ovens save."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from parkwright.carbon import solder
from parkwright.carbon.editions import FactorKindError, FuelFactor, GridFactor
from parkwright.model.errors import LedgerError
from parkwright.store import carbon_book, packs

LIBRARY = packs.library_of(packs.of_park(None))
EPA = LIBRARY.get("us-motor-gasoline-2024", FuelFactor)
UK = LIBRARY.get("uk-petrol-2022", FuelFactor)
T = 10**12
TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
BOOK = carbon_book.load(TIANJIN).solder
CLAIMS = {claim.id: claim for claim in BOOK.claim}


def test_the_plan_and_its_gallons_agree():
    plan = CLAIMS["PLAN-2018"]
    litres = solder.gasoline_l(5956 * T, EPA)
    assert float(litres) == pytest.approx(2.537e6, rel=1e-3)
    assert float(litres) == pytest.approx(float(plan.gasoline_l), rel=1e-3)
    assert float(Decimal(670_170) * solder.LITRES_PER_US_GALLON) == pytest.approx(float(plan.gasoline_l), rel=1e-6)
    assert float(670_170 * EPA.value / 1000) == pytest.approx(5955.8, rel=1e-5)
    assert float(EPA.value / solder.LITRES_PER_US_GALLON) == pytest.approx(2.348, abs=5e-4)


def test_the_article_is_consistent_within_two_per_cent_by_one_edition_and_not_by_another():
    article = CLAIMS["ARTICLE-2021"]
    by_epa, by_uk = (solder.gasoline_l(int(article.saved_t) * T, factor) for factor in (EPA, UK))
    assert float(by_epa) == pytest.approx(2.556e6, rel=1e-3)
    assert float(by_epa / article.gasoline_l - 1) == pytest.approx(0.022, abs=1e-3)
    assert float(by_uk / article.gasoline_l - 1) == pytest.approx(0.110, abs=1e-3)
    assert article.saved_t * 1000 / article.gasoline_l == Decimal("2.400")
    assert float(article.gasoline_l * UK.value / 1000) == pytest.approx(5404.6, abs=0.05)


def test_the_companys_own_claims_differ_by_more_than_a_third():
    ovens = {name: solder.per_oven_t(claim) for name, claim in CLAIMS.items()}
    assert float(ovens["PLAN-2018"]) == pytest.approx(90.2, abs=0.05)
    assert float(ovens["ACTUAL-2018"] / ovens["PLAN-2018"] - 1) == pytest.approx(0.37, abs=0.005)
    assert ovens["GOAL-2020"] == 125
    assert ovens["ARTICLE-2021"] is None


def test_a_claim_implies_more_power_than_an_oven_of_its_kind_draws():
    saved = solder.per_oven_t(CLAIMS["PLAN-2018"])
    low, high = (solder.implied_kw(saved, LIBRARY.get(name, GridFactor)) for name in ("cn-tj-2021", "cn-national-2023"))
    assert (round(low), round(high)) == (14, 19)
    assert (round(low / Decimal("0.35")), round(high / Decimal("0.35"))) == (40, 55)
    assert round(low * solder.HOURS_A / 1000) == 123
    assert round(high * solder.HOURS_A / 1000) == 170


def test_the_saving_computed_is_the_ovens_own():
    found = solder.saving(960 * 10**6, 4800, 1, Decimal("0.35"), LIBRARY.get("cn-tj-2023", GridFactor))
    assert found.saved_mwh_int == 336 * 10**6
    assert found.kwh_per_board == 0.2
    assert found.saved_kg_per_board == pytest.approx(0.35 * 0.2 * 0.6796)
    assert found.saved_t == pytest.approx(336 * 0.6796 * 365 / 1000)
    assert solder.saving(10**9, 10, 1, Decimal(0), LIBRARY.get("cn-tj-2023", GridFactor)).saved_t == 0


def test_what_cannot_be_compared_is_refused():
    grid = LIBRARY.get("cn-tj-2023", GridFactor)
    with pytest.raises(LedgerError, match="is per kWh gross"):
        solder.gasoline_l(T, LIBRARY.get("uk-natural-gas-2022", FuelFactor))
    with pytest.raises(FactorKindError):
        solder.gasoline_l(T, grid)
    for oven, boards, days in ((1, 0, 1), (1, 1, 0), (-1, 1, 1)):
        with pytest.raises(LedgerError, match="meter at least one board"):
            solder.saving(oven, boards, days, Decimal("0.35"), grid)
    with pytest.raises(LedgerError, match="is no share"):
        solder.saving(1, 1, 1, Decimal("1.1"), grid)
