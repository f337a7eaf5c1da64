"""Commands of `parkwright carbon` that exchange footprints with partners and suppliers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parkwright.cli.terminal import VAR, AsJson, FromDay, ParkDir, ToDay, VarDir, loaded, show, the_day, told

if TYPE_CHECKING:
    from parkwright.wire.exchange import Exchange

app = typer.Typer()
partner = typer.Typer(no_args_is_help=True, help="Partners: who may read which footprints.")
request = typer.Typer(no_args_is_help=True, help="Requests for suppliers' footprints.")
app.add_typer(partner, name="partner")
app.add_typer(request, name="request")

PartnerId = Annotated[str, typer.Argument(metavar="CLIENT", help="The partner's client id.")]
RequestId = Annotated[str, typer.Argument(metavar="REQUEST", help="Id of the request.")]
References = Annotated[list[str], typer.Argument(metavar="THING...", help="Products, or ids of footprints; or: all.")]


@contextmanager
def desk(park_dir: Path, var: Path) -> Iterator[Exchange]:
    """Open the park's exchange; errors become lines and exit code 2."""
    from parkwright.wire import exchange

    park = loaded(park_dir)
    with told(), exchange.opened(park, park_dir, var) as found:
        yield found


@app.command("declare")
def declare(
    park_dir: ParkDir,
    start: FromDay,
    end: ToDay,
    product: Annotated[list[str] | None, typer.Option("--product", help="A product; all where left out.")] = None,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Declare product footprints from the passports of closed days, as new versions of the last ones."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        answer = exchange.declare_answer(found, tuple(product or ()), the_day(start), the_day(end))
        show(answer, as_json)


@app.command("declarations")
def declarations(
    park_dir: ParkDir,
    product: Annotated[str | None, typer.Option("--product", help="A product; all where left out.")] = None,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """List the footprints that the park has declared, with their versions."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.declarations_answer(found, product), as_json)


@app.command("import")
def import_(
    park_dir: ParkDir,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="EPCIS 2.0 document, JSON.")],
    sender: Annotated[
        str | None, typer.Option("--from", help="The partner whose events they are; the park's own where left out.")
    ] = None,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Read events about components from an EPCIS document: all of it or, with what is wrong, nothing."""
    from parkwright.wire import received

    with desk(park_dir, var) as found:
        show(received.import_answer(found, file, sender), as_json)


@app.command("events")
def events(
    park_dir: ParkDir,
    sender: Annotated[str | None, typer.Option("--from", help="Only events of this partner.")] = None,
    lot: Annotated[str | None, typer.Option("--lot", help="Only events of this lot or serial number.")] = None,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """List the events that were received, newest first: what happened, to which things, from whom and when."""
    from parkwright.wire import received

    with desk(park_dir, var) as found:
        show(received.events_answer(found, sender, lot), as_json)


@app.command("serve")
def serve(
    park_dir: ParkDir,
    certificate: Annotated[Path | None, typer.Option("--certificate", help="PEM file of the certificate.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="PEM file of its key.")] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on; this machine alone by default.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 9443,
    address: Annotated[str | None, typer.Option("--address", help="How partners reach this server, https://.")] = None,
    trust: Annotated[Path | None, typer.Option("--trust", help="PEM file of authorities for partners.")] = None,
    var: VarDir = VAR,
) -> None:
    """Serve footprints (PACT) and shells (AAS) over HTTPS to partners, take events (EPCIS), deliver what waits."""
    from parkwright.wire.exchange_server import Served, serve

    with desk(park_dir, var) as found:
        serve(found, Served(certificate, key, host, port, address, trust), typer.echo)


@partner.command("add")
def partner_add(
    park_dir: ParkDir,
    client_id: PartnerId,
    name: Annotated[str, typer.Option("--name", help="Name of the company.")],
    company: Annotated[list[str] | None, typer.Option("--company", help="A URN of the company.")] = None,
    edition: Annotated[str, typer.Option("--edition", help="PACT edition that it speaks: 3 or 2.")] = "3",
    callback: Annotated[str | None, typer.Option("--callback", help="Address of its own PACT server.")] = None,
    callback_client: Annotated[str | None, typer.Option("--callback-client", help="Our client id there.")] = None,
    callback_secret: Annotated[
        str | None, typer.Option("--callback-secret-env", help="Variable that holds our secret there.")
    ] = None,
    supplier: Annotated[str | None, typer.Option("--supplier", help="Id of the supplier that it is.")] = None,
    secret: Annotated[
        str | None, typer.Option("--secret-env", help="Variable that holds its secret; generated where left out.")
    ] = None,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Register a partner, or give it a new secret and address; a generated secret is shown this once."""
    import os

    from parkwright.cli.terminal import fail
    from parkwright.run.exchange import Partner
    from parkwright.wire import exchange

    if edition not in ("3", "2"):
        fail(f"--edition {edition!r}: write 3 or 2")
    with desk(park_dir, var) as found:
        one = Partner(
            client_id, name, tuple(company or ()), edition, callback, callback_client, callback_secret, supplier
        )
        show(exchange.register_answer(found, one, exchange.secret_of(secret, os.environ)), as_json)


@partner.command("list")
def partner_list(park_dir: ParkDir, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """List the partners and what each may see."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.partners_answer(found), as_json)


@partner.command("share")
def partner_share(
    park_dir: ParkDir, client_id: PartnerId, things: References, var: VarDir = VAR, as_json: AsJson = False
) -> None:
    """Let a partner see the footprints of products, or single footprints."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.address_answer(found, client_id, tuple(things)), as_json)


@partner.command("withdraw")
def partner_withdraw(
    park_dir: ParkDir, client_id: PartnerId, things: References, var: VarDir = VAR, as_json: AsJson = False
) -> None:
    """Let a partner no longer see them."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.withdraw_answer(found, client_id, tuple(things)), as_json)


@partner.command("invite")
def partner_invite(park_dir: ParkDir, client_id: PartnerId, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Give a supplier's people a link that signs in once; they see the requests to that supplier alone."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.invite_answer(found, client_id), as_json)


@partner.command("revoke")
def partner_revoke(park_dir: ParkDir, client_id: PartnerId, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """End a partner's access at once."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.revoke_answer(found, client_id), as_json)


@request.command("draft")
def request_draft(
    park_dir: ParkDir,
    material: Annotated[str, typer.Argument(metavar="MATERIAL", help="Material whose footprint is asked for.")],
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="Time that the supplier gets.")] = 30,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Draft a request for a material's footprint to its supplier."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.draft_answer(found, material, datetime.timedelta(days=days)), as_json)


@request.command("send")
def request_send(park_dir: ParkDir, request_id: RequestId, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Send a request; `carbon serve` delivers it."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.send_answer(found, request_id), as_json)


@request.command("list")
def request_list(
    park_dir: ParkDir,
    state: Annotated[str | None, typer.Option("--state", help="Only requests in this state.")] = None,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """List the requests, what is due first at the top."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.requests_answer(found, state), as_json)


@request.command("show")
def request_show(park_dir: ParkDir, request_id: RequestId, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Show a request with all its moves."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.request_answer(found, request_id), as_json)


@request.command("check")
def request_check(park_dir: ParkDir, request_id: RequestId, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Check an answer: refused where it cannot be used, doubts named."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.check_answer(found, request_id), as_json)


@request.command("use")
def request_use(park_dir: ParkDir, request_id: RequestId, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Take a checked footprint into use; the one before is superseded."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.use_answer(found, request_id), as_json)


@request.command("reject")
def request_reject(
    park_dir: ParkDir,
    request_id: RequestId,
    reason: Annotated[str, typer.Option("--reason", help="What is wrong, for the supplier.")],
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Reject an answer with a reason; the request may be sent again."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.reject_answer(found, request_id, reason), as_json)


@request.command("remind")
def request_remind(park_dir: ParkDir, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Remind the suppliers whose requests are due."""
    from parkwright.wire import exchange

    with desk(park_dir, var) as found:
        show(exchange.remind_answer(found), as_json)
