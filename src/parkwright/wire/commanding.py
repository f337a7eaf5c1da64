"""Commands to a running park: asked of its run, and waited for."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.store.operations import Operations
from parkwright.wire.pace import anchor_of
from parkwright.wire.places import Places

PATIENCE_S = 30.0
"""How long a command waits for the running park's answer [s]: a cycle of a park at its own pace, by half (assumed)."""
LOOK_S = 0.2
COMMAND_LINE = "command line"
"""Who asks where no one has signed in."""


def asked_of_run(
    park: Park, var: Path, kind: str, payload: Mapping[str, Any], now: datetime, thing: str
) -> tuple[str, str]:
    """Ask the running park and wait; return the command's id and what the run answered.

    thing: what it is about, for messages. Raises PlanError when the run refuses or does not answer.
    """
    places = Places(var, park.site.park_id)
    anchor = anchor_of(places.anchor)
    at, speed = (anchor.now(), anchor.speed) if anchor else (now, 1.0)
    with Operations(places.operations_url) as operations:
        user_id = operations.add_user(COMMAND_LINE, "admin", now)
        valid = timedelta(seconds=2.0 * PATIENCE_S * max(speed, 1.0))
        command_id = operations.issue_command(kind, dict(payload), user_id, at, valid)
        until = time.monotonic() + PATIENCE_S * 2.0
        while time.monotonic() < until:
            found = operations.command(command_id)
            if found is not None and found.state == "done":
                return command_id, found.answer or ""
            if found is not None and found.state in ("refused", "expired"):
                raise PlanError(found.answer or f"{thing}: the run did not take the command in time")
            time.sleep(LOOK_S)
    raise PlanError(f"{thing}: the run has not answered; look at command {command_id} later")
