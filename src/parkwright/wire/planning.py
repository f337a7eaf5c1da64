"""The planner behind the page Plan: reads the plan in force, asks plan and make, and keeps drafts for a while."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

import numpy as np
import polars as pl

from parkwright.make.check_hours import FROZEN
from parkwright.make.floor import Floor
from parkwright.make.laid import Laid
from parkwright.make.parts import numbered
from parkwright.make.problem import to_ms
from parkwright.make.replan import Effort
from parkwright.model.errors import ParkwrightError, PlanError
from parkwright.model.park import Park
from parkwright.model.tables import SCHEDULE
from parkwright.plan import revise, room, rush, trades
from parkwright.plan.outage import (
    Step,
    as_felt,
    ended_rows,
    go_back,
    gone_back,
    outage_rows,
    standing_of,
)
from parkwright.plan.revise import Base, Change, DayFacts, Figures, Revision, progress_of
from parkwright.plan.terms import of_day
from parkwright.run.revise import in_force, payload_of
from parkwright.show.answers.day import schedule_of
from parkwright.show.answers.plan import outages_of
from parkwright.show.answers.planning import (
    AskedChange,
    Bound,
    Certificate,
    Draft,
    DraftBars,
    Elsewhere,
    JobReason,
    Objective,
    OrderedLine,
    PlanHeads,
    RefusedLine,
    SetupLine,
    SetupMatrix,
    TradePoint,
    Trades,
)
from parkwright.show.context import FactsReader
from parkwright.show.frames import Frames
from parkwright.wire import wanted
from parkwright.wire.people import people_of
from parkwright.wire.proving import Proof

KEPT_DRAFTS, KEPT_PLANS = 64, 4
CURVE = 200
"""Points of the curve of a search that are kept, the first among them."""
SWEEP_ROUNDS = 1
"""Rounds of each search of a sweep over the carbon price: under a second for 2,000 jobs."""
SEED = 1


@dataclass
class _Held:
    """A draft that is kept: what was asked, how far its search is, and what came of it."""

    id: str
    facts: DayFacts
    laid: Laid
    base: str
    standing: Base
    pinned: frozenset[str]
    new: pl.DataFrame
    out: pl.DataFrame
    known: pl.DataFrame
    state: Literal["searching", "ready", "failed"] = "searching"
    share: float = 0.0
    curve: list[float] = field(default_factory=list)
    made: Revision | None = None
    detail: str = ""


@dataclass
class _Sweep:
    """A sweep over the carbon price, as far as it is."""

    state: Literal["searching", "ready", "failed"] = "searching"
    found: trades.Sweep | None = None
    detail: str = ""


class DayPlanner:
    """Answers what planners ask; one search runs at a time, the others wait."""

    def __init__(self, park: Park, facts: FactsReader) -> None:
        """Read the plan in force from `facts`."""
        self._park, self._rows = park, Frames(facts)
        self._lock = threading.RLock()
        self._plans: OrderedDict[tuple[str, str, int], tuple[DayFacts, Laid, Base]] = OrderedDict()
        self._drafts: OrderedDict[str, _Held] = OrderedDict()
        self._sweeps: OrderedDict[tuple[str, str], _Sweep] = OrderedDict()
        self._proofs: OrderedDict[tuple[str, str], Proof] = OrderedDict()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="planner")
        self._closed = threading.Event()

    def close(self) -> None:
        """Let go of the searches."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def plan_hash(self, day: str) -> str:
        """Return the hash of the plan in force; raises PlanError when the day has none."""
        return self._plan(day)[0]

    def objective(self, day: str) -> Objective:
        """Return what the plan in force costs; raises PlanError when the day has none."""
        return _objective(self._plan(day)[3].figures)

    def setups(self, day: str) -> SetupMatrix:
        """Return the changeovers by line; raises PlanError when the day has no plan."""
        families, lines = revise.setup_minutes(self._plan(day)[2])
        return SetupMatrix(
            families=families, lines=[SetupLine(line_id=line_id, minutes=minutes) for line_id, minutes in lines]
        )

    def heads(self, day: str) -> PlanHeads:
        """Return the people whom the lines share, at work and there; raises PlanError when the day has no plan."""
        laid = self._plan(day)[2]
        return people_of(laid, laid.plan(laid.floor), date.fromisoformat(day))

    def reason(self, day: str, job_id: str, now: datetime) -> JobReason:
        """Return why a job stands where it does; raises PlanError when it has no place."""
        _, facts, laid, _ = self._plan(day)
        with self._lock:
            found = revise.why(facts, laid, job_id, self._frozen_until(day, now))
        if found is None:
            raise PlanError(f"job {job_id}: has no place in the plan of {day}; put it on a line to see what it costs")
        job, ops = numbered(laid.day.jobs).row(found.op, named=True), laid.problem.operations
        ids = [line.id for line in self._park.work_centers]
        return JobReason(
            job_id=job_id, order_id=job["order_id"], product_id=job["product_id"], quantity=job["quantity"],
            part=job["part"], parts=job["parts"], line_id=ids[found.place.line],
            setup_start=revise.instant(found.place.begin),
            start=revise.instant(found.place.start),
            end=revise.instant(found.place.end),
            due=job["due"],
            together=[laid.day.jobs["job_id"][op] for op in found.together],
            run_units=sum(laid.day.jobs["quantity"][op] for op in (found.op, *found.together)),
            pauses=ops.whole is None or not ops.whole[found.op],
            work_min=float(ops.work[found.op, found.place.line]) / 60_000,
            bounds=[
                Bound.model_validate({"what": b.what, "at": revise.instant(b.at), "thing": b.thing})
                for b in found.bounds
            ],
            from_family=found.from_family,
            family=job["family_id"],
            setup_min=found.setup_ms / 60_000,
            price_cny_per_kwh=found.price_cny_per_kwh,
            day_price_cny_per_kwh=found.day_price_cny_per_kwh,
            co2e_kg_per_kwh=found.co2e_kg_per_kwh,
            day_co2e_kg_per_kwh=found.day_co2e_kg_per_kwh,
            elsewhere=[
                Elsewhere(
                    line_id=ids[place.line],
                    start=revise.instant(place.start),
                    end=revise.instant(place.end),
                    change_cny=place.change_cny,
                )
                for place in found.elsewhere
            ],
            refused=[RefusedLine(line_id=ids[line], reason=why) for line, why in found.refused],
        )  # fmt: skip

    def propose(self, day: str, change: AskedChange, now: datetime) -> Draft:
        """Cost a change of the plan in force; raises PlanError when it cannot be, or the plan is another by now."""
        base, facts, laid, standing = self._plan(day)
        if change.base != base:
            raise PlanError(f"the plan of {day} has changed meanwhile; look at it as it stands and change that one")
        asked = wanted.change_of(change)
        until = self._frozen_until(day, now)
        new = rush.order_lines(self._park, facts.day, facts.orders, wanted.orders_of(change), now)
        known = standing_of(self._rows.read("outages", day))
        come = outage_rows(self._park, facts.day, wanted.outages_of(change), now, known=known)
        ended = ended_rows(self._park, facts.day, known, wanted.ends_of(change), now)
        out = pl.concat([come, ended])
        progress = progress_of(self._rows.read("passages", day), self._rows.read("job_responses", day), now)
        back = go_back(facts.schedule, self._steps(day, ended), now, progress.begun)
        paused = frozenset([*known["work_center_id"], *out["work_center_id"]])
        if out.height:
            facts = replace(facts, outages=self._felt(facts, standing_of(pl.concat([known, out])), back))
        facts = replace(facts, progress=progress, paused=paused, ended=frozenset(ended["work_center_id"]))
        if out.height or facts.progress.begun:
            laid = revise.laid_out(facts, frozen_until=until if out.height else None, back=back)
        if new.height:
            orders, jobs = rush.entered(self._park, facts.day, facts.orders, facts.jobs, new)
            facts = replace(facts, orders=orders, jobs=jobs)
            laid = room.laid_with(facts, new["order_id"].to_list(), until, back)
        floor = revise.by_hand(laid, asked, until)
        held = _Held(secrets.token_hex(16), facts, laid, base, standing, asked.pinned | _moved(asked), new, out, known)
        if asked.search:
            self._pool.submit(self._search, held, floor, asked, until, change.search_s)
        else:
            placed = revise.with_people(laid, floor, asked, until)
            held.made = revise.revision(facts, laid, placed, asked.pinned, standing)
            held.state, held.share = "ready", 1.0
        with self._lock:
            self._drafts[held.id] = held
            while len(self._drafts) > KEPT_DRAFTS:
                self._drafts.popitem(last=False)
        return self._told(held)

    def draft(self, draft_id: str) -> Draft | None:
        """Return a draft as it stands; None when it is not kept any more."""
        with self._lock:
            held = self._drafts.get(draft_id)
        return None if held is None else self._told(held)

    def payload(self, draft_id: str) -> dict[str, object]:
        """Return what asks the run for a draft; raises PlanError when the draft cannot be accepted."""
        with self._lock:
            held = self._drafts.get(draft_id)
        if held is None:
            raise PlanError("this draft is not kept any more; make the change again")
        if held.made is None:
            raise PlanError("this draft is still being searched; wait until it is ready")
        if held.made.violations:
            raise PlanError(f"this draft cannot be built: {held.made.violations[0]}; change it")
        return dict(payload_of(held.facts.day.isoformat(), held.facts.schedule, held.made.schedule, held.new, held.out))

    def trades(self, day: str, now: datetime) -> Trades:
        """Return the sweep over the carbon price as far as it is; raises PlanError when the day has no plan."""
        base, facts, _, _ = self._plan(day)
        with self._lock:
            found = self._sweeps.get((day, base))
            if found is None:
                found = self._sweeps[(day, base)] = _Sweep()
                self._pool.submit(self._sweep, found, facts, self._frozen_until(day, now))
                while len(self._sweeps) > KEPT_PLANS:
                    self._sweeps.popitem(last=False)
        swept = found.found
        return Trades(
            day=day,
            base=base,
            state=found.state,
            in_force=TradePoint(**asdict(swept.in_force)) if swept else None,
            points=[TradePoint(**asdict(point)) for point in swept.points] if swept else [],
            searched=swept.searched if swept else 0,
            searches=swept.searches if swept else None,
            detail=found.detail,
        )

    def certificate(self, day: str, now: datetime) -> Certificate:
        """Return what is proven of the plan in force, as far as it is; raises PlanError when the day has no plan."""
        base, facts, _, standing = self._plan(day)
        with self._lock:
            found = self._proofs.get((day, base))
            if found is None:
                found = self._proofs[(day, base)] = Proof(self._frozen_until(day, now))
                self._pool.submit(self._prove, found, facts)
                while len(self._proofs) > KEPT_PLANS:
                    self._proofs.popitem(last=False)
        return found.told(day, base, standing.figures.account.energy_cny)

    def _prove(self, proof: Proof, facts: DayFacts) -> None:
        proof.run(revise.laid_out(facts), self._closed.is_set)

    def _plan(self, day: str) -> tuple[str, DayFacts, Laid, Base]:
        """Return the hash of the plan in force, what it is made from, its floor, and what changes compare with."""
        with self._lock:
            self._rows.refresh()
            the_day = date.fromisoformat(day)
            schedule = schedule_of(self._rows, the_day)
            if not schedule.height:
                raise PlanError(f"{day}: has no plan yet; today's is made when the run starts")
            base, read = revise.schedule_hash(schedule), self._rows.read
            said = read("outages", day)
            key = day, base, said.height
            if key not in self._plans:
                facts = DayFacts(
                    self._park,
                    the_day,
                    read("job_orders", day),
                    read("jobs", day),
                    schedule,
                    read("signal", day),
                )
                terms = of_day(self._park, the_day, facts.signal)
                facts = replace(facts, outages=self._felt(facts, standing_of(said)), terms=terms)
                laid = revise.laid_out(facts)
                self._plans[key] = facts, laid, revise.base_of(facts, laid)
                while len(self._plans) > KEPT_PLANS:
                    self._plans.popitem(last=False)
            self._plans.move_to_end(key)
            return base, *self._plans[key]

    def _felt(
        self, facts: DayFacts, outages: pl.DataFrame, back: Mapping[str, tuple[str, datetime]] | None = None
    ) -> pl.DataFrame:
        """Return OUTAGES of a day as the plan feels them by what is done; back: as `go_back` returns it."""
        if not outages.height:
            return outages
        read, day = self._rows.read, facts.day.isoformat()
        passages, responses = read("passages", day), read("job_responses", day)
        schedule = gone_back(facts.schedule, back or {})
        return as_felt(self._park, facts.jobs, schedule, outages, passages, responses)

    def _steps(self, day: str, ended: pl.DataFrame) -> list[Step]:
        """Return the revisions by which the outages that end otherwise were said, first to last."""
        read = self._rows.read
        revisions, said = read("revisions", day), read("outages", day)
        made = said.join(ended, on=["work_center_id", "start"], how="semi")["command_id"].to_list()
        steps = []
        for number in sorted(set(revisions.filter(pl.col("command_id").is_in(made))["revision"])):
            before = in_force(revisions.filter(pl.col("revision") < number))
            after = revisions.filter(pl.col("revision") == number)
            steps.append(Step(read("schedule", day) if before is None else before, after, after["at"][0]))
        return steps

    def _frozen_until(self, day: str, now: datetime) -> datetime:
        start, end = self._park.day_bounds(date.fromisoformat(day))
        return start if now < start else min(end, now + FROZEN)

    def _search(self, held: _Held, floor: Floor, change: Change, until: datetime, seconds: float) -> None:
        """Search for so many seconds and keep what comes of it; the curve is what the search itself weighs."""

        def follow(share: float, cost_cny: float) -> None:
            held.share = share
            kept = held.curve if len(held.curve) < CURVE else held.curve[::2]
            held.curve = [*kept, cost_cny]

        effort = Effort(seconds=seconds, clock=time.monotonic, stop=self._closed.is_set, progress=follow)
        try:
            placed = revise.searched(held.laid, held.laid.plan(floor), change, until, SEED, effort)
            held.made = revise.revision(held.facts, held.laid, placed, held.pinned, held.standing)
            held.state, held.share = "ready", 1.0
        except ParkwrightError as error:
            held.state, held.detail = "failed", str(error)

    def _sweep(self, sweep: _Sweep, facts: DayFacts, until: datetime) -> None:
        try:
            for found in trades.sweep(facts, until, SEED, SWEEP_ROUNDS, self._closed.is_set):
                sweep.found = found
            sweep.state = "ready"
        except ParkwrightError as error:
            sweep.state, sweep.detail = "failed", str(error)

    def _told(self, held: _Held) -> Draft:
        made = held.made
        return Draft(
            id=held.id,
            day=held.facts.day.isoformat(),
            base=held.base,
            plan_hash=made.plan_hash if made else "",
            state=held.state,
            share=held.share,
            curve_cny=held.curve,
            before=_objective(held.standing.figures),
            after=_objective(made.after) if made else None,
            changed=len(made.changed) if made else 0,
            bars=self._bars(held, made),
            left_out=list(made.left_out) if made else [],
            stranded=list(made.stranded) if made else [],
            newly_late=list(made.newly_late) if made else [],
            no_more_late=list(made.no_more_late) if made else [],
            broken_pins=list(made.broken_pins) if made else [],
            orders=_ordered(held, made),
            outages=outages_of(held.out, held.known),
            violations=list(made.violations) if made else [],
            detail=held.detail,
        )

    def _bars(self, held: _Held, made: Revision | None) -> DraftBars:
        rows: Sequence[tuple[str, int, int, int, int]] = []
        if made is not None:
            line = {center.id: n for n, center in enumerate(self._park.work_centers)}
            midnight = to_ms(self._park.midnight(held.facts.day))
            there = made.schedule.filter(pl.col("job_id").is_in(list(made.changed)))
            times = [(pl.col(name).dt.epoch("ms") - midnight) // 1000 for name in ("setup_start", "start", "end")]
            found = there.select("job_id", "work_center_id", *times).iter_rows()
            rows = [(job_id, line[line_id], *at) for job_id, line_id, *at in found]
            rows = [*rows, *((job_id, -1, -1, -1, -1) for job_id in made.left_out)]
        columns: Mapping[str, list[object]] = {
            name: [row[n] for row in rows] for n, name in enumerate(DraftBars.model_fields)
        }
        return DraftBars.model_validate(columns)


def _ordered(held: _Held, made: Revision | None) -> list[OrderedLine]:
    """Return the new orders of a draft, with when each is complete."""
    found = []
    for row in held.new.iter_rows(named=True):
        jobs = held.facts.jobs.filter(pl.col("order_id") == row["order_id"])
        own = jobs.filter(pl.col("product_id") == row["product_id"])["job_id"]
        place = made.schedule.filter(pl.col("job_id").is_in(own.to_list())) if made else SCHEDULE.empty()
        end = place["end"][0] if place.height else None
        found.append(
            OrderedLine(
                order_id=row["order_id"], product_id=row["product_id"], quantity=row["quantity"],
                market_id=row["market_id"], release=row["release"], due=row["due"], expected=end,
                late_h=max(0.0, (end - row["due"]) / timedelta(hours=1)) if end else None,
                line_id=place["work_center_id"][0] if place.height else None, jobs=jobs["job_id"].to_list(),
            )
        )  # fmt: skip
    return found


def _moved(change: Change) -> frozenset[str]:
    return frozenset(job_id for job_id, _, _ in change.moves)


def _objective(found: Figures) -> Objective:
    parts = {name: float(np.round(value, 6)) for name, value in asdict(found.account).items() if name != "co2e_kg"}
    return Objective(
        total_cny=found.account.total_cny,
        late_orders=found.late_orders,
        lateness_h=found.lateness_h,
        energy_kwh=found.energy_kwh,
        co2e_kg=found.co2e_kg,
        jobs=found.jobs,
        **parts,
    )
