"""Applications that an ApplicationSet of Argo CD makes of a list; those of other generators are elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from collectors.git.manifests.yaml_leaves import Document, documents

__all__ = ["Application", "applications", "unread_generators"]

_PLACE = re.compile(r"\{\{-?\s*\.?([\w.-]+)\s*-?\}\}")
_ENVIRONMENT = ("environment", "env", "stage", "cluster", "namespace")


class Application(NamedTuple):
    """An application, and what its element of the list may say of its environment: the likeliest first."""

    document: Document
    hints: tuple[str, ...] = ()


def applications(document: Document) -> Iterator[Application]:
    """The application that a document is, or those that it makes of the elements of its lists."""
    if document.get("kind") == "Application":
        yield Application(document)
    elif document.get("kind") == "ApplicationSet":
        template = document.below("spec", "template")
        for generator in document.items("spec", "generators"):
            for element in generator.items("list", "elements"):
                values = {".".join(map(str, leaf.path)): leaf.value for leaf in element.leaves}
                hints = (values[name] for name in _ENVIRONMENT if name in values)
                yield Application(_filled(template, values), tuple(hints))


def unread_generators(text: str) -> list[str]:
    """The generators of the ApplicationSets in a file whose applications are not known, such as `git`; each once."""
    kinds: dict[str, None] = {}
    for document in documents(text):
        if document.get("kind") == "ApplicationSet":
            generators = document.items("spec", "generators")
            names = [str(leaf.path[0]) for generator in generators for leaf in generator.leaves[:1]]
            kinds |= dict.fromkeys(name for name in names or ["no list"] if name != "list")
    return list(kinds)


def _filled(template: Document, values: Mapping[str, str]) -> Document:
    """A template with the values of one element; what they do not name stays."""
    filled = Document()
    for path, value, comment in template.leaves:
        filled.add(path, _PLACE.sub(lambda place: values.get(place[1], place[0]), value), comment)
    return filled
