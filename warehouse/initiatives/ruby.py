"""Which Ruby file a constant or a `require` means.

A constant by Zeitwerk's rule, which Rails and most gems keep: `Answers::Pipeline` is `answers/pipeline.rb` below a
folder of `app/` or below `lib/`. Names are compared without underscores (`OpenAI` may be `openai.rb` or `open_ai.rb`),
and what is inside a constant (an error, a number) is where that is.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["RubyFiles"]

_ROOT = re.compile(r"(?:^|/)(?:app/[^/]+(?:/concerns)?|lib)/")
_ENDINGS = ("", ".rb")


class RubyFiles:
    """The Ruby files of a repository, by the names under which they load."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = frozenset(path for path in files if path.endswith((".rb", ".rake")))
        self._constants: dict[str, list[str]] = {}
        for path in sorted(self._files):
            for match in _ROOT.finditer(path):
                name = path[match.end() :].removesuffix(".rb").replace("_", "")
                self._constants.setdefault(name, []).append(path)

    def targets(self, folder: str, module: str) -> Sequence[str]:
        """The files that `module` means in a file of `folder`."""
        if module[:1].isupper():
            return self._constant(folder, module)
        if module.startswith("."):
            return self._file(posixpath.normpath(posixpath.join(folder, module)))
        roots = ("lib", *(posixpath.join(root, "lib") for root in _above(folder)), "")
        return next(filter(None, (self._file(posixpath.join(root, module)) for root in roots)), ())

    def _constant(self, folder: str, name: str) -> Sequence[str]:
        """From the innermost module around the code outwards; of a name the part that is a file."""
        parts = name.lower().replace("_", "").split("::")
        match = next(iter(_ROOT.finditer(f"{folder}/")), None)
        around = [part.replace("_", "") for part in f"{folder}/"[match.end() :].split("/") if part] if match else []
        for depth in range(len(around), -1, -1):
            for end in range(len(parts), 0, -1):
                if targets := self._constants.get("/".join((*around[:depth], *parts[:end]))):
                    return targets[:1]
        return ()

    def _file(self, place: str) -> Sequence[str]:
        return next(((place + ending,) for ending in _ENDINGS if place + ending in self._files), ())


def _above(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
