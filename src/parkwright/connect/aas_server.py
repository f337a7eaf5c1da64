"""The AAS server: shells and submodels of finished units, for registered partners, read only.

A partner sees the units of the products that are addressed to it and nothing else. It is mounted beside the PACT
server, whose tokens, bounds and refusal of plain HTTP hold here too. Below /units/{serial} one unit is served alone: as
a repository, as the service of its shell (/aas) and, below the kind of a submodel, as the service of that (/submodel).

References: IDTA 01002-3-0-3, API: repository, service, discovery and serialization, read profiles.
"""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as Scope
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from parkwright.connect import aas_routes as routes
from parkwright.connect.aas_door import Shells, all_units, one_unit, shell_by_id, submodel_by_id, submodel_by_kind
from parkwright.connect.pact_server import Door
from parkwright.connect.pact_wire import WireError, instant_text
from parkwright.model.errors import LedgerError

BASE = "/api/v3.0"
"""Where the server is mounted."""


def make_shells(door: Door, shells: Shells) -> FastAPI:
    """Return the AAS server, to be mounted at BASE; door: of the PACT server beside which it stands."""
    app = FastAPI(title="Parkwright shells", version="3.0.3", docs_url=None, redoc_url=None)
    app.state.door, app.state.shells = door, shells
    _repository(app, "", [Depends(all_units)])
    unit, one = "/units/{unit_id}", [Depends(one_unit)]
    _repository(app, unit, one)
    by_id, by_kind = [*one, Depends(submodel_by_id)], [*one, Depends(submodel_by_kind)]
    app.add_api_route(unit, routes.get_shell, dependencies=one)
    app.include_router(routes.of_shell, prefix=f"{unit}/aas", dependencies=one)
    app.include_router(routes.of_submodel, prefix=f"{unit}/aas/submodels/{{submodel_id}}", dependencies=by_id)
    app.include_router(routes.of_submodel, prefix=f"{unit}/{{kind}}/submodel", dependencies=by_kind)
    for service in (f"{unit}/aas", f"{unit}/{{kind}}/submodel"):  # where the official suite asks a service for them
        app.include_router(routes.shells, prefix=service, dependencies=one)
        app.include_router(routes.serialization, prefix=service, dependencies=one)
    for place in ("", unit, f"{unit}/{{kind}}"):
        app.add_api_route(f"{place}/description", routes.describe, dependencies=[Depends(all_units)])
    for kind in (StarletteHTTPException, RequestValidationError, WireError, LedgerError):
        app.add_exception_handler(kind, _refused)
    return app


def _repository(app: FastAPI, prefix: str, scope: Sequence[Scope]) -> None:
    """Serve shells and submodels of a scope below a prefix."""
    for router in (routes.shells, routes.submodels, routes.discovery, routes.serialization):
        app.include_router(router, prefix=prefix, dependencies=scope)
    shell, submodel = f"{prefix}/shells/{{aas_id}}", "/submodels/{submodel_id}"
    of_shell = [*scope, Depends(shell_by_id)]
    app.include_router(routes.of_shell, prefix=shell, dependencies=of_shell)
    app.include_router(
        routes.of_submodel, prefix=f"{shell}{submodel}", dependencies=[*of_shell, Depends(submodel_by_id)]
    )
    app.include_router(routes.of_submodel, prefix=f"{prefix}{submodel}", dependencies=[*scope, Depends(submodel_by_id)])


async def _refused(request: Request, error: Exception) -> Response:
    """Answer an error as the API wants it: a list of messages."""
    status, text, headers = 503, "the ledger cannot be read now; try again later", {"Retry-After": "60"}
    if isinstance(error, StarletteHTTPException):
        status, text, headers = error.status_code, str(error.detail), dict(error.headers or {})
    elif isinstance(error, RequestValidationError):
        fault = error.errors()[0]
        status, text, headers = 400, f"{'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}", {}
    elif isinstance(error, WireError):
        status, text, headers = 400, str(error), {}
    at = instant_text(request.app.state.door.clock())
    message = {"code": str(status), "messageType": "Error", "text": text, "timestamp": at}
    return JSONResponse({"messages": [message]}, status, headers=headers)
