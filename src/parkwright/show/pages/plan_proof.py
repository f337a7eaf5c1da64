"""How good the plan in force is: what CP-SAT proved of small parts of it, in sentences."""

from __future__ import annotations

from nicegui import ui

from parkwright.show.answers.planning import Certificate
from parkwright.show.door import Visit
from parkwright.show.pages.frame import block, draw
from parkwright.show.pages.parts import e, section_head
from parkwright.show.words import Words


class ProofCard:
    """Parts of the plan that are proven best: looked at when somebody asks, and counted while that goes on."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Lay the card."""
        self._visit, self._words = visit, words
        self.wanted = False
        with ui.element("section").classes("card"):
            self._told = block(24)
            self._ask = ui.html(e(words.say("plan.proof_ask")), sanitize=False, tag="button").classes("act")
            self._ask.on("click", self._want)

    def _want(self) -> None:
        self.wanted = True
        self._ask.set_visibility(False)

    def show(self, certificate: Certificate | None) -> None:
        """Draw what is known by now."""
        draw(self._told, proof_html(self._visit, self._words, certificate))


def proof_html(visit: Visit, words: Words, certificate: Certificate | None) -> str:
    """Return what a certificate says, and what it does not."""
    say = words.say
    head = section_head(say("plan.proof"), "", "")
    if certificate is None:
        return f'{head}<p class="muted small">{e(say("plan.proof_note"))}</p>'
    if certificate.state == "failed":
        return f"{head}<p>{e(say('plan.failed', why=certificate.detail))}</p>"
    if certificate.state == "searching":
        share = certificate.looked / certificate.parts
        bar = f'<span class="bar"><i style="width:{100 * share:.0f}%"></i></span>'
        told = say("plan.proof_searching", n=certificate.looked, all=certificate.parts)
        return f'{head}<p role="status">{e(told)} {bar}</p>'
    lines = "".join(f"<li>{e(line)}</li>" for line in proof_lines(visit, words, certificate))
    return f'{head}<ul class="told">{lines}</ul><p class="muted small">{e(say("plan.proof_limits"))}</p>'


def proof_lines(visit: Visit, words: Words, certificate: Certificate) -> list[str]:
    """Return the sentences of a certificate that is ready."""
    say, since = words.say, words.clock(certificate.since, visit.now)
    if not certificate.looked:
        return [say("plan.proof_nothing", at=since)]
    proven = certificate.proven or 0
    found = [
        say(
            "plan.proof_parts", k=proven, n=certificate.looked, jobs=certificate.part_jobs,
            lines=certificate.part_lines, at=since,
        )
    ]  # fmt: skip
    if proven < certificate.looked:
        known = certificate.open_cny is not None
        saving = words.amount(certificate.open_cny or 0.0, "CNY", 4)
        found.append(say("plan.proof_open", saving=saving) if known else say("plan.proof_unknown"))
    better = words.amount(certificate.gain_cny, "CNY", 4)
    found.append(say("plan.proof_gain", saving=better) if certificate.gain_cny > 0 else say("plan.proof_no_gain"))
    if certificate.energy_bound_cny is not None:
        found.append(
            say(
                "plan.proof_energy", planned=words.amount(certificate.energy_cny, "CNY", 5),
                least=words.amount(certificate.energy_bound_cny, "CNY", 5),
            )
        )  # fmt: skip
    return found
