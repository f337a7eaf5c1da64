"""Mobile robots in flow fidelity: a move is known from its dispatch on, from distance and congestion."""

from __future__ import annotations

from parkwright.model.command import Refusal, TransportOrder
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.move.route import Roads
from parkwright.twin.random import lognormal, stream

CONGESTION_MEAN = 1.15
"""Mean travel time relative to an empty road; assumed until robots move on the grid (motion fidelity)."""
CONGESTION_CV = 0.2
"""Coefficient of variation of that ratio; assumed."""

Move = tuple[str, str, str, str, str, float, float, float]
"""task, robot, origin, from, to; start, pickup, end [s of the day]."""


class Robots:
    """Where the robots are and until when they are busy; their moves once given."""

    def __init__(self, park: Park, seed: int, replication: int) -> None:
        """Begin with all robots free at home."""
        self._fleet = park.fleet
        self._roads = Roads(park.nodes, park.edges)
        self._seed, self._replication = seed, replication
        self._at: dict[str, tuple[str, float]] = {}
        self._tasks: set[str] = set()
        self.moves: list[Move] = []

    def give(self, order: TransportOrder, now: float) -> Refusal | None:
        """Give a task to a robot at `now` [s of the day]; a Refusal says why it was not taken."""
        fleet = self._fleet
        if fleet is None:
            return Refusal(order.task_id, "the park has no robots")
        if order.task_id in self._tasks:
            return Refusal(order.task_id, "the task was given before")
        if order.robot_id not in self._at and len(self._at) == fleet.count:
            return Refusal(order.task_id, f"robot {order.robot_id} is not one of the {fleet.count} robots")
        origin, free_at = self._at.get(order.robot_id, (fleet.home_node, 0.0))
        if free_at > now:
            return Refusal(order.task_id, f"robot {order.robot_id} is busy for {free_at - now:.0f} s more")
        try:
            empty_m = self._roads.distance_m(origin, order.from_node)
            loaded_m = self._roads.distance_m(order.from_node, order.to_node)
        except PlanError as error:
            return Refusal(order.task_id, str(error))
        key = stream(self._seed, self._replication, "congestion", order.task_id)
        slow = [lognormal(key[0], key[1], n, CONGESTION_MEAN, CONGESTION_CV) / fleet.speed_m_per_s for n in range(2)]
        pickup = now + empty_m * slow[0] + fleet.handling_s
        end = pickup + loaded_m * slow[1] + fleet.handling_s
        self._at[order.robot_id] = (order.to_node, end)
        self._tasks.add(order.task_id)
        self.moves.append(
            (order.task_id, order.robot_id, origin, order.from_node, order.to_node, now, pickup, end),
        )
        return None

    def power_kw(self, start: float, end: float) -> float:
        """Return the mean power of the fleet in [start, end) [s of the day] [kW]: driving, else waiting."""
        if self._fleet is None:
            return 0.0
        driving = 0.0
        for move in reversed(self.moves):
            if move[5] < start - 7200.0:
                break
            driving += max(0.0, min(end, move[7]) - max(start, move[5]))
        fleet = self._fleet
        return fleet.count * fleet.idle_kw + (fleet.drive_kw - fleet.idle_kw) * driving / (end - start)

    def passing(self, node_id: str, start: float, end: float) -> int:
        """Return how many loads were taken from or given to a node in [start, end) [s of the day]."""
        count = 0
        for move in reversed(self.moves):
            if move[5] < start - 7200.0:
                break
            count += (move[3] == node_id and start <= move[6] < end) + (move[4] == node_id and start <= move[7] < end)
        return count
