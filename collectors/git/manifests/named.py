"""What a file names: versions of applications in environments, by the patterns of the settings or by a preset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from collectors.git.manifests.patterns import ManifestPatterns
from collectors.git.manifests.places import application_in, environment_in
from collectors.git.manifests.presets import PRESETS, Image

__all__ = ["Reader", "Slot"]


class Slot(NamedTuple):
    """What can have a version."""

    environment: str
    application: str


class Reader:
    """One `[[sources.manifests]]`. Few paths change again and again, so what a path means is worked out once."""

    def __init__(self, patterns: ManifestPatterns) -> None:
        self._path = re.compile(patterns.path)
        self._version = re.compile(patterns.version, re.MULTILINE)
        self._trigger = re.compile(patterns.trigger) if patterns.trigger else None
        self._application = patterns.application
        self._preset = PRESETS[patterns.preset] if patterns.preset else None
        self.has_trigger = self._trigger is not None
        self.place = cache(self._place)
        self.demand = cache(self._demand)
        self.wants = cache(lambda path: self.place(path) is not None or self.demand(path) is not None)

    def names(self, path: str, content: bytes) -> dict[Slot, str]:
        """The versions that a file names; of several of one slot the first."""
        place = self.place(path)
        if place is None:
            return {}
        text = content.decode("utf-8", "replace")
        preset = self._preset
        named = self._by_preset(preset.read(text), path, place) if preset else self._by_pattern(place, text)
        versions: dict[Slot, str] = {}
        for slot, version in named:
            versions.setdefault(slot, version)
        return versions

    def placed(self, path: str) -> Slot | None:
        """What a file would name a version of, from its path alone; None for a path that names none."""
        place = self.place(path)
        if place is None:
            return None
        return Slot(place.get("environment") or environment_in(path), place.get("application") or application_in(path))

    def _by_pattern(self, place: Mapping[str, str], text: str) -> Iterator[tuple[Slot, str]]:
        for match in self._version.finditer(text):
            groups = {**place, **{name: value for name, value in match.groupdict().items() if value is not None}}
            if match["version"]:
                slot = Slot(groups.get("environment", ""), groups.get("application") or self._application)
                yield slot, match["version"]

    def _by_preset(self, images: Iterable[Image], path: str, place: Mapping[str, str]) -> Iterator[tuple[Slot, str]]:
        taken: dict[Slot, Image] = {}
        for image in images:
            environment = place.get("environment") or environment_in(path) or environment_in(image.environment)
            fallback = application_in(path)
            name = place.get("application") or self._application or image.application or fallback
            slot = Slot(environment, name)
            if slot in taken and taken[slot].owner != image.owner and image.owner and not self._application:
                slot = Slot(environment, f"{image.owner}/{name}")  # two images of one name
            taken.setdefault(slot, image)
            yield slot, image.version

    def _place(self, path: str) -> Mapping[str, str] | None:
        """What the path says of the versions in a file; None for a path that names none."""
        if self._preset and not self._preset.path.search(path):
            return None
        match = self._path.search(path)
        return None if match is None else _present(match.groupdict().items())

    def _demand(self, path: str) -> Mapping[str, str] | None:
        """Of a path that triggers, what a slot must be to be deployed; None for any other path."""
        match = self._trigger.search(path) if self._trigger else None
        return None if match is None else _present(match.groupdict().items())


def _present(groups: Iterable[tuple[str, str | None]]) -> Mapping[str, str]:
    return {name: value for name, value in groups if value is not None and name in Slot._fields}
