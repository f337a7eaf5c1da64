"""The exchange in the operational database: partners, tokens, what is addressed to whom, declarations and the post.

A partner's secret is stored as its scrypt hash with a salt of its own, a token as its SHA-256; our secrets at
partners are not stored at all: a partner's row names the environment variable that holds it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from parkwright.carbon.declaration import ACTIVE, DEPRECATED, Declaration, superseded
from parkwright.model.errors import LedgerError
from parkwright.run.exchange import ExchangeError, Fulfilled, Message, Partner, Rejected, Waiting
from parkwright.store.declared import content_of, declaration_of, document_of, message_of
from parkwright.store.operations import Operations
from parkwright.store.records import (
    addressed,
    declarations,
    exchange_messages,
    partner_tokens,
    partners,
)

TOKEN_LIFE = timedelta(hours=1)
"""Life of an access token (assumed; PACT leaves it open)."""
PARTNER_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")
SECRET_LEAST = 12
"""Shortest secret that a partner may be given [characters]; generated ones are longer."""
BATCH = 100
"""Messages that one round of delivery takes."""


class ExchangeDesk(Operations):
    """The operational database, opened for the exchange; safe to share between threads and processes."""

    # Partners

    def register(self, partner: Partner, secret: str | None, now: datetime) -> str:
        """Register a partner and return its secret, which is shown this once; None generates one.

        A partner that is registered gets the new secret and address; its old tokens end.

        Raises LedgerError for an id or a secret that cannot be used.
        """
        if not PARTNER_ID.fullmatch(partner.id):
            raise LedgerError(f"partner {partner.id!r}: letters, digits, '.', '_' and '-' only, at most 100")
        chosen = secrets.token_urlsafe(32) if secret is None else secret
        if len(chosen) < SECRET_LEAST:
            raise LedgerError(
                f"partner {partner.id}: its secret is shorter than {SECRET_LEAST}; leave it out to get one"
            )
        salt = secrets.token_hex(16)
        row: dict[str, Any] = {
            "name": partner.name,
            "secret_salt": salt,
            "secret_hash": _secret_hash(chosen, salt),
            "company_ids": list(partner.company_ids),
            "edition": partner.edition,
            "callback_url": partner.callback_url,
            "callback_client_id": partner.callback_client_id,
            "secret_name": partner.secret_name,
            "supplier_id": partner.supplier_id,
            "created_at": now,
            "revoked_at": None,
        }
        with self._transaction() as connection:
            known = connection.scalar(sa.select(partners.c.id).where(partners.c.id == partner.id))
            if known is None:
                connection.execute(partners.insert().values(id=partner.id, **row))
            else:
                connection.execute(partners.update().where(partners.c.id == partner.id).values(**row))
                connection.execute(partner_tokens.delete().where(partner_tokens.c.partner_id == partner.id))
        return chosen

    def revoke(self, partner_id: str, now: datetime) -> None:
        """End a partner's access at once, its tokens included; raises LedgerError when there is no such partner."""
        with self._transaction() as connection:
            mine = partners.update().where(partners.c.id == partner_id, partners.c.revoked_at.is_(None))
            if connection.execute(mine.values(revoked_at=now)).rowcount != 1:
                raise LedgerError(f"partner {partner_id}: is not registered; list them with carbon partners")
            connection.execute(partner_tokens.delete().where(partner_tokens.c.partner_id == partner_id))

    def partners(self) -> list[Partner]:
        """Return the partners that have access, by id."""
        with self._transaction() as connection:
            rows = connection.execute(sa.select(partners).where(partners.c.revoked_at.is_(None)).order_by("id"))
            return [_partner(row) for row in rows]

    def partner(self, partner_id: str) -> Partner:
        """Return a partner that has access; raises LedgerError when there is none of that id."""
        for partner in self.partners():
            if partner.id == partner_id:
                return partner
        raise LedgerError(f"partner {partner_id}: is not registered; list them with carbon partners")

    def issue_token(self, client_id: str, secret: str, now: datetime) -> tuple[str, timedelta] | None:
        """Return a new access token and its life; None when there is no such partner or the secret is wrong."""
        with self._transaction() as connection:
            row = connection.execute(
                sa.select(partners).where(partners.c.id == client_id, partners.c.revoked_at.is_(None))
            ).one_or_none()
        salt = "0" * 32 if row is None else row.secret_salt
        right = hmac.compare_digest(_secret_hash(secret, salt), "" if row is None else row.secret_hash)
        if row is None or not right:
            return None
        token = secrets.token_urlsafe(32)
        with self._transaction() as connection:
            gone = partner_tokens.c.expires_at <= now - timedelta(days=1)
            connection.execute(partner_tokens.delete().where(gone))
            values = {"token_hash": _hash(token), "partner_id": client_id, "expires_at": now + TOKEN_LIFE}
            connection.execute(partner_tokens.insert().values(**values))
        return token, TOKEN_LIFE

    def partner_of(self, token: str, now: datetime) -> Partner | None:
        """Return the partner that a valid token belongs to; None when it is unknown, expired or revoked."""
        found = (
            sa.select(partners)
            .join_from(partner_tokens, partners)
            .where(
                partner_tokens.c.token_hash == _hash(token),
                partner_tokens.c.expires_at > now,
                partners.c.revoked_at.is_(None),
            )
        )
        with self._transaction() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else _partner(row)

    def expired(self, token: str, now: datetime) -> bool:
        """Return whether the token was good once and has expired."""
        mine = partner_tokens.c.token_hash == _hash(token)
        with self._transaction() as connection:
            ends = connection.scalar(sa.select(partner_tokens.c.expires_at).where(mine))
        return ends is not None and ends <= now

    # What is addressed to whom

    def address(self, partner_id: str, reference: str, user_id: str, now: datetime) -> bool:
        """Let a partner see the declarations of a product, or one declaration, by id; False when it does already."""
        self.partner(partner_id)
        return self._once(addressed, partner_id=partner_id, reference=reference, user_id=user_id, at=now)

    def withdraw(self, partner_id: str, reference: str) -> bool:
        """Let a partner no longer see them; False when it did not."""
        mine = addressed.delete().where(addressed.c.partner_id == partner_id, addressed.c.reference == reference)
        with self._transaction() as connection:
            return connection.execute(mine).rowcount == 1

    def addressed_references(self, partner_id: str) -> list[str]:
        """Return the products and declarations that a partner may see, sorted."""
        mine = sa.select(addressed.c.reference).where(addressed.c.partner_id == partner_id).order_by("reference")
        with self._transaction() as connection:
            return list(connection.scalars(mine))

    def addressed_to(self, partner_id: str) -> list[Declaration]:
        """Return the declarations that the partner may see: ours of its products, and single ones given to it."""
        given = sa.select(addressed.c.reference).where(addressed.c.partner_id == partner_id)
        own = declarations.c.partner_id.is_(None) & declarations.c.product_id.in_(given)
        found = sa.select(declarations.c.document).where(own | declarations.c.id.in_(given))
        with self._transaction() as connection:
            return [declaration_of(document) for document in connection.scalars(found)]

    # Declarations

    def declared(self, declaration_id: str) -> bool:
        """Return whether there is a declaration of that id, for whomever."""
        with self._transaction() as connection:
            found = sa.select(declarations.c.id).where(declarations.c.id == declaration_id)
            return connection.scalar(found) is not None

    def declaration(self, declaration_id: str) -> Declaration | None:
        """Return a declaration; None when there is none of that id."""
        with self._transaction() as connection:
            found = sa.select(declarations.c.document).where(declarations.c.id == declaration_id)
            document = connection.scalar(found)
        return None if document is None else declaration_of(document)

    def own_declarations(self, product_id: str | None = None) -> list[Declaration]:
        """Return our own declarations, of one product or all, oldest first."""
        found = sa.select(declarations.c.document).where(declarations.c.partner_id.is_(None))
        if product_id is not None:
            found = found.where(declarations.c.product_id == product_id)
        with self._transaction() as connection:
            return [declaration_of(document) for document in connection.scalars(found.order_by("noted_at", "id"))]

    def declare(self, declaration: Declaration, product_id: str, now: datetime) -> None:
        """Enter a declaration of our own; those that it replaces become deprecated.

        Raises LedgerError when that id was entered before.
        """
        with self._transaction() as connection:
            for preceding in declaration.preceding:
                _deprecate(connection, preceding, None)
            _enter(connection, declaration, product_id, None, now)

    def note_declaration(self, partner_id: str, declaration: Declaration, now: datetime) -> bool:
        """Enter a partner's declaration as it came; False when that very one is known.

        Raises ExchangeError when its id is that of another declaration: versions have ids of their own.
        """
        with self._transaction() as connection:
            return note_version(connection, partner_id, declaration, now)

    # The post

    def noted(self, partner_id: str, event_id: str) -> bool:
        """Return whether an incoming event of the partner was noted before."""
        with self._transaction() as connection:
            return _is_there(connection, partner_id, event_id, incoming=True)

    def note(self, partner_id: str, message: Message, edition: str, now: datetime) -> bool:
        """Note an incoming message; return False when that event of the partner was noted before."""
        return self._once(exchange_messages, **_row(partner_id, message, edition, now, incoming=True))

    def post(self, partner_id: str, message: Message, edition: str, now: datetime) -> None:
        """Put a message to a partner among those that wait for delivery; the same event is posted once."""
        with self._transaction() as connection:
            enqueue(connection, partner_id, message, edition, now)

    def waiting(self, now: datetime) -> list[Waiting]:
        """Return the messages whose time to be tried has come, oldest first; none of a partner without an address."""
        rows = (
            sa.select(exchange_messages, exchange_messages.c.edition.label("spoken"), partners)
            .join_from(exchange_messages, partners)
            .where(
                exchange_messages.c.state == "waiting",
                exchange_messages.c.next_at <= now,
                partners.c.callback_url.is_not(None),
                partners.c.revoked_at.is_(None),
            )
            .order_by(exchange_messages.c.n)
            .limit(BATCH)
        )
        with self._transaction() as connection:
            return [_waiting(row) for row in connection.execute(rows)]

    def delivered(self, number: int, now: datetime) -> None:
        """Close a message that its partner took."""
        self._close(number, state="delivered", next_at=now, error=None)

    def postponed(self, number: int, error: str, until: datetime | None, now: datetime) -> None:
        """Note that a try failed; until: when to try again, None to abandon the message."""
        state = "abandoned" if until is None else "waiting"
        self._close(number, state=state, next_at=until or now, error=error[:1000])

    def answer_request(self, partner_id: str, answer: Fulfilled | Rejected, now: datetime) -> None:
        """Refuse an answer: this desk asks for nothing; store.requests.RequestDesk does."""
        raise ExchangeError(f"request {answer.request_event_id}: was not sent to {partner_id}; answer one that was")

    def _close(self, number: int, **values: object) -> None:
        mine = exchange_messages.update().where(exchange_messages.c.n == number)
        with self._transaction() as connection:
            connection.execute(mine.values(tries=exchange_messages.c.tries + 1, **values))


def _secret_hash(secret: str, salt: str) -> str:
    """Return the scrypt hash of a secret (RFC 7914, section 2; N and r as there, p = 1)."""
    made = hashlib.scrypt(secret.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=32)
    return made.hex()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _partner(row: sa.Row[Any]) -> Partner:
    return Partner(
        row.id,
        row.name,
        tuple(row.company_ids),
        row.edition,
        row.callback_url,
        row.callback_client_id,
        row.secret_name,
        row.supplier_id,
    )


def _waiting(row: sa.Row[Any]) -> Waiting:
    message = message_of(row.event_id, row.kind, row.content)
    return Waiting(row.n, _partner(row), message, row.spoken, row.at, row.tries)


def _enter(
    connection: sa.Connection, declaration: Declaration, product_id: str, partner_id: str | None, now: datetime
) -> None:
    known = connection.scalar(sa.select(declarations.c.id).where(declarations.c.id == declaration.id))
    if known is not None:
        raise LedgerError(f"footprint {declaration.id}: was entered before; a new version has an id of its own")
    connection.execute(
        declarations.insert().values(
            id=declaration.id,
            partner_id=partner_id,
            product_id=product_id,
            status=declaration.status,
            noted_at=now,
            document=document_of(declaration),
        )
    )


def _deprecate(connection: sa.Connection, declaration_id: str, partner_id: str | None) -> None:
    """Mark a declaration of the same origin as replaced; a partner cannot touch another's."""
    mine = (declarations.c.id == declaration_id) & (declarations.c.partner_id.is_not_distinct_from(partner_id))
    document = connection.scalar(sa.select(declarations.c.document).where(mine, declarations.c.status == ACTIVE))
    if document is not None:
        changed = document_of(superseded(declaration_of(document)))
        connection.execute(declarations.update().where(mine).values(status=DEPRECATED, document=changed))


def note_version(connection: sa.Connection, partner_id: str, declaration: Declaration, now: datetime) -> bool:
    """Enter a partner's declaration within a transaction; see ExchangeDesk.note_declaration."""
    row = connection.execute(sa.select(declarations).where(declarations.c.id == declaration.id)).one_or_none()
    if row is not None:
        same = row.document | {"status": ""} == document_of(declaration) | {"status": ""}
        if row.partner_id != partner_id or not same:
            raise ExchangeError(
                f"footprint {declaration.id}: this id is taken; give a new version its own, which names the old one"
            )
        return False
    for preceding in declaration.preceding:
        _deprecate(connection, preceding, partner_id)
    _enter(connection, declaration, "", partner_id, now)
    return True


def enqueue(connection: sa.Connection, partner_id: str, message: Message, edition: str, now: datetime) -> None:
    """Put a message among those that wait for delivery within a transaction; the same event once."""
    if not _is_there(connection, partner_id, message.event_id, incoming=False):
        row = _row(partner_id, message, edition, now, incoming=False)
        connection.execute(exchange_messages.insert().values(**row))


def _is_there(connection: sa.Connection, partner_id: str, event_id: str, *, incoming: bool) -> bool:
    """Return whether an event from or to a partner is in the post."""
    found = sa.select(exchange_messages.c.n).where(
        exchange_messages.c.partner_id == partner_id,
        exchange_messages.c.incoming.is_(incoming),
        exchange_messages.c.event_id == event_id,
    )
    return connection.scalar(found) is not None


def _row(partner_id: str, message: Message, edition: str, now: datetime, *, incoming: bool) -> dict[str, Any]:
    """Return a message as the post keeps it: one from a partner is noted, one to it waits for delivery."""
    kind, content = content_of(message)
    return {
        "partner_id": partner_id,
        "incoming": incoming,
        "event_id": message.event_id,
        "edition": edition,
        "kind": kind,
        "content": content,
        "at": now,
        "state": "noted" if incoming else "waiting",
        "tries": 0,
        "next_at": now,
    }
