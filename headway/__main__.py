"""Start the program: the command `headway`, and `python -m headway`.

Headway's packages have common names. Where another distribution brings one of the same name, its modules take the place
of ours, and nothing that follows would say so: therefore they are looked at before anything else is imported.
"""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path

__all__ = ["start", "strangers"]

_MODULES = ("analytics", "app", "cli", "collectors", "dashboard", "pipeline", "warehouse")
_MARK = b"\n# Part of Headway.\n"


def start() -> int:
    """Run the program and return its exit code; 2 where other packages are in its place."""
    if foreign := strangers(Path(__file__).resolve().parents[1]):
        name, place = foreign[0]
        sys.stderr.write(
            f"headway: another package called {name!r} is in the way of Headway's own: {place}\n"
            "  hint: install Headway in an environment of its own, such as by pipx or `uv tool install`\n"
        )
        return 2
    code: int = importlib.import_module("cli.main").main()  # by its name: no module of this package imports another one
    return code


def strangers(folder: Path) -> list[tuple[str, str]]:
    """Modules that would be imported in the place of those in `folder`: the name of each, and where it is."""
    foreign = []
    for name in _MODULES:
        own = folder / f"{name}.py" if name == "app" else folder / name / "__init__.py"
        spec = find_spec(name)
        origin = Path(spec.origin).resolve() if spec is not None and spec.origin else None
        # Another distribution in the same folder overwrites files in silence: ours have a mark.
        if origin != own or _MARK not in own.read_bytes()[:500]:
            foreign.append((name, str(origin or own)))
    return foreign


if __name__ == "__main__":
    sys.exit(start())
