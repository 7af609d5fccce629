"""Presets: where Kustomize, Helm, Argo CD and Flux name versions, so that no pattern is needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from collectors.git.manifests.application_sets import applications
from collectors.git.manifests.yaml_leaves import Document, documents

__all__ = ["PRESETS", "Image", "Preset"]


class Image(NamedTuple):
    """A version as a file names it. `owner`: what precedes the name of its image; `environment`: what hints at it."""

    application: str
    version: str
    owner: str = ""
    environment: str = ""


@dataclass(frozen=True)
class Preset:
    """Which files count, and what they name."""

    path: re.Pattern[str]
    read: Callable[[str], Iterator[Image]]


_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REFERENCE = re.compile(
    r"(?P<name>[\w./-]+(?::\d+/[\w./-]+)?)(?::(?P<tag>[\w][\w.+-]*))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_IMAGE_KEY = re.compile(r"(?i)(.*[a-z0-9])?[-_.]?image")
_TAG_KEY = re.compile(r"(?i)(?P<name>.*?)[-_.]?image[-_.]?tag")
_EXACT = re.compile(r"v?\d+(\.\d+)*([-+.][\w.+-]+)?|[0-9a-f]{7,40}|[\w./-]*\d[\w./+-]*")
_BRANCHES = re.compile(r"(?i)HEAD|main|master|trunk|develop|stable|latest|release/.*")
_SETTER = re.compile(r'"\$imagepolicy"\s*:\s*"[^":]*:(?P<policy>[^":]+)(?::(?P<part>tag|name|digest))?"')
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod", "Rollout", "ReplicaSet")
# Keys of values that say that there is an application, and not which one: its chart is called by its folder.
_ANY_APPLICATION = ("app", "application", "common", "default", "deployment", "generic", "global", "main", "values")
_ENVIRONMENT_KEYS = (
    ("spec", "destination", "namespace"),
    ("spec", "destination", "name"),
    ("metadata", "labels", "environment"),
    ("metadata", "labels", "env"),
    ("metadata", "name"),
)


def _image(name: str, version: str, environment: str = "") -> Image:
    """Of an image `registry/owner/name`: the application is its last part."""
    owner, _, last = name.rstrip("/").removesuffix(".git").rpartition("/")
    return Image(last.partition("@")[0], version, owner, environment)


def _version(tag: str, digest: str = "") -> str:
    """A tag counts more than the digest behind it; a digest alone is a version too, whose commit nobody knows."""
    return tag.partition("@")[0] or digest or (tag.partition("@")[2] if "@" in tag else "")


def _reference(text: str) -> Image | None:
    """`registry/owner/name:tag@digest`, None where no version is in it."""
    match = _REFERENCE.fullmatch(text)
    if match is None or not (match["tag"] or match["digest"]):
        return None
    return _image(match["name"], match["tag"] or match["digest"])


def _kustomize(text: str) -> Iterator[Image]:
    for document in documents(text):
        if document.get("kind") in _WORKLOADS:
            yield from _containers(document)
        else:
            yield from _images(document, "images")


def _images(document: Document, *path: str) -> Iterator[Image]:
    for item in document.items(*path):
        if version := _version(item.get("newTag"), item.get("digest")):
            yield _image(item.get("newName") or item.get("name"), version)


def _containers(document: Document) -> Iterator[Image]:
    """The images of a workload's own containers, those that prepare it aside."""
    for path, value, _ in document.leaves:
        if path[-1] == "image" and path[-3:-2] == ("containers",) and (image := _reference(value)):
            yield image


def _helm(text: str) -> Iterator[Image]:
    for document in documents(text):
        yield from _values(document)


def _values(document: Document, fallback: str = "") -> Iterator[Image]:
    """Tags in Helm values: `image.tag`, `api.image.tag`, `image: name:tag`, `apiImageTag`; in a list, of its items."""
    for path, value, _ in document.leaves:
        key = path[-1]
        if not isinstance(key, str):
            continue
        siblings = document.below(*path[:-1]) if len(path) > 1 else document
        above = [part for part in path[:-1] if isinstance(part, str)]
        named = _named(document, path) or fallback
        if key == "tag" and (siblings.get("repository") or (above and _IMAGE_KEY.fullmatch(above[-1]))):
            repository = siblings.get("repository") or (siblings.get("name") if "/" in siblings.get("name") else "")
            version = _version(value, siblings.get("digest"))
            yield _image(repository, version) if repository else Image(named, version)
        elif key == "digest" and siblings.get("repository") and not siblings.get("tag"):
            yield _image(siblings.get("repository"), value)
        elif _IMAGE_KEY.fullmatch(key) and (image := _reference(value)) and ("/" in value or ":" in value):
            yield image
        elif match := _TAG_KEY.fullmatch(key):
            yield Image(match["name"] or named, _version(value))


def _named(document: Document, path: tuple[str | int, ...]) -> str:
    """What a tag without a repository is of: the item's `name` in a list, else the key above `image`."""
    for depth in range(len(path) - 1, 0, -1):
        if isinstance(path[depth - 1], int) and (name := document.get(*path[:depth], "name")):
            return name
    above = [part for part in path[:-1] if isinstance(part, str) and not _IMAGE_KEY.fullmatch(part)]
    if above and above[-1] not in _ANY_APPLICATION:
        return above[-1]
    prefix = next((part for part in reversed(path[:-1]) if isinstance(part, str)), "")
    match = _IMAGE_KEY.fullmatch(prefix)
    return match[1] or "" if match else ""


def _argocd(text: str) -> Iterator[Image]:
    for document, hints in (one for part in documents(text) for one in applications(part)):
        said = (*hints, *(document.get(*path) for path in _ENVIRONMENT_KEYS))
        hint = next((value for value in said if _told(value)), "")
        name = document.get("metadata", "name").removesuffix(f"-{_told(hint)}") or document.get("metadata", "name")
        sources = document.items("spec", "sources") or [document.below("spec", "source")]
        for source in sources:
            for image in _argocd_source(source, name):
                if "{{" not in image.version + image.application:  # what a template has of elsewhere is not known
                    yield image._replace(environment=hint)


def _argocd_source(source: Document, name: str) -> Iterator[Image]:
    images = [*_overrides(source, name)]
    yield from images
    revision = source.get("targetRevision")
    if not images and revision and _EXACT.fullmatch(revision) and not _BRANCHES.fullmatch(revision):
        yield _image(source.get("chart") or source.get("repoURL"), revision)


def _overrides(source: Document, name: str) -> Iterator[Image]:
    for item in source.items("kustomize", "images"):
        if image := _reference(item.get().rpartition("=")[2]):
            yield image
    values = Document()
    for parameter in source.items("helm", "parameters"):
        values.add(tuple(parameter.get("name").split(".")), parameter.get("value"))
    yield from _values(values, name)
    yield from _values(source.below("helm", "valuesObject"), name)
    for document in documents(source.get("helm", "values")):
        yield from _values(document, name)


def _told(text: str) -> str:
    from collectors.git.manifests.places import environment_in

    return environment_in(text)


def _flux(text: str) -> Iterator[Image]:
    for document in documents(text):
        kind = document.get("kind")
        if kind == "HelmRelease":
            yield from _release(document)
        elif kind in ("OCIRepository", "GitRepository"):
            reference = document.below("spec", "ref")
            if version := reference.get("tag") or reference.get("commit"):
                yield _image(document.get("spec", "url"), version)
        else:
            yield from _images(document, "images")
            yield from _images(document, "spec", "images")
            yield from _set(document)


def _release(document: Document) -> Iterator[Image]:
    name = document.get("metadata", "name")
    images = [*_values(document.below("spec", "values"), name)]
    yield from images
    version = document.get("spec", "chart", "spec", "version")
    if not images and re.fullmatch(r"v?\d+(\.\d+)*([-+][\w.+-]+)?", version):
        yield Image(document.get("spec", "chart", "spec", "chart").rpartition("/")[2] or name, version)


def _set(document: Document) -> Iterator[Image]:
    """What an image policy writes, outside of lists of images and of values."""
    for path, value, comment in document.leaves:
        match = _SETTER.search(comment)
        if match is None or match["part"] == "name" or "images" in path:
            continue
        if match["part"]:
            yield Image(match["policy"], value)
        elif image := _reference(value):
            yield image


PRESETS: Mapping[str, Preset] = {
    "kustomize": Preset(re.compile(r"\.ya?ml$"), _kustomize),
    "helm": Preset(re.compile(r"(?i)(^|/)([\w.-]*values[\w.-]*|values/[\w./-]+)\.ya?ml$"), _helm),
    "argocd": Preset(re.compile(r"\.ya?ml$"), _argocd),
    "flux": Preset(re.compile(r"\.ya?ml$"), _flux),
}
