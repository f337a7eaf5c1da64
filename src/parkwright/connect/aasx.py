"""AASX: an environment of the Asset Administration Shell as a package, the same bytes for the same content.

References: IDTA 01005-3-0-1, AASX package file format; ECMA-376, part 2 (Open Packaging Conventions).
"""

from __future__ import annotations

import io
import json
import zipfile

from parkwright.connect.aas import Data

MEDIA_TYPE = "application/asset-administration-shell-package+xml"
CONTENT = "aasx/aas.json"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
KINDS = "http://schemas.openxmlformats.org/package/2006/content-types"
AASX = "http://admin-shell.io/aasx/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
OLDEST = (1980, 1, 1, 0, 0, 0)
"""Time of every file in a package: the first that ZIP knows, so that the bytes tell nothing but the content."""


def package(environment: Data) -> bytes:
    """Return an environment as an AASX package with one JSON file."""
    files = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{KINDS}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="json" ContentType="application/json"/>'
        '<Override PartName="/aasx/aasx-origin" ContentType="text/plain"/></Types>',
        "_rels/.rels": _relationship("aasx-origin", "/aasx/aasx-origin"),
        "aasx/aasx-origin": "Intentionally empty.",
        "aasx/_rels/aasx-origin.rels": _relationship("aas-spec", f"/{CONTENT}"),
        CONTENT: json.dumps(environment, ensure_ascii=False, separators=(",", ":")),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, OLDEST), text.encode(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _relationship(kind: str, target: str) -> str:
    return (
        f'{HEAD}<Relationships xmlns="{RELATIONSHIPS}">'
        f'<Relationship Id="r1" Type="{AASX}/{kind}" Target="{target}"/></Relationships>'
    )
