"""The small park with burn-in ovens: up to 24 units at once for an hour, of two families; boards from the stock."""

from __future__ import annotations

from make_park import DAY, PATTERN, bill, flat_signal, line, order_lines, product, small_park, unit

from parkwright.make.jobs import explode
from parkwright.make.park_day import Scheduled, dispatch
from parkwright.model.park import Park
from parkwright.supply.available import kits

ROOM, RUN_S, RUN_KW, IDLE_KW = 24, 3600.0, 12.0, 2.0


def oven(line_id="OV", room=ROOM, mttr_s=0.0, **fields):
    """A line whose one machine takes `room` units in a run of an hour at 12 kW, and waits at 2 kW."""
    machine = unit(
        f"{line_id}-1", "oven", RUN_S, cycle_cv=0.0, places=room, run_kw=RUN_KW, idle_kw=IDLE_KW,
        mtbf_s=3600.0 if mttr_s else 0.0, mttr_s=mttr_s,
    )  # fmt: skip
    return line(line_id, "BURN", machine, **{"room": room, "lot_max": room, "takt_s": RUN_S / room} | fields)


def oven_park(*ovens, opening=200, **fields) -> Park:
    """The park: q1 and q2 are alike, q3 is of another family and takes twice the time; each has a board b1 in it."""
    park = small_park()
    products = (product("q1", "fq", "BURN"), product("q2", "fq", "BURN"), product("q3", "fr", "BURN", cycle_factor=2))
    values = {
        "work_centers": (*park.work_centers, *(ovens or (oven(),))),
        "segments": (*park.segments, park.segments[0].model_copy(update={"id": "BURN"})),
        "products": (*park.products, *products),
        "bill": (*park.bill, *(bill(one.id, "b1") for one in products)),
        "order_pattern": PATTERN.model_copy(update={"opening_boards": opening}),
    }
    return small_park(**values | fields)


def planned(park, *rows, signal=None, **options) -> tuple[object, object, Scheduled]:
    """Orders from (product, units, release hour, due hour), their jobs, and what `dispatch` makes of them."""
    orders = order_lines(*((f"o{n}", *row) for n, row in enumerate(rows)))
    jobs = explode(park, orders, kits(park, orders))
    return orders, jobs, dispatch(park, jobs, orders, DAY, flat_signal() if signal is None else signal, **options)
