"""What a planner says of an outage that ends otherwise, and where jobs go back to that it delayed."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from laid_day import DAY, PARK
from make_park import local

from parkwright.model.errors import PlanError
from parkwright.model.tables import JOB_RESPONSES, JOBS, PASSAGES, SCHEDULE
from parkwright.plan.outage import Ended, Outage, Step, as_felt, ended_rows, go_back, outage_rows, standing_of

SAID, NOW = local(8.0), local(9.0)
KNOWN = outage_rows(
    PARK, DAY, [Outage("B", "crew", local(8.5), local(12.0)), Outage("A", "one", local(10.0), local(11.0)),
                Outage("A", "two", local(13.0), local(14.0)), Outage("SMT", "gone", local(8.0), local(8.5))], SAID,
)  # fmt: skip


def ends(*wanted: Ended, known: pl.DataFrame = KNOWN, now: datetime = NOW) -> list[tuple[object, ...]]:
    rows = ended_rows(PARK, DAY, known, wanted, now, "Wang", "c2")
    assert set(rows["at"]) == {now}
    assert set(rows["who"]) == {"Wang"}
    return rows.select("work_center_id", "start", "end", "reason").rows()


def test_an_end_left_out_ends_what_is_under_way_and_takes_back_what_is_to_come():
    assert ends(Ended("B")) == [("B", local(8.5), NOW, "crew")]
    assert ends(Ended("A", local(13.0))) == [("A", local(13.0), local(13.0), "two")]
    assert ends(Ended("A", local(10.0), local(12.0))) == [("A", local(10.0), local(12.0), "one")]
    assert ends(Ended("B", None, local(10.0))) == [("B", local(8.5), local(10.0), "crew")]


def test_the_last_word_on_an_outage_holds_and_one_taken_back_may_be_said_again():
    gone = ended_rows(PARK, DAY, KNOWN, [Ended("A", local(13.0)), Ended("B", None, local(10.0))], NOW)
    standing = standing_of(pl.concat([KNOWN, gone]))
    assert dict(standing.filter(pl.col("work_center_id") != "SMT").select("reason", "end").rows()) == {
        "one": local(11.0), "crew": local(10.0),
    }  # fmt: skip
    again = [Outage("A", "two", local(13.0), local(14.0))]
    assert outage_rows(PARK, DAY, again, NOW, known=standing).height == 1
    with pytest.raises(PlanError, match="line A: is out from 2026-07-15 13:00 already; change when that ends"):
        outage_rows(PARK, DAY, again, NOW, known=KNOWN)
    assert ends(Ended("A", local(13.0), local(15.0)), known=pl.concat([KNOWN, gone.tail(1)])) != []
    with pytest.raises(PlanError, match="is not out from 2026-07-15 13:00"):
        ends(Ended("A", local(13.0)), known=pl.concat([KNOWN, gone]))


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Ended("A"), "line A: is to be out 2 times, from 2026-07-15 10:00, 2026-07-15 13:00; say which"),
        (Ended("Z"), "line Z: is not out now or later; take one of the day's outages"),
        (Ended("A", local(10.5)), "line A: is not out from 2026-07-15 10:30"),
        (Ended("SMT"), "line SMT: is not out now or later"),
        (Ended("SMT", local(8.0)), "its outage from 2026-07-15 08:00 was over at 2026-07-15 08:30; what has passed"),
        (Ended("B", None, local(8.75)), "is to end at 2026-07-15 08:45, which has passed; give a later end"),
        (Ended("A", local(10.0), local(9.5)), "before it begins at 2026-07-15 10:00"),
        (Ended("B", None, local(12.0)), "ends at 2026-07-15 12:00 as it is; give another end"),
        (Ended("B", None, local(30.0)), "after the day; give a time of the day"),
    ],
)
def test_an_end_that_cannot_be_is_refused_by_name(wanted: Ended, says: str):
    with pytest.raises(PlanError, match=r"^line ") as refused:
        ends(wanted)
    assert says in str(refused.value)


def plan(**starts: float) -> pl.DataFrame:
    """A SCHEDULE of jobs on line A that begin at hours of the day, each set up for ten minutes."""
    rows = [
        (job, "S", "A", local(at) - timedelta(minutes=10), local(at), local(at + 0.5), 0.0, 0.0, 0.0)
        for job, at in starts.items()
    ]
    return pl.DataFrame(rows, schema=SCHEDULE.schema, orient="row")


def test_jobs_go_back_to_where_they_stood_and_only_what_the_outage_moved():
    before, after = plan(a=10.0, b=11.0, c=15.0), plan(a=13.0, b=14.0, c=15.0)
    step = [Step(before, after, local(8.0))]
    assert go_back(after, step, NOW) == {"a": ("A", local(10.0)), "b": ("A", local(11.0))}
    assert go_back(after, step, local(13.0), begun=["a"]) == {"b": ("A", local(13.5))}
    assert go_back(after, step, local(12.0), begun=["a"]) == {"a": ("A", local(10.0)), "b": ("A", local(12.5))}
    assert go_back(plan(a=13.0, b=14.5, c=15.0), step, NOW) == {"a": ("A", local(10.0))}
    elsewhere = pl.when(pl.col("job_id") == "a").then(pl.lit("B")).otherwise("work_center_id").alias("work_center_id")
    assert go_back(after.with_columns(elsewhere), step, NOW) == {"b": ("A", local(11.0))}


def test_a_job_begun_goes_back_to_where_it_was_to_start_though_the_plan_has_it_set_up_already():
    before, after = plan(a=9.5), plan(a=13.0)
    set_up = after.with_columns(setup_start=pl.lit(local(8.9)).cast(after.schema["setup_start"]))
    assert go_back(set_up, [Step(before, set_up, local(8.95))], NOW, begun=["a"]) == {"a": ("A", local(9.5))}


def test_an_outage_that_was_made_longer_is_undone_step_by_step():
    first, second, third = plan(a=10.0), plan(a=12.0), plan(a=13.0)
    steps = [Step(first, second, local(8.0)), Step(second, third, local(8.5))]
    assert go_back(third, steps, NOW) == {"a": ("A", local(10.0))}
    assert go_back(third, steps[1:], NOW) == {"a": ("A", local(12.0))}


def test_only_a_kit_on_its_way_lets_a_job_go_back_into_what_is_fixed():
    soon, later = Step(plan(a=8.5), plan(a=12.0), local(8.0)), Step(plan(a=9.2), plan(a=12.0), local(8.0))
    assert go_back(plan(a=12.0), [soon], NOW) == {"a": ("A", NOW)}
    assert go_back(plan(a=12.0), [later], NOW) == {"a": ("A", NOW + timedelta(minutes=30))}
    assert go_back(plan(a=12.0), [later], local(11.75)) == {}


def felt(
    start: float, passages: dict[str, float], responses: dict[str, float], end: float = 14.0,
    schedule: pl.DataFrame | None = None, other: pl.DataFrame | None = None,
) -> object:  # fmt: skip
    """When an outage of line A, said as it begins, is felt to begin; None when it is not felt at all."""
    said = outage_rows(PARK, DAY, [Outage("A", "crew", local(start), local(end))], local(start))
    said = said if other is None else pl.concat([other, said])
    schedule = plan(a=9.0, b=10.0, c=11.0) if schedule is None else schedule
    product = next(one.id for one in PARK.products if one.kind == "finished")
    made = {"order_id": "O", "product_id": product, "segment_id": "S", "family_id": "f", "quantity": 1}
    jobs = pl.DataFrame([{"job_id": job, **made, "kit_ready": local(0.0)} for job in "abc"], schema=JOBS.schema)
    went = [("u", job, "S", "m", local(at), local(at), "ok") for job, at in passages.items()]
    over = [(job, "A", local(at), local(at), 1, 0) for job, at in responses.items()]
    rows = as_felt(
        PARK, jobs, schedule, said, pl.DataFrame(went, schema=PASSAGES.schema, orient="row"),
        pl.DataFrame(over, schema=JOB_RESPONSES.schema, orient="row"),
    )  # fmt: skip
    return rows["start"][-1] if rows.height else None


def test_an_outage_is_felt_from_where_its_line_stood_in_the_plan():
    millisecond = timedelta(milliseconds=1)
    assert felt(8.5, {}, {}) == local(8.5)
    assert felt(8.5, {"a": 8.2}, {}) == local(9.0) + millisecond
    assert felt(9.2, {"a": 9.0}, {}) == local(9.2)
    done = felt(8.5, {"a": 8.0, "b": 8.2}, {"a": 8.3, "b": 8.4})
    assert local(10.0) < done <= local(10.5)
    assert felt(8.5, {"a": 8.0, "b": 8.2}, {"a": 8.3, "b": 8.6}) == local(10.0) + millisecond
    assert felt(8.5, {"b": 8.6}, {"b": 8.6}) == local(8.5)
    assert felt(8.5, {"c": 8.2}, {"c": 8.4}, 10.0) is None


def test_what_is_done_did_not_wait_over_an_outage_though_the_plan_in_force_has_it_wait():
    as_planned = felt(8.5, {"b": 8.2}, {"b": 8.4})
    assert as_planned > local(10.0)
    waits = plan(b=10.0).with_columns(end=pl.col("end") + timedelta(hours=3))
    assert felt(8.5, {"b": 8.2}, {"b": 8.4}, 15.0, waits) == as_planned
    other = outage_rows(PARK, DAY, [Outage("A", "stuck", local(10.0), local(10.25))], local(8.0))
    assert felt(9.5, {"b": 9.2}, {"b": 9.4}, 15.0, waits, other) == as_planned + timedelta(minutes=15)
    assert felt(9.5, {"b": 9.2}, {"b": 9.4}, 15.0, plan(b=10.0), other) == as_planned + timedelta(minutes=15)
    ends = plan(b=10.0).with_columns(end=pl.lit(local(10.1)).cast(waits.schema["end"]))
    assert felt(9.5, {"b": 9.2}, {"b": 9.4}, 15.0, ends, other) < local(10.1)
