"""Which preset reads the manifests of a repository as it is now: for `headway doctor` to propose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from collectors.git.manifests.application_sets import unread_generators
from collectors.git.manifests.named import Reader, Slot
from collectors.git.manifests.patterns import ManifestPatterns
from collectors.git.manifests.presets import PRESETS
from collectors.git.process.command import Git
from collectors.git.process.objects import contents

__all__ = ["Fit", "fits", "fits_by_path", "names_anything", "sets_not_read"]

_MOST_FILES = 3_000
_REGULAR_MODES = ("100644", "100755")
_OWN_NAMES = {"kustomize": r"(^|/)kustomization\.ya?ml$", "helm": ""}
_YAML = re.compile(r"(?i)\.ya?ml$")
_NO_CODE = re.compile(r"(?i)(^|/)(\.[^/]+|license.*|readme.*|codeowners)$|\.(md|txt|sh)$|(^|/)\.github/")


class Fit(NamedTuple):
    """What a preset finds at a commit: environments and applications that have a version there."""

    preset: str
    environments: tuple[str, ...]
    applications: tuple[str, ...]
    mostly: bool
    """Most of the repository's files are YAML."""


def fits(git: Git, tip: str) -> list[Fit]:
    """The presets that find versions in environments, or anywhere if the repository is mostly YAML; the best first.

    PartialRead where contents are missing.
    """
    files = _files(git, tip)
    fitting = []
    for preset in PRESETS:
        slots = _slots(git, files, Reader(ManifestPatterns(preset=preset)))
        fitting.append(_fit(preset, sorted(slots), files))
    return _best([fit for fit in fitting if fit.environments or (fit.mostly and fit.applications)])


def fits_by_path(git: Git, tip: str) -> list[Fit]:
    """The presets whose files have names of their own, from the paths alone."""
    files = _files(git, tip)
    fitting = []
    for preset, path in _OWN_NAMES.items():
        reader = Reader(ManifestPatterns(preset=preset, path=path))
        slots = {slot for name, _ in files if (slot := reader.placed(name)) is not None}
        fitting.append(_fit(preset, sorted(slots), files)._replace(applications=()))
    return _best([fit for fit in fitting if fit.environments])


def names_anything(git: Git, tip: str, patterns: ManifestPatterns) -> bool:
    """Whether any file of a commit names a version by these patterns. PartialRead where contents are missing."""
    return bool(_slots(git, _files(git, tip), Reader(patterns)))


def sets_not_read(git: Git, tip: str) -> dict[str, list[str]]:
    """For each file with an ApplicationSet whose applications are not known its generators, such as `git`.

    PartialRead where contents are missing.
    """
    paths = {blob: path for path, blob in _files(git, tip)[:_MOST_FILES] if _YAML.search(path)}
    fitting = {}
    for oid, content in contents(git, paths):
        if b"ApplicationSet" in content and (kinds := unread_generators(content.decode("utf-8", "replace"))):
            fitting[paths[oid]] = kinds
    return dict(sorted(fitting.items()))


def _slots(git: Git, files: Sequence[tuple[str, str]], reader: Reader) -> set[Slot]:
    wanted: dict[str, list[str]] = {}
    for path, blob in files:
        if reader.place(path) is not None and len(wanted) < _MOST_FILES:
            wanted.setdefault(blob, []).append(path)
    return {
        slot for oid, content in contents(git, wanted) for path in wanted[oid] for slot in reader.names(path, content)
    }


def _best(found: Sequence[Fit]) -> list[Fit]:
    """Those that name most first; of equal ones the more special preset, as `PRESETS` has them."""
    order = list(PRESETS)
    return sorted(
        found,
        key=lambda fit: (
            -len(fit.applications) * len(fit.environments),
            -len(fit.applications),
            order.index(fit.preset),
        ),
    )


def _fit(preset: str, slots: Sequence[Slot], files: Sequence[tuple[str, str]]) -> Fit:
    named = [slot for slot in slots if slot.environment] or slots
    others = [path for path, _ in files if not _NO_CODE.search(path)]
    return Fit(
        preset,
        tuple(sorted({slot.environment for slot in named if slot.environment})),
        tuple(sorted({slot.application for slot in named if slot.application})),
        2 * sum(bool(_YAML.search(path)) for path in others) > len(others),
    )


def _files(git: Git, tip: str) -> list[tuple[str, str]]:
    """The paths of the files of a commit, with the ids of their contents."""
    listed = git.output("ls-tree", "-r", "-z", "--full-tree", tip).decode("utf-8", "replace").split("\0")
    files = []
    for entry in listed:
        meta, _, path = entry.partition("\t")
        if path and meta.split(" ")[0] in _REGULAR_MODES:
            files.append((path, meta.split(" ")[2]))
    return files
