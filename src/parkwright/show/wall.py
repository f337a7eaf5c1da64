"""The public wall: one page, one scene, one socket; no sign-in, aggregates and serial numbers only."""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import nicegui
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response, WebSocket
from pydantic import BaseModel, Field

from parkwright.show.context import Context
from parkwright.show.feed import Feed
from parkwright.show.frames import Frames
from parkwright.show.scene import make_scene
from parkwright.show.words import drawn

VIEWS = Path(__file__).parent / "views"
THREE = Path(nicegui.__file__).parent / "elements" / "scene" / "dist" / "index.js"
"""three.js as NiceGUI bundles it, so that nothing is fetched from elsewhere."""
ASSETS = ("wall.js", "wall.css", "chart.js", "panel.js")


class UnitPassage(BaseModel):
    """A unit that has passed a machine."""

    unit_id: str = Field(description="serial number")
    at: str = Field(description="when it left, UTC")
    result: str = Field(description="ok, fail (to rework) or scrap")


class ThingNow(BaseModel):
    """What the wall tells of a thing beside the live picture: the units that passed last."""

    thing_id: str = Field(description="building, line or machine")
    units: list[UnitPassage] = Field(description="newest first; empty where no unit has passed today")


@dataclass(frozen=True)
class Asset:
    """A file kept in memory, plain and compressed."""

    body: bytes
    packed: bytes
    media_type: str
    tag: str

    @classmethod
    def of(cls, body: bytes, media_type: str) -> Asset:
        """Return the asset of some bytes; its tag is their hash."""
        return cls(body, gzip.compress(body, 6, mtime=0), media_type, f'"{hashlib.sha256(body).hexdigest()[:20]}"')

    def answer(self, request: Request) -> Response:
        """Return the response to a request: 304 when the browser has it, compressed when it can read that."""
        headers = {"ETag": self.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.packed, media_type=self.media_type, headers=headers | {"Content-Encoding": "gzip"})
        return Response(self.body, media_type=self.media_type, headers=headers)


def words() -> dict[str, list[str]]:
    """Return the wall's messages: key -> [English, Chinese]."""
    chinese = drawn("zh", "wall")
    return {key: [text, chinese[key]] for key, text in drawn("en", "wall").items()}


def assets() -> dict[str, Asset]:
    """Return what the wall page loads, by its address below /wall/assets."""
    files = {name: VIEWS / "wall" / name for name in ASSETS}
    files |= {f"park/{path.name}": path for path in sorted((VIEWS / "park").glob("*.js"))}
    files["three.js"] = THREE
    types = {name: mimetypes.guess_type(name)[0] or "text/javascript" for name in files}
    return {name: Asset.of(path.read_bytes(), types[name]) for name, path in files.items()}


def page(scene: Mapping[str, Any]) -> Asset:
    """Return the wall's page, its words and the park's name within it."""
    text = (VIEWS / "wall" / "wall.html").read_text(encoding="utf-8")
    shown = json.dumps(words(), ensure_ascii=False, separators=(",", ":"))
    name = {language: escape(text, quote=True) for language, text in scene["park"]["name"].items()}
    for mark, value in (("__WORDS__", shown.replace("<", "\\u003c")), ("__EN__", name["en"]), ("__ZH__", name["zh"])):
        text = text.replace(mark, value)
    return Asset.of(text.encode(), "text/html; charset=utf-8")


def mount(app: FastAPI, context: Context, frames: Frames | None = None) -> Feed:
    """Serve the wall at /wall; return its feed.

    Routes: /wall (page), /wall/scene, /wall/live, /wall/things/{thing_id}, /wall/assets/..., socket /wall/feed.
    frames: the memory of facts shared with the pages, or None for one of its own.
    """
    feed = Feed(context, frames)
    scene = make_scene(context.park)
    kept = assets()
    front = page(scene)
    drawn = Asset.of(json.dumps(scene, ensure_ascii=False, separators=(",", ":")).encode(), "application/json")
    router = APIRouter(tags=["wall"])

    @router.get("/wall", include_in_schema=False)
    async def wall_page(request: Request) -> Response:
        """Serve the exhibition wall."""
        return front.answer(request)

    @router.get("/wall/assets/{name:path}", include_in_schema=False)
    async def wall_asset(name: str, request: Request) -> Response:
        """Serve a file of the wall."""
        if name not in kept:
            raise HTTPException(404, f"wall asset {name}: does not exist; reload the page")
        return kept[name].answer(request)

    @router.get("/wall/scene", summary="The park in 3-D: shapes, labels, tour", response_model=dict[str, Any])
    async def wall_scene(request: Request) -> Response:
        """Serve the park as shapes."""
        return drawn.answer(request)

    @router.get("/wall/live", summary="The live picture by section", response_model=dict[str, dict[str, Any]])
    def wall_live() -> Response:
        return Response(json.dumps(feed.sections(), ensure_ascii=False), media_type="application/json")

    @router.get("/wall/things/{thing_id}", summary="Units that passed a machine or line last", responses={404: {}})
    def wall_thing(thing_id: str) -> ThingNow:
        if thing_id not in scene["things"]:
            raise HTTPException(404, f"thing {thing_id[:48]}: not in this park; see things of /wall/scene")
        feed.sections()
        return ThingNow(thing_id=thing_id, units=_last_units(context, feed, thing_id))

    @router.websocket("/wall/feed")
    async def wall_feed(socket: WebSocket) -> None:
        """Send the live picture for as long as the viewer stays."""
        await feed.serve(socket)

    app.include_router(router)
    return feed


def _last_units(context: Context, feed: Feed, thing_id: str) -> list[UnitPassage]:
    line = context.park.work_center.get(thing_id)
    machine = line.work_unit[-1].id if line else thing_id
    return [UnitPassage(unit_id=u, at=at, result=result) for u, at, result in feed.picture.recent.get(machine, [])]
