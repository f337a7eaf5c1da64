"""Home: is the park well today, and what needs me?"""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from parkwright.show.answers.alarms import Need
from parkwright.show.answers.home import Home
from parkwright.show.api import home_of
from parkwright.show.auth import ACKNOWLEDGE
from parkwright.show.door import Visit, visit_of
from parkwright.show.pages.charts import strip_chart, strip_key
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.live_chart import LiveChart
from parkwright.show.pages.parts import card, downloads, e, figure_card, key, post_button, section_head, state
from parkwright.show.told import told
from parkwright.show.words import Words


@ui.page("/")
def home_page(request: Request) -> None:
    """Draw Home and keep it current."""
    visit = visit_of(request)
    with shell(request, visit, "home") as frame:
        if not permitted(visit, frame.words, "home"):
            return
        words = frame.words
        heading = block(28, "head")
        figures = block(150)
        with ui.element("div").classes("row split"):
            with ui.element("section").classes("card"):
                strip_head = block()
                chart = LiveChart(visit.theme, "chart tall")
            needs = block(300)

        def show(home: Home) -> None:
            draw(heading, _heading(words, home))
            cards = "".join(figure_card(words, figure, visit.now) for figure in home.figures)
            draw(figures, f'<div class="row figures">{cards}</div>')
            tools = downloads(words, "readings", home.day)
            draw(strip_head, section_head(words.say("home.strip"), tools, key(strip_key(words))))
            options = strip_chart(words, home.strip, visit.now, visit.theme)
            chart.show(options, empty=not any((*home.strip.load_plan_kw, *home.strip.load_kw)), words=words)
            draw(needs, needs_card(visit, words, home.needs))

        keep_current(frame, lambda: home_of(visit), show)


def _heading(words: Words, home: Home) -> str:
    return f"<h1>{e(words.say('home.title'))}</h1><span class='muted'>{e(words.say('home.question'))}</span>"


def needs_card(visit: Visit, words: Words, needs: list[Need]) -> str:
    """Return the list of what needs a person, dearest first, or that nothing does."""
    title = words.say("home.needs")
    if not needs:
        return card(title, state(words.say("home.nothing"), words.say("home.nothing_why")), kind="fill")
    rows = "".join(_need(visit, words, need) for need in needs)
    return card(title, f'<ol class="needs">{rows}</ol>', kind="fill")


def _need(visit: Visit, words: Words, need: Need) -> str:
    cost = words.say("home.waiting", cost=words.amount(need.waiting_cny_per_h, "CNY/h"))
    since = words.say("home.since", at=words.clock(need.since, visit.now))
    mark = "mark now" if need.severity == 1 else "mark"
    title = f"{words.known(need.kind, need.kind)} · {need.thing_id}"
    kind = need.kind.rpartition(".")[2]
    sentence = told(words, visit.context.park, kind, need.thing_id, need.since, need.text)
    text = f'<p title="{e(need.text)}">{e(sentence)}</p>'
    button = f'<a class="tool" href="{e(need.link)}">{e(words.say("home.open"))}</a>'
    if need.act == "acknowledge" and visit.may(ACKNOWLEDGE, "alarms"):
        button = post_button(
            words.say("home.acknowledge"), "/api/v1/acknowledgements", {"key": need.key}, words.say("home.acknowledged")
        )
    return (
        f'<li><i class="{mark}" aria-hidden="true"></i><div><a href="{e(need.link)}"><b>{e(title)}</b></a>'
        f'<div class="small muted">{e(since)} · {e(cost)}</div>{text}</div>{button}</li>'
    )
