"""The 3-D park as a NiceGUI element, on the three.js that NiceGUI brings and the same modules as the wall."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nicegui
from nicegui.element import Element

THREE = Path(nicegui.__file__).parent / "elements" / "scene" / "dist"


class ParkView(Element, component="park_view.js", esm={"nicegui-scene": str(THREE), "parkwright-park": "park"}):
    """The live 3-D park: orbit with the mouse or the arrows, click or Enter on a name to pick, roofs open and close."""

    def __init__(
        self,
        scene_url: str = "/wall/scene",
        feed_url: str = "/wall/feed",
        *,
        language: str = "en",
        tour: bool = False,
        on_pick: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        """Lay the view; it fills its parent.

        scene_url, feed_url: paths of the scene and of the live socket on this server (show.wall.mount serves both).
        tour: fly the tour until somebody touches the park. on_pick: called with {"id", "kind", "index"} of what was
        clicked.
        """
        super().__init__()
        self._props["scene-url"] = scene_url
        self._props["feed-url"] = feed_url
        self._props["language"] = language
        self._props["tour"] = tour
        if on_pick is not None:
            self.on("pick", lambda event: on_pick(event.args))

    def fly_to(self, thing_id: str) -> None:
        """Fly to a building or a line."""
        self.run_method("flyTo", thing_id)

    def open_roofs(self, is_open: bool) -> None:
        """Open or close the roofs above the lines."""
        self.run_method("openRoofs", is_open)

    def play_tour(self, is_on: bool) -> None:
        """Start or pause the tour."""
        self.run_method("playTour", is_on)
