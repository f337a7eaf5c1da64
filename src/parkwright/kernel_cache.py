"""When the machine code of a kernel is out of date: as soon as its file, or any file of ours that it imports, changes.

Numba keeps compiled kernels on disk and looks at a kernel's own file alone. A kernel holds the code and the constants
of the modules it imports as they were when it was compiled; after an update of one of those it would go on with what is
no longer so, or crash where the shape of its arguments changed. `parkwright/__init__.py` names these classes to numba.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import resources
from pathlib import Path

from numba.core import caching

PACKAGE = Path(str(resources.files("parkwright")))
IMPORT = re.compile(r"^\s*from\s+(parkwright(?:\.\w+)*)\s+import\s+(\([^)]*\)|[^\n#]*)", re.M)


class _WithImports:
    """The stamp of a kernel: a hash of its file and of all files of ours that it imports, directly or not."""

    _py_file: str

    def get_source_stamp(self) -> str:
        """Return the stamp; machine code with another stamp is compiled anew."""
        return stamp(Path(self._py_file))


class InChosenFolder(_WithImports, caching.UserProvidedCacheLocator):
    """Machine code in the folder that NUMBA_CACHE_DIR names."""


class InTree(_WithImports, caching.InTreeCacheLocator):
    """Machine code beside the sources, where that can be written."""


class InHome(_WithImports, caching.UserWideCacheLocator):
    """Machine code in the user's cache folder."""


def stamp(path: Path, package: Path = PACKAGE) -> str:
    """Return a hash of the file at `path` and of all files of `package` that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [path.resolve()]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += imported(file, package.resolve())
    whole = hashlib.sha256()
    for file in sorted(found):
        whole.update(_text(file).encode())
        whole.update(b"\0")
    return whole.hexdigest()


def imported(file: Path, package: Path) -> list[Path]:
    """Return the files of `package` that `file` imports by `from parkwright... import ...`."""
    return list(_imported(file, package))


@cache
def _imported(file: Path, package: Path) -> tuple[Path, ...]:
    found = []
    for module, names in IMPORT.findall(_text(file)):
        place = package.joinpath(*module.split(".")[1:])
        inside = [place / name.split(" as ")[0].strip() for name in names.strip("()").split(",") if name.strip()]
        found += [each for base in (place, *inside) for each in (base.with_suffix(".py"), base / "__init__.py")]
    return tuple(each for each in dict.fromkeys(found) if each.is_file())


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
