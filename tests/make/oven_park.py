"""A park with a burn-in oven: boards from a line, lots of two families burnt in for an hour, up to 24 units at once."""

from __future__ import annotations

from make_park import bill, line, product, small_park, unit

from parkwright.make.park_day import dispatch
from parkwright.model.park import Park
from parkwright.supply.available import kits
from parkwright.make.jobs import explode

ROOM = 24
RUN_S = 3600.0


def oven(line_id="OV", **fields):
    """A line with room for 24 units whose run takes an hour at 12 kW; it waits at 2 kW."""
    machine = unit(f"{line_id}-1", "oven", RUN_S, places=ROOM, run_kw=12, idle_kw=2, **fields.pop("machine", {}))
    values = {"room": ROOM, "lot_max": ROOM, "takt_s": RUN_S / ROOM, "setup_s": 600} | fields
    return line(line_id, "BURN", machine, **values)


def oven_park(*ovens, **fields) -> Park:
    """The small park with products q1 and q2 (family fq) and q3 (family fr, twice the time) burnt in from board b1."""
    park = small_park()
    products = (
        product("q1", "fq", "BURN"), product("q2", "fq", "BURN"), product("q3", "fr", "BURN", cycle_factor=2.0),
    )  # fmt: skip
    values = {
        "work_centers": (*park.work_centers, *(ovens or (oven(),))),
        "segments": (*park.segments, park.segments[0].model_copy(update={"id": "BURN"})),
        "products": (*park.products, *products),
        "bill": (*park.bill, *(bill(one.id, "b1") for one in products)),
    }
    return small_park(**values | fields)


def planned(park, orders, signal, day, **options):
    """The jobs of some orders and what `dispatch` makes of them."""
    jobs = explode(park, orders, kits(park, orders))
    return jobs, dispatch(park, jobs, orders, day, signal, **options)
