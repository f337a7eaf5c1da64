"""Days on the twin for the tests: a plain desk that calls off, releases, moves and sets without a plan."""

from datetime import date, timedelta

import polars as pl

from parkwright.model.opening import folder_opening
from parkwright.run.ports import CallOff, JobRelease, Orders, SetPoint, TransportOrder
from parkwright.twin.park import Twin

DAY = date(2026, 7, 15)
TICK = timedelta(seconds=60)


def at(park, hours, day=DAY):
    """Return the instant `hours` after midnight."""
    return park.midnight(day) + timedelta(hours=hours)


def open_twin(park, seed=1, opening=None, day=DAY):
    """Return a twin of the day with the folder's opening."""
    return Twin(park, day, seed, folder_opening(park) if opening is None else opening)


def lots(park, quantity=12, copies=1):
    """Return jobs: one lot of each product on the first line that does its segment, boards first."""
    found = []
    for product in sorted(park.products, key=lambda p: p.kind):
        line = next(line for line in park.work_centers if product.segment_id in line.segment_ids)
        for copy in range(copies):
            name = f"J-{product.id}-{copy}"
            found.append(
                JobRelease(name, product.id, product.segment_id, product.family_id, line.id, quantity, line.setup_s)
            )
    return found


class PlainDesk:
    """Calls all kits off at the first image, releases each job when its kit is there, sets what it is told to."""

    def __init__(self, park, jobs, ready_h=7.0, set_points=()):
        self.park, self.waiting, self.ready_h, self.set_points = park, list(jobs), ready_h, dict(set_points)
        self.arrived, self.called = set(), False

    def decide(self, image):
        """Return the orders of a cycle."""
        offs = ()
        if not self.called:
            ready = at(self.park, self.ready_h)
            offs = [CallOff(job.job_id, job.product_id, job.quantity, ready) for job in self.waiting]
            self.called = True
        if "kits" in image.tables:
            self.arrived |= set(image.tables["kits"]["job_id"])
        now = [job for job in self.waiting if job.job_id in self.arrived]
        self.waiting = [job for job in self.waiting if job.job_id not in self.arrived]
        points = [SetPoint(*point) for point in self.set_points.get(image.at, ())]
        return Orders(image.at, call_offs=offs, releases=now, set_points=points)


class Lived:
    """A stretch of a day that was run: all tables, the readings, the orders that were acted."""

    def __init__(self, twin, park, desk, until_h, acted=None, day=DAY):
        self.twin, self.park, self.tables, self.acted = twin, park, {}, []
        tick, end = park.midnight(day), at(park, until_h, day)
        while tick < end:
            tick += TICK
            image = twin.sense(tick)
            orders = desk.decide(image) if acted is None else acted[len(self.acted)]
            self.receipts = twin.act(orders)
            self.acted.append(orders)
            for name, frame in image.tables.items():
                self.tables.setdefault(name, []).append(frame)
        self.tables = {name: pl.concat(frames) for name, frames in self.tables.items()}
        self.readings = twin.readings(tick)

    def energy(self):
        """Return the energy of each meter by interval [mWh], as a frame start x meter."""
        return self.readings.pivot("meter_id", index="start", values="energy_mwh_int")


def transport(number, robot, start="n-store", end="n-line"):
    """Return a transport order of the small park."""
    return TransportOrder(f"T{number}", robot, "load", start, end)
