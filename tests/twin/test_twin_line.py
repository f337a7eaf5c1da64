"""The line kernel against exact values and against its own rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from line_runs import Run, endless, exponentials

from parkwright.twin.layout import RUN, SETUP, STATE_NAMES, Station, empty_log, opening_state
from parkwright.twin.line import advance

EXACT_THROUGHPUT = [
    ([1, 1], 0, 2 / 3), ([1, 1], 1, 3 / 4), ([1, 1], 5, 7 / 8),
    ([1, 1, 1], 0, 22 / 39), ([1, 1, 1], 1, 0.670466), ([1, 1, 1], 2, 0.734017), ([1, 1, 1], 5, 0.830759),
    ([1, 1, 1, 1], 0, 0.514775), ([1, 1, 1, 1], 1, 0.631153), ([1, 1, 1, 1], 2, 0.700713),
    ([1, 1, 1, 1, 1], 0, 0.485798), ([1, 1, 1, 1, 1], 1, 0.607583), ([1, 1, 1, 1, 1, 1], 0, 0.466713),
    ([1, 1.1, 1.2], 1, 0.729392), ([1.2, 1.1, 1], 1, 0.729392),
]  # fmt: skip
"""Rates, waiting places, units per time of saturated exponential lines with blocking after service, solved exactly;
two stations: (b + 2) / (b + 3); three without waiting places: 22/39 (Hunt 1956). The last row reverses the previous."""


@pytest.mark.slow
@pytest.mark.parametrize(("rates", "buffer", "exact"), EXACT_THROUGHPUT)
def test_throughput_is_the_exact_one(rates, buffer, exact):
    run = Run([exponentials(rates, buffer)], endless(), seed=len(rates) * 100 + buffer)
    batches, length = 20, max(60_000.0, 200_000.0 * (1 + buffer / 4) / len(rates))
    made = []
    for batch in range(batches + 1):
        advance(run.layout, run.state, run.log, 1000.0 + batch * length)
        made.append(int(run.state.line["good"][0]))
    rate = np.diff(made) / length
    error = rate.std(ddof=1) / np.sqrt(batches)
    assert error <= 0.0005
    assert abs(rate.mean() - exact) <= 3 * max(error, 0.0002)


def _queue(station, arrival_rate, count, seed):
    """Return the waits of `count` single units that arrive at random at one station."""
    run = Run([[station]], seed=seed)
    jobs = np.zeros(count, run.state.job.dtype)
    jobs["quantity"], jobs["factor"], jobs["first"] = 1, 1.0, -1.0
    jobs["at"] = np.cumsum(np.random.default_rng(seed).exponential(1 / arrival_rate, count))
    jobs["next"] = np.append(np.arange(1, count), -1)
    run.state = run.state._replace(job=jobs)
    run.state.now["job_count"] = count
    run.state.line["job"], run.state.line["tail"] = 0, count - 1
    run.to(jobs["at"][-1] + 1e6)
    return run.rows("start")["at"] - jobs["at"]


def _mean_and_error(waits):
    batches = waits[len(waits) // 20 :]
    batches = batches[: len(batches) // 40 * 40].reshape(40, -1).mean(axis=1)
    return batches.mean(), batches.std(ddof=1) / np.sqrt(40)


@pytest.mark.parametrize(
    ("places", "rate", "mean_wait"), [(3, 2.0, 0.444444), (5, 4.0, 0.554113), (1, 0.5, 1.0), (1, 0.9, 9.0)], ids=str
)
def test_parallel_places_wait_as_m_m_c(places, rate, mean_wait):
    waits = _queue(Station("s", 1.0, exponential=True, places=places), rate, 400_000, seed=places)
    mean, error = _mean_and_error(waits)
    assert abs(mean - mean_wait) < 3 * error
    assert error < 0.05 * mean_wait
    if places > 1:  # Erlang C equals the mean wait here, because places - rate is 1
        assert (waits > 1e-12).mean() == pytest.approx(mean_wait, abs=0.012)


@pytest.mark.parametrize(("scv", "mean_wait"), [(0.0, 2.0), (0.5, 3.0), (1.0, 4.0), (4.0, 10.0)])
def test_one_place_waits_by_pollaczek_and_khinchine(scv, mean_wait):
    mean, error = _mean_and_error(_queue(Station("s", 1.0, cycle_cv=scv**0.5), 0.8, 400_000, seed=3))
    assert abs(mean - mean_wait) < 3 * error
    assert error < (0.05 if scv <= 1 else 0.07) * mean_wait


def test_failures_count_running_time_only():
    run = Run([[Station("s", 1.0, mtbf_s=50.0, mttr_s=10.0)]], endless()).to(1_000_000.0)
    assert run.state.line["good"][0] / 1e6 == pytest.approx(50 / 60, rel=0.01)
    idle = Run([[Station("s", 1.0, mtbf_s=50.0, mttr_s=10.0)]], [(0, 0, 40, 0.0, 1.0, 0.0)]).to(1e6)
    assert idle.state.uses[0, 1] <= 2  # a station that stands still does not age


def test_rejected_units_are_reworked_or_scrapped_in_their_shares():
    line = [Station("a", 1.0, 0.1), Station("b", 0.8, 0.1, buffer=3, fail_share=0.2, scrap_share=0.5)]
    run = Run([line], [(0, 0, 40_000, 0.0, 1.0, 0.0)]).to(1e6)
    passages = run.rows("passage")
    results = np.bincount(passages["result"][passages["station"] == 1], minlength=3)
    assert results[0] + results[2] == 40_000
    assert results[2] / 40_000 == pytest.approx(0.1 / 0.9, abs=0.005)  # scrapped at the first or a later try
    assert results[1] / results.sum() == pytest.approx(0.1, abs=0.005)
    job = run.state.job[0]
    assert (job["good"], job["scrapped"]) == (results[0], results[2])


LINES = st.lists(
    st.builds(
        Station,
        id=st.just("s"),
        cycle_s=st.floats(1.0, 20.0),
        cycle_cv=st.sampled_from([0.0, 0.1, 0.8]),
        places=st.integers(1, 4),
        buffer=st.integers(0, 3),
        mtbf_s=st.sampled_from([0.0, 30.0, 300.0]),
        mttr_s=st.just(15.0),
        fail_share=st.sampled_from([0.0, 0.2]),
        scrap_share=st.sampled_from([0.0, 0.4]),
    ),
    min_size=1,
    max_size=4,
).map(lambda line: [Station(f"s{i}", *[getattr(s, n) for n in s.__slots__[1:]]) for i, s in enumerate(line)])
JOBS = st.lists(
    st.tuples(
        st.just(0), st.just(0), st.integers(1, 30), st.sampled_from([0.0, 40.0]), st.floats(0.5, 2), st.just(0.0)
    ),
    min_size=1,
    max_size=6,
)
SHIFTS = ((0.0, 400.0), (400.0, 700.0), (1000.0, 1800.0))


@settings(max_examples=60)
@given(LINES, JOBS, st.lists(st.floats(0.0, 2000.0), max_size=8), st.integers(0, 99))
def test_advance_in_steps_leaves_the_same_bits(line, jobs, stops, seed):
    whole = Run([line], jobs, SHIFTS, seed=seed).to(2000.0)
    steps = Run([line], jobs, SHIFTS, seed=seed).to(*sorted(stops), 2000.0)
    assert steps.bytes() == whole.bytes()


@settings(max_examples=40)
@given(LINES, JOBS, st.floats(0.0, 1500.0), st.integers(0, 99))
def test_a_snapshot_goes_on_alone_and_as_the_original_would(line, jobs, at, seed):
    run = Run([line], jobs, SHIFTS, seed=seed).to(at)
    before = [array.tobytes() for array in run.state]
    fork = run.fork().to(2000.0)
    assert [array.tobytes() for array in run.state] == before
    assert run.to(2000.0).bytes() == fork.bytes()


@settings(max_examples=60)
@given(LINES, JOBS, st.integers(0, 99))
def test_no_unit_is_lost_and_no_place_holds_two(line, jobs, seed):
    run = Run([line], jobs, SHIFTS, seed=seed).to(2000.0)
    passages, state = run.rows("passage"), run.state
    assert state.line["units"][0] == state.line["good"][0] + state.job["scrapped"].sum() + state.line["inside"][0]
    present = int((state.place["what"] > 0).sum()) + int(state.station["waiting"].sum())
    assert present == state.line["inside"][0]
    for number, station in enumerate(line):
        rows = passages[passages["station"] == number]
        here = state.place[run.layout.station["place_first"][number] :][: station.places]
        events = [(at, 1) for at in rows["start"]] + [(at, -1) for at in rows["end"]]
        events += [(at, 1) for at in here["start"][here["what"] > 0]]
        level = np.cumsum([step for _, step in sorted(events)])
        assert level.max(initial=0) <= station.places
        if number:
            before = passages[(passages["station"] == number - 1) & (passages["result"] == 0)]
            left = dict(zip(before["unit"].tolist(), before["end"].tolist(), strict=True))
            firsts = dict(sorted(zip(rows["unit"].tolist(), rows["start"].tolist(), strict=True))[::-1])
            assert all(at >= left[unit] for unit, at in firsts.items())


@settings(max_examples=40)
@given(LINES, JOBS, st.integers(0, 99))
def test_states_cover_the_time_of_every_station_without_gap(line, jobs, seed):
    run = Run([line], jobs, SHIFTS, seed=seed).to(2000.0)
    rows = run.rows("state")
    for number in range(len(line)):
        own = rows[rows["station"] == number]
        edges = [0.0, *own["end"]]
        assert own["start"].tolist() == edges[:-1]
        assert run.state.station["code_since"][number] == edges[-1]
        assert (own["end"] > own["start"]).all()


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(1, 9), st.sampled_from([0.0, 0.5]), st.integers(0, 3)), min_size=2, max_size=4),
       st.integers(0, 99), st.integers(0, 99))  # fmt: skip
def test_a_longer_buffer_delays_no_unit(figures, seed, pick):
    pick = 1 + pick % (len(figures) - 1)

    def left(extra):
        line = [
            Station(f"s{i}", mean, cv, buffer=buffer + extra * (i == pick))
            for i, (mean, cv, buffer) in enumerate(figures)
        ]
        passages = Run([line], [(0, 0, 60, 0.0, 1.0, 0.0)], seed=seed).to(5000.0).rows("passage")
        return passages["end"][passages["station"] == len(line) - 1]

    assert (left(1) <= left(0) + 1e-9).all()


def test_a_line_starts_nothing_outside_working_time_and_finishes_what_is_inside():
    line = [Station("a", 10.0, 0.2), Station("b", 25.0, 0.2, places=3, buffer=1)]
    run = Run([line], [(0, 0, 500, 0.0, 1.0, 0.0)], ((100.0, 300.0), (500.0, 600.0))).to(499.0)
    starts = run.rows("start")["at"]
    assert starts.min() >= 100.0
    assert starts.max() < 300.0
    assert run.state.line["inside"][0] == 0
    assert [STATE_NAMES[code] for code in run.state.station["code"]] == ["off", "off"]
    run.to(600.0)
    assert run.rows("start")["at"].max() >= 500.0


def test_a_changeover_waits_for_an_empty_first_station_and_takes_its_time():
    jobs = [(0, 0, 3, 0.0, 1.0, 0.0), (0, 0, 2, 120.0, 1.0, 0.0)]
    run = Run([[Station("a", 10.0), Station("b", 10.0, buffer=2)]], jobs).to(1000.0)
    assert run.rows("start")["at"].tolist() == [0.0, 10.0, 20.0, 150.0, 160.0]
    setups = run.rows("state")[run.rows("state")["code"] == SETUP]
    assert setups[["station", "start", "end"]].tolist() == [(0, 30.0, 150.0)]


def test_without_waiting_places_a_finished_unit_keeps_its_place():
    run = Run([[Station("fast", 1.0), Station("slow", 10.0)]], [(0, 0, 3, 0.0, 1.0, 0.0)]).to(100.0)
    rows = run.rows("passage")
    fast = rows[rows["station"] == 0]
    assert fast["start"].tolist() == [0.0, 1.0, 11.0]
    assert fast["end"].tolist() == [1.0, 11.0, 21.0]
    blocked = run.rows("state")[run.rows("state")["code"] == STATE_NAMES.index("blocked")]
    assert blocked[["start", "end"]].tolist() == [(2.0, 11.0), (12.0, 21.0)]


def test_a_line_waits_for_boards_and_takes_them_first_in_first_out():
    lines = [[Station("smt", 10.0)], [Station("asm", 1.0)]]
    jobs = [(1, 1, 4, 0.0, 1.0, 0.0), (0, 0, 6, 0.0, 1.0, 0.0)]
    run = Run(lines, jobs, boards=(True, False), needs=((), ((0, 2),)), stock=(3, 0)).to(1000.0)
    assert run.rows("start")["at"][run.rows("start")["line"] == 1].tolist() == [0.0, 10.0, 30.0, 50.0]
    taken = run.rows("assembly")
    assert taken["component"].tolist() == [-2, -3, -4, 1, 2, 3, 4, 5]
    assert taken["piece"].tolist() == [0, 1] * 4
    assert run.rows("response")[["job", "at"]].tolist() == [(0, 51.0), (1, 60.0)]


def test_a_released_job_is_begun_at_once_and_longer_queues_keep_their_order():
    run = Run([[Station("a", 1.0)]]).to(50.0)
    run.send([(0, 0, 1, 0.0, 1.0, 0.0)] * 600)
    run.to(1000.0)
    assert run.rows("start")["at"].tolist() == [50.0 + n for n in range(600)]
    assert run.rows("response")["job"].tolist() == list(range(600))


def test_the_log_is_taken_away_in_time_however_long_the_stretch():
    run = Run([[Station("a", 1.0), Station("b", 1.0, buffer=1)]], endless()).to(50_000.5)
    rows = run.rows("passage")
    assert len(rows) > len(empty_log(run.layout).passage)
    assert len(rows) == 50_000 + 49_999
    assert (np.diff(rows["end"]) >= 0.0).all()


def test_a_day_opens_with_every_station_off():
    run = Run([[Station("a", 1.0)]], working_times=((10.0, 20.0),)).to(12.0)
    assert run.rows("state")[["code", "start", "end"]].tolist() == [(0, 0.0, 10.0)]
    assert opening_state(run.layout).station["code"].tolist() == [0]
    assert run.state.station["code"].tolist() == [STATE_NAMES.index("idle")]
    run.send([(0, 0, 1, 0.0, 1.0, 0.0)])
    run.to(12.5)
    assert run.state.station["code"].tolist() == [RUN]
