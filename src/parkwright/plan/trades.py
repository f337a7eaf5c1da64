"""Cost against carbon: a day's plan at one price of carbon after the other, each the best there of all that were found.

What a plan costs at a price is its cost without carbon plus the price times its emissions. So the best of one and the
same set of plans never costs less, nor emits more, as the price rises, and none of them is beaten by another in both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from parkwright.make.problem import to_ms
from parkwright.make.replan import Effort, Wishes, replanned
from parkwright.plan.revise import DayFacts, Figures, base_of, laid_out, revision

CARBON_CNY_PER_KG = (0.0, 0.1, 0.3, 1.0, 3.0)
"""Carbon prices of a sweep [CNY/kg]: none, about the national market's price of 2024 (0.1), and what bends a plan."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A plan at a carbon price [CNY/kg]: cost without carbon [CNY], emissions [kg CO2e], late orders and hours.

    in_force: it is the plan in force itself.
    """

    carbon_cny_per_kg: float
    cost_cny: float
    co2e_kg: float
    late_orders: int
    lateness_h: float
    in_force: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep as far as it is: the plan in force at the park's own price, and the best plan known at every price.

    searched: searches done, of `searches`.
    """

    in_force: Trade
    points: tuple[Trade, ...]
    searched: int
    searches: int


def prices_of(facts: DayFacts) -> tuple[float, ...]:
    """Return the carbon prices of a day's sweep [CNY/kg], rising, the park's own among them."""
    return tuple(sorted({*CARBON_CNY_PER_KG, facts.terms.rates.carbon_cny_per_kg}))


def sweep(
    facts: DayFacts, frozen_until: datetime, seed: int, rounds: int, stop: Callable[[], bool] = lambda: False
) -> Iterator[Sweep]:
    """Yield the sweep of a day's plan before its first search and after each: one at every price, up and down again.

    Each search goes on from the plan that is best at its price so far, the plan in force among them. A plan that an
    independent check refuses where it does not refuse the plan in force counts as not found.
    rounds: of each search. stop: asked before each search, ends the sweep.
    """
    plain, prices = laid_out(facts, 0.0), prices_of(facts)
    base = base_of(facts, plain)
    plans = [plain.plan(plain.floor)]
    known = [_trade(base.figures, in_force=True)]
    order = [*prices, *prices[-2::-1]]
    now = best_at(known, (facts.terms.rates.carbon_cny_per_kg,))[0]
    yield Sweep(now, best_at(known, prices), 0, len(order))
    for number, price in enumerate(order, 1):
        if stop():
            return
        laid = laid_out(facts, price)
        best = min(range(len(known)), key=lambda n: _weighed(known[n], price))
        wishes = Wishes(to_ms(frozen_until), rates=laid.problem.rates)
        placed = replanned(laid, plans[best], wishes, seed + number, Effort(rounds=rounds, stop=stop))
        made = revision(facts, plain, placed, base=base)
        if not made.violations:
            plans.append(placed)
            known.append(_trade(made.after))
        yield Sweep(now, best_at(known, prices), number, len(order))


def best_at(known: Sequence[Trade], prices: Sequence[float]) -> tuple[Trade, ...]:
    """Return of the plans that are known the cheapest at each price [CNY/kg]; of equal ones the one that emits less."""
    return tuple(replace(min(known, key=lambda one: _weighed(one, price)), carbon_cny_per_kg=price) for price in prices)


def _weighed(one: Trade, price: float) -> tuple[float, float]:
    return one.cost_cny + price * one.co2e_kg, one.co2e_kg


def _trade(found: Figures, *, in_force: bool = False) -> Trade:
    """Return a plan by its figures at no carbon price."""
    cost = found.account.total_cny
    return Trade(0.0, cost, found.account.co2e_kg, found.late_orders, found.lateness_h, in_force)
