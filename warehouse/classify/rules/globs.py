"""Globs as regular expressions: `*` stays within a folder, `**` does not, a trailing `/` means everything below."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["compile_globs"]

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def compile_globs(globs: Iterable[str], *, ignore_case: bool = False) -> re.Pattern[str] | None:
    """One pattern that matches a whole text if any glob does; None without globs."""
    patterns = [_translate(glob) for glob in globs]
    if not patterns:
        return None
    return re.compile(rf"(?:{'|'.join(patterns)})\Z", re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _translate(glob: str) -> str:
    if glob.endswith("/"):
        glob += "**"
    # Several stars in a row would make the search cubic and mean the same.
    tokens = _TOKEN.findall(re.sub(r"\*{3,}", "**", glob))
    return "".join(_MEANING.get(token) or re.escape(token) for token in tokens)
