"""Parse what a template asks about AI tools: sections and check boxes."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Boxes", "ai_sections", "check_boxes"]

_BOX = re.compile(r"^[ \t>]{0,12}(?:[-*+][ \t]{1,4})?\[([ \txX]?)\][ \t]+([^\n]*)$", re.MULTILINE)
_OPEN_BOX = re.compile(r"^[ \t>]{0,12}(?:[-*+][ \t]{1,4})?\[[ \t]?\][ \t]+[^\n]*\n?", re.MULTILINE)
_HEADING = re.compile(
    r"^(?:#{1,6}[ \t]+|\*\*)(?=[^\n]{0,90}$)[^\w\n]{0,6}(?:"
    r"(?:\w{1,20} ){0,3}(?:generative ai|gen ?ai|ai|llms?|agents?)"
    r"(?:[ /-](?:tools?|tooling|llms?|agents?|assistants?))?[ -]"
    r"(?:disclosures?|assistance|assisted|usage|use|context|attribution|declaration|statement|involvement|contribution)\b"
    r"|(?:\w{1,20} ){0,2}(?:use|usage|disclosure|description|declaration|statement) (?:of|on|about) (?:the use of )?"
    r"(?:generative )?(?:ai|llms?)\b)[^\n]{0,60}$",
    re.IGNORECASE | re.MULTILINE,
)
_NEXT_HEADING = re.compile(
    r"^(?:#{1,6}[ \t]|\*\*[^*\n]{1,60}\*\*[ \t]*$|-{3,}[ \t]*$|[-\w]{2,20}-by:)", re.MULTILINE | re.IGNORECASE
)
_SECTION_CHARACTERS = 800


class Boxes(NamedTuple):
    """The texts of the ticked check boxes, one a line; the text without those not ticked, and without any."""

    ticked: str
    answered: str
    rest: str


def check_boxes(text: str) -> Boxes:
    """Split a text into its ticked check boxes and the rest: an option that is not ticked says nothing."""
    if not any(box in text for box in ("[ ]", "[x]", "[X]", "[]")):
        return Boxes("", text, text)
    ticked = [option for state, option in _BOX.findall(text) if state in {"x", "X"}]
    return Boxes("\n".join(ticked), _OPEN_BOX.sub("", text), _BOX.sub("", text))


def ai_sections(text: str) -> str:
    """The text behind and below each heading about the use of AI tools, up to the next, at most 800 characters."""
    parts = []
    for heading in _HEADING.finditer(text):
        section = text[heading.end() : heading.end() + _SECTION_CHARACTERS]
        end = _NEXT_HEADING.search(section)
        parts.append(heading.group().partition(":")[2].strip(" \t*_"))
        parts.append(section[: end.start()] if end else section)
    return "\n".join(parts)
