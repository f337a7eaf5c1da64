"""Run by the interpreter that has aas-test-engines: checks files and servers, prints what it found as JSON.

Arguments: a JSON object with `files` (a folder of .json and .aasx files), `servers` ([address, profile] pairs) and
`token` (bearer token sent to them).
"""

from __future__ import annotations

import json
import logging
import sys
import zipfile
from pathlib import Path

import urllib3
from aas_test_engines import api, file
from aas_test_engines.config import CheckApiConfig
from aas_test_engines.http import HttpClient
from aas_test_engines.result import Level


class SignedIn(HttpClient):
    """A client that sends a bearer token: the suite's own option for headers has no effect in 1.0.3."""

    token = ""

    def descend(self, prefix):
        """A client below a prefix."""
        below = SignedIn(self.host, self.verify, self.remove_path_prefix)
        below.prefixes.append(prefix)
        return below

    def send(self, request):
        """Send with the token."""
        request.headers["Authorization"] = f"Bearer {self.token}"
        return super().send(request)


def faults(result):
    """The lines of a result that are errors and have no finer line below them."""
    below = [line for each in result.sub_results for line in faults(each)]
    return below or ([result.message] if result.level.value >= Level.ERROR.value else [])


def operations(result):
    """Operation -> its faults and its warnings."""
    found = {}
    for each in result.sub_results:
        if each.message.startswith("Checking "):
            name = each.message.removeprefix("Checking ").split(" @")[0]
            found[name] = {"faults": faults(each), "warned": each.level == Level.WARNING}
    return found


def main() -> None:
    """Check what the argument names."""
    urllib3.disable_warnings()
    logging.disable(logging.WARNING)
    asked = json.loads(sys.argv[1])
    files = {"checked": 0, "faults": []}
    for path in sorted(Path(asked["files"]).iterdir()) if asked.get("files") else ():
        if path.suffix == ".aasx":
            with zipfile.ZipFile(path) as archive:
                result = file.check_aasx_data(archive)
        else:
            result = file.check_json_data(json.loads(path.read_text("utf-8")))
        files["checked"] += 1
        if not result.ok():
            files["faults"] += [f"{path.name}: {line}" for line in faults(result)]
    SignedIn.token = asked.get("token", "")
    servers = []
    for address, profile in asked.get("servers", ()):
        result, matrix = api.execute_tests(SignedIn(address), CheckApiConfig(suite=profile))
        counts = [matrix.invalid_rejected, matrix.invalid_accepted, matrix.valid_accepted, matrix.valid_rejected]
        servers.append({"profile": profile, "operations": operations(result), "counts": counts})
    print(json.dumps({"files": files, "servers": servers}))


if __name__ == "__main__":
    main()
