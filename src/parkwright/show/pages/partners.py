"""Partners on the page of the requests: who may read which footprints, and for who may act the forms."""

from __future__ import annotations

from nicegui import ui

from parkwright.show.answers.partners import PartnerList, PartnerRow
from parkwright.show.answers.planning import asked
from parkwright.show.door import Visit
from parkwright.show.pages.forms import AskCard, Given, chosen, typed
from parkwright.show.pages.parts import badge, card, e, heads, post_button, state, table
from parkwright.show.partners_api import Registration, acting
from parkwright.show.words import MISSING, Words

PARTNERS = "/api/v1/carbon/partners"


def partners_card(words: Words, found: PartnerList | None, *, acts: bool) -> str:
    """Return the partners with what each may see; acts: with the buttons of one who may decide. None: nothing."""
    if found is None:
        return ""
    title = words.say("partners.title")
    if not found.rows:
        return card(title, state(words.say("state.empty"), words.say("partners.none")))
    columns = heads(
        words, "partners.name", "requests.supplier~", "partners.edition~", "partners.sees",
        *(("requests.decide!",) if acts else ()),
    )  # fmt: skip
    rows = [
        (
            f'{e(one.name)} <span class="mono small muted">{e(one.client_id)}</span>',
            e(one.supplier_id or MISSING),
            e(f"PACT {one.edition}"),
            e(", ".join(one.sees)) or MISSING,
            *((_acts(words, one),) if acts else ()),
        )
        for one in found.rows
    ]
    return card(title, f'<p class="muted small">{e(words.say("partners.about"))}</p>{table(columns, rows)}')


def _acts(words: Words, one: PartnerRow) -> str:
    path = f"{PARTNERS}/{one.client_id}"
    sure = words.say("partners.revoke_sure", name=one.name)
    found = post_button(
        words.say("partners.revoke"), f"{path}/revocation", {}, words.say("partners.revoked"), sure=sure
    )
    if one.sees:
        done = words.say("partners.withdrawn")
        found += " " + post_button(words.say("partners.withdraw"), f"{path}/withdrawals", {"things": one.sees}, done)
    return found


def share_fields(words: Words, found: PartnerList | None) -> str:
    """Return the fields of what a partner is to see."""
    if found is None or not found.rows:
        return ""
    products = [("all", words.say("partners.all")), *((one, one) for one in found.products)]
    return _who(words, found.rows) + chosen(words, "partners.product", "thing", products)


def shared(visit: Visit, words: Words, given: Given) -> str:
    """Let a partner see what was chosen and say so; raises LedgerError where it may not be."""
    client_id, thing = given.get("client_id", ""), given.get("thing", "")
    added = acting(visit).share(client_id, [thing], visit.principal.user_id)
    told = words.say("partner_share.done", who=client_id, n=len(added))
    return f'<p class="gap" role="status">{badge(words.say("partners.shared"), "good")} {e(told)}</p>'


def invite_fields(words: Words, found: PartnerList | None) -> str:
    """Return the field of the supplier whose people are invited."""
    suppliers = [one for one in found.rows if one.supplier_id] if found else []
    return _who(words, suppliers) if suppliers else ""


def invited(visit: Visit, words: Words, given: Given) -> str:
    """Return the link that signs a supplier's people in once; raises LedgerError where it is no supplier."""
    made = acting(visit).invite(given.get("client_id", ""))
    told = words.say("partner_invite.done", supplier=made["supplier_id"], h=round(made["valid_h"]))
    return f'<p class="gap" role="status">{e(told)}<br><span class="mono">{e(made["open"])}</span></p>'


def add_fields(words: Words, found: PartnerList | None) -> str:
    """Return the fields of a new partner."""
    if found is None:
        return ""
    suppliers = [("", MISSING), *((one, one) for one in found.suppliers)]
    return "".join(
        (
            typed(words, "partners.client", "client_id", 'required maxlength="100" autocomplete="off"'),
            typed(words, "partners.company", "name", 'required maxlength="100" autocomplete="off"'),
            chosen(words, "requests.supplier", "supplier_id", suppliers),
        )
    )


def added(visit: Visit, words: Words, given: Given) -> str:
    """Register a partner as it was typed and tell its secret, this once; raises what may not be."""
    body = asked(Registration, {**given, "supplier_id": given.get("supplier_id") or None})
    secret = acting(visit).register(body.client_id, body.name, body.supplier_id)
    told = words.say("partner_add.done", who=body.client_id)
    return f'<p class="gap" role="status">{e(told)}<br><span class="mono">{e(secret)}</span></p>'


class PartnerForms:
    """The three cards of who may act: a partner is added, sees more, or its people are invited."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Lay them, unseen until partners are served."""
        self._words = words
        with ui.element("div").classes("row halves"):
            self._share = AskCard(words, "partner_share", lambda given: shared(visit, words, given))
            self._invite = AskCard(words, "partner_invite", lambda given: invited(visit, words, given))
        with ui.element("div").classes("row"):
            self._add = AskCard(words, "partner_add", lambda given: added(visit, words, given))

    def offer(self, found: PartnerList | None) -> None:
        """Offer what can be done with the partners that there are."""
        self._share.offer(share_fields(self._words, found))
        self._invite.offer(invite_fields(self._words, found))
        self._add.offer(add_fields(self._words, found))


def _who(words: Words, rows: list[PartnerRow]) -> str:
    return chosen(words, "partners.name", "client_id", [(one.client_id, f"{one.name} {one.client_id}") for one in rows])
