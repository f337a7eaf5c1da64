"""The Gantt: a day's jobs by line on a canvas, with price bands and carbon under it on the same time axis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nicegui.element import Element

from parkwright.show.words import drawn


class GanttView(Element, component="gantt.js"):
    """A plan's jobs by line: zoom with the wheel or + and -, drag or arrows to move, L for the next late order.

    The plan is JSON in the shape of the API's plan (answers.plan.Plan): midnight, at, lines, products, bars as
    columns in seconds from midnight, outages of lines, strip with price and carbon by interval. It is read from
    `plan_url`, or given as `plan`. Planned jobs are outlined, finished ones filled, late ones carry a triangle, a line
    out of use is hatched and says why. Colours are the page's
    CSS variables (--ink, --muted, --line, --surface, --load, --warn, --stop, --carbon, --link), so that light and
    dark follow the page.
    """

    def __init__(
        self,
        plan_url: str = "",
        *,
        plan: Mapping[str, Any] | None = None,
        language: str = "en",
        timezone: str = "UTC",
        on_pick: Callable[[dict[str, Any]], Any] | None = None,
        on_drop: Callable[[dict[str, Any]], Any] | None = None,
    ) -> None:
        """Lay the Gantt.

        plan_url: path of the plan's JSON on this server. plan: the plan itself instead. timezone: IANA name, for the
        axis. on_pick: called with {"job_id", "order_id"} when a job is chosen. on_drop: called with {"job_id",
        "line_id", "start"} (ISO 8601) when a job that has not begun was dragged, or carried by keys, elsewhere;
        without it no job can be moved.
        """
        super().__init__()
        self._props["plan-url"] = plan_url
        self._props["plan"] = dict(plan) if plan is not None else None
        self._props["language"] = language
        self._props["timezone"] = timezone
        self._props["labels"] = drawn(language, "gantt")
        self._props["editable"] = on_drop is not None
        if on_pick is not None:
            self.on("pick", lambda event: on_pick(event.args))
        if on_drop is not None:
            self.on("drop", lambda event: on_drop(event.args))

    def show(self, plan: Mapping[str, Any]) -> None:
        """Draw another plan; the part of the day in view stays."""
        self.run_method("show", dict(plan))

    def refresh(self) -> None:
        """Read the plan anew from its address; the part of the day in view stays."""
        self.run_method("refresh")

    def draft(self, draft: Mapping[str, Any] | None) -> None:
        """Draw what a change would do, over the plan; None for none.

        draft: bars and outages of answers.planning.Draft as plain data.
        """
        self.run_method("draft", None if draft is None else dict(draft))

    def pin(self, jobs: Iterable[str]) -> None:
        """Mark the jobs that are pinned."""
        self.run_method("pin", sorted(jobs))

    def set_now(self, iso: str) -> None:
        """Move the line of the present moment to an instant, ISO 8601."""
        self.run_method("setNow", iso)
