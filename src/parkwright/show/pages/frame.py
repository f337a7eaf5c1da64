"""The frame of every page: header, navigation, clock, notices, and the loop that keeps a page current."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from anyio import to_thread
from nicegui import ui
from nicegui.elements.html import Html
from starlette.requests import Request

from parkwright.model.errors import ParkwrightError
from parkwright.show.answers.progress import Progress
from parkwright.show.api import progress_of
from parkwright.show.auth import SEE, grantors
from parkwright.show.door import Visit
from parkwright.show.pages.parts import e, skeleton, state
from parkwright.show.words import Words

REFRESH_S = 3.0
NAV = (
    ("home", "/"),
    ("plan", "/plan"),
    ("energy", "/energy"),
    ("buildings", "/buildings"),
    ("carbon", "/carbon"),
    ("report", "/report"),
    ("passport", "/passport"),
    ("wall", "/wall"),
)
OTHER_TITLES = {"sign_in": "signin.title", "missing": "state.missing", "broken": "state.broken"}
"""Titles of the pages that the navigation does not lead to."""
ICONS = {
    "home": "M3 11 12 4l9 7v9h-6v-6H9v6H3z",
    "plan": "M3 5h10v3H3zM7 10.5h12v3H7zM5 16h9v3H5z",
    "energy": "M13 2 4 14h6l-1 8 9-12h-6z",
    "buildings": "M4 21V4h9v5h7v12h-6v-4h-3v4zM7 7v2h3V7zm0 5v2h3v-2zm8 0v2h2v-2z",
    "carbon": "M12 3c5 4 8 7 8 11a8 8 0 0 1-16 0c0-4 3-7 8-11zM11 9v10h2V9z",
    "report": "M4 4h3v16H4zM10.5 10h3v10h-3zM17 7h3v13h-3z",
    "passport": "M5 3h14v18H5zM12 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 16h8v2H8z",
    "wall": "M2 4h20v13H2zM8 19h8v2H8z",
}
LOGO = (
    '<svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true">'
    '<rect width="24" height="24" rx="5" fill="#1b5c88"/>'
    '<path d="M4 17V9l5 3V9l5 3V6l6 3v8z" fill="#fff"/><circle cx="18" cy="5" r="2" fill="#f0b429"/></svg>'
)

LEAVE = (
    '<svg width="14" height="14" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
    'aria-hidden="true"><path d="M14 4H5v16h9M10 12h11M17 8l4 4-4 4"/></svg>'
)

T = TypeVar("T")


def words_of(visit: Visit) -> Words:
    """Return the words for a visitor."""
    return Words(visit.language, visit.context.park.zone)


def block(height_px: int = 0, classes: str = "") -> Html:
    """Return an element for HTML that parts made; a skeleton of that height until it is drawn."""
    element = ui.html(skeleton(height_px) if height_px else "", sanitize=False)
    return element.classes(classes) if classes else element


def draw(element: Html, html: str) -> None:
    """Put HTML into a block, and send it only when it changed."""
    if element.content != html:
        element.set_content(html)


@dataclass
class Shell:
    """The parts of the frame that change while a page is open."""

    visit: Visit
    words: Words
    clock: Html
    notice: Html

    def tell(self, progress: Progress) -> None:
        """Show the park's time, and a notice while data are old or the back-fill is under way."""
        now = self.visit.now
        local = now.astimezone(self.words.zone)
        speed = self.visit.context.speed
        pace = self.words.say("page.speed", n=f"{speed:g}") if speed != 1 else self.words.say("page.live")
        draw(
            self.clock,
            f'<div class="clock"><b>{local:%H:%M}</b><div class="small muted">{local:%Y-%m-%d} · {e(pace)}</div></div>',
        )
        draw(self.notice, _notice(self.words, progress))

    def fail(self, error: Exception) -> None:
        """Show that the page could not be brought up to date, and why."""
        text = self.words.say("state.error", why=str(error))
        draw(self.notice, f'<div class="notice stale" role="alert">{e(text)}</div>')


def _notice(words: Words, progress: Progress) -> str:
    found = ""
    if progress.stale:
        text = words.say("state.stale", age=words.age(progress.age_s), since=words.clock(progress.newest))
        found += f'<div class="notice stale" role="status">{e(text)}</div>'
    if not progress.running:
        found += f'<div class="notice" role="status">{e(words.say("state.starting"))}</div>'
    if progress.missing:
        done, wanted = progress.days_closed, progress.days_wanted
        text = words.say("state.backfill", done=done, wanted=wanted)
        share = 100 * done / max(1, wanted)
        bar = f'<span class="bar"><i style="width:{share:.0f}%"></i></span>'
        found += f'<div class="notice" role="status"><span>{e(text)}</span>{bar}</div>'
    return found


@contextmanager
def shell(request: Request, visit: Visit, page: str) -> Iterator[Shell]:
    """Lay the frame of a page around the elements made within."""
    words = words_of(visit)
    title = words.say(OTHER_TITLES.get(page, f"nav.{page}"))
    ui.page_title(f"{title} · {_site(visit)}")
    ui.dark_mode(visit.theme == "dark")
    ui.add_head_html(_head(visit, words))
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    ui.html(f'<a class="skip" href="#main">{e(words.say("page.skip"))}</a>', sanitize=False)
    with ui.element("header").classes("top"):
        ui.html(_brand(visit), sanitize=False)
        ui.html(_nav(words, page), sanitize=False)
        with ui.element("div").classes("side"):
            clock = block()
            ui.html(_tools(visit, words, here), sanitize=False)
    notice = block()
    with ui.element("div").classes("page").props('id="main"'):
        yield Shell(visit, words, clock, notice)


def _site(visit: Visit) -> str:
    name = visit.context.park.site.name
    return name.zh if visit.language == "zh" else name.en


def _head(visit: Visit, words: Words) -> str:
    language = "zh-CN" if visit.language == "zh" else "en"
    return (
        '<link rel="stylesheet" href="/assets/parkwright.css"><script src="/assets/parkwright.js" defer></script>'
        f"<script>Object.assign(document.documentElement.dataset,{{theme:'{visit.theme}',close:'{e(words.say('page.close'))}'}});"
        f"document.documentElement.lang='{language}'</script>"
    )


def _brand(visit: Visit) -> str:
    return f'<a class="brand" href="/" aria-label="Parkwright">{LOGO}<span class="site">{e(_site(visit))}</span></a>'


def _nav(words: Words, page: str) -> str:
    links = "".join(
        f'<a href="{path}"{" aria-current=page" if name == page else ""}>'
        f'<svg width="20" height="20" viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">'
        f'<path d="{ICONS[name]}"/></svg>'
        f"{e(words.say(f'nav.{name}'))}</a>"
        for name, path in NAV
    )
    return f'<nav class="nav" aria-label="{e(words.say("nav.label"))}">{links}</nav>'


def _tools(visit: Visit, words: Words, here: str) -> str:
    to = quote(here, safe="/")
    other = "en" if visit.language == "zh" else "zh"
    theme = "light" if visit.theme == "dark" else "dark"
    found = (
        f'<a class="tool" href="/language/{other}?next={to}" lang="{"en" if other == "en" else "zh-CN"}">'
        f"{'EN' if other == 'en' else '中文'}</a> "
        f'<a class="tool" href="/theme/{theme}?next={to}" title="{e(words.say(f"page.to_{theme}"))}" '
        f'aria-label="{e(words.say(f"page.to_{theme}"))}">{"☀" if theme == "light" else "☾"}</a>'
    )
    if not visit.principal.is_public:
        role = words.known(f"role.{visit.principal.kind}", visit.principal.role)
        leave = e(words.say("page.sign_out"))
        found += (
            f' <form method="post" action="/sign-out"><button class="tool" title="{leave}" aria-label="{leave}">'
            f'<span class="who">{e(role)}</span>{LEAVE}</button></form>'
        )
    return found


def permitted(visit: Visit, words: Words, thing: str) -> bool:
    """Return whether the visitor may see `thing`; where not, show who can grant it."""
    if visit.may(SEE, thing):
        return True
    roles = ", ".join(words.known(f"role.{role}", role) for role in grantors(SEE, thing))
    role = words.known(f"role.{visit.principal.role}", visit.principal.role)
    with ui.element("div").classes("card"):
        block_html = state(words.say("state.forbidden"), words.say("state.ask", role=role, roles=roles))
        ui.html(block_html, sanitize=False)
    return False


def keep_current(frame: Shell, make: Callable[[], T], show: Callable[[T], None]) -> None:
    """Make the page's answer in a thread, show it, and do so again every few seconds while the page is open."""

    async def refresh() -> None:
        """Bring the page up to date once."""
        try:
            frame.tell(await to_thread.run_sync(progress_of, frame.visit))
            answer = await to_thread.run_sync(make)
        except ParkwrightError as error:
            frame.fail(error)
            return
        show(answer)

    ui.timer(REFRESH_S, refresh)
