"""Plane geometry of footprints: their own frame, clipping by bands, boxes along edges."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, ceil, cos, degrees, hypot, sin

Point = tuple[float, float]
Row = list[float]
"""A box: centre x, y [m], floor z [m], length, depth, height [m], yaw [deg, counter-clockwise from east]."""


def tidy(value: float) -> float:
    """Return `value` to the centimetre, as a plain float for JSON."""
    return round(float(value), 2)


def box(at: Point, z: float, size: tuple[float, float, float], yaw_deg: float = 0.0) -> Row:
    """Return the row of a box that stands at `at` on height z [m] with size (length, depth, height) [m]."""
    return [tidy(value) for value in (at[0], at[1], z, *size, yaw_deg)]


@dataclass(frozen=True, slots=True)
class Frame:
    """A footprint's own axes: u along its longest edge, v to the left of it; spans in metres from the origin."""

    origin: Point
    angle: float
    u_span: tuple[float, float]
    v_span: tuple[float, float]

    @property
    def yaw_deg(self) -> float:
        """The angle of u from east, in degrees."""
        return degrees(self.angle)

    def local(self, point: Point) -> Point:
        """Return (u, v) of a point."""
        dx, dy = point[0] - self.origin[0], point[1] - self.origin[1]
        return dx * cos(self.angle) + dy * sin(self.angle), dy * cos(self.angle) - dx * sin(self.angle)

    def world(self, u: float, v: float) -> Point:
        """Return the point at (u, v)."""
        return (
            self.origin[0] + u * cos(self.angle) - v * sin(self.angle),
            self.origin[1] + u * sin(self.angle) + v * cos(self.angle),
        )

    @property
    def length(self) -> float:
        """Extent along u [m]."""
        return self.u_span[1] - self.u_span[0]

    @property
    def depth(self) -> float:
        """Extent along v [m]."""
        return self.v_span[1] - self.v_span[0]

    @property
    def centre(self) -> Point:
        """The middle of the frame's rectangle."""
        return self.world(sum(self.u_span) / 2, sum(self.v_span) / 2)


def frame_of(footprint: Sequence[Point]) -> Frame:
    """Return the frame of a footprint: u runs along its longest edge, turned to point east or north."""
    edges = [(a, b) for a, b in zip(footprint, [*footprint[1:], footprint[0]], strict=True)]
    a, b = max(edges, key=lambda edge: hypot(edge[1][0] - edge[0][0], edge[1][1] - edge[0][1]))
    angle = atan2(b[1] - a[1], b[0] - a[0])
    if cos(angle) < -1e-9 or (abs(cos(angle)) <= 1e-9 and sin(angle) < 0):
        angle = atan2(a[1] - b[1], a[0] - b[0])
    bare = Frame(footprint[0], angle, (0.0, 0.0), (0.0, 0.0))
    u, v = zip(*(bare.local(point) for point in footprint), strict=True)
    return Frame(footprint[0], angle, (min(u), max(u)), (min(v), max(v)))


def clip(points: Sequence[Point], inside: tuple[float, float, float]) -> list[Point]:
    """Return the polygon's part where a*x + b*y >= c.

    inside: (a, b, c). Reference: Sutherland and Hodgman, Reentrant polygon clipping, 1974 (one half-plane).
    """
    a, b, c = inside
    kept: list[Point] = []
    for p, q in zip(points, [*points[1:], *points[:1]], strict=True):
        dp, dq = a * p[0] + b * p[1] - c, a * q[0] + b * q[1] - c
        if dp >= 0:
            kept.append(p)
        if (dp > 0 > dq) or (dp < 0 < dq):
            share = dp / (dp - dq)
            kept.append((p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])))
    return kept


def band(points: Sequence[Point], frame: Frame, v: tuple[float, float]) -> list[Point]:
    """Return the part of a polygon with v[0] <= v <= v[1] in `frame`; empty when nothing is left."""
    nx, ny = -sin(frame.angle), cos(frame.angle)
    shift = nx * frame.origin[0] + ny * frame.origin[1]
    upper = clip(points, (nx, ny, v[0] + shift))
    return clip(upper, (-nx, -ny, -(v[1] + shift))) if len(upper) >= 3 else []


def holds(points: Sequence[Point], at: Point) -> bool:
    """Say whether a polygon holds a point (even-odd rule)."""
    found = False
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], *points[:1]], strict=True):
        if (y1 > at[1]) != (y2 > at[1]) and at[0] < (x2 - x1) * (at[1] - y1) / (y2 - y1) + x1:
            found = not found
    return found


def along(points: Sequence[Point], z: float, thick: float, height: float, closed: bool = True) -> list[Row]:
    """Return one box for each edge of a polygon (or polyline) on height z: walls, plinths, beams, roads."""
    rows = []
    ends = [*points[1:], *points[:1]] if closed else points[1:]
    for (x1, y1), (x2, y2) in zip(points, ends, strict=False):
        length = hypot(x2 - x1, y2 - y1)
        if length > 0:
            yaw = degrees(atan2(y2 - y1, x2 - x1))
            rows.append(box(((x1 + x2) / 2, (y1 + y2) / 2), z, (length + thick, thick, height), yaw))
    return rows


def spread(points: Sequence[Point], step: float) -> list[Point]:
    """Return points along a polyline, evenly, at most `step` metres apart on each leg, corners once."""
    found: list[Point] = []
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        count = max(1, ceil(hypot(x2 - x1, y2 - y1) / step))
        found += [(x1 + (x2 - x1) * n / count, y1 + (y2 - y1) * n / count) for n in range(count)]
    return found


def places(points: Sequence[Point], count: int) -> list[tuple[Point, Point]]:
    """Return `count` places at equal distance along a polyline, each with the unit vector to its left."""
    legs = [(p, q, hypot(q[0] - p[0], q[1] - p[1])) for p, q in itertools.pairwise(points)]
    total = sum(leg[2] for leg in legs)
    found: list[tuple[Point, Point]] = []
    done = 0.0
    for p, q, length in legs:
        ux, uy = ((q[0] - p[0]) / length, (q[1] - p[1]) / length) if length else (0.0, 0.0)
        while len(found) < count and (len(found) + 0.5) * total / count <= done + length:
            s = (len(found) + 0.5) * total / count - done
            found.append(((p[0] + ux * s, p[1] + uy * s), (-uy, ux)))
        done += length
    return found
