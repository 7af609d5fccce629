"""CDEvents (cdevents.dev, versions 0.1 to 0.5), with or without a CloudEvents envelope in structured JSON mode.

An event is put into the words of a native record and read as one, so that one set of rules holds for both. What
CDEvents has no word for (the repository of a deployment, the landing commit of a change) is taken from
`customData.headway`, an object of native fields, which also wins over what was worked out.

Deployments are whole records: each event is one. Changes, incidents and pipeline runs tell their story in several
events; each is a fragment that only adds to its row.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from collectors.records_file.formats.json_lines import object_of
from collectors.records_file.native import Record, record
from collectors.records_file.references import Artifact, artifact, change_number
from collectors.records_file.values import BadValue, is_commit_id, moment, shown, text
from headway.repository_names import repository_at, repository_of_page

__all__ = ["Environment", "NotUsed", "cdevent", "is_event"]

_TYPE = re.compile(r"dev\.cdevents\.(?P<subject>[a-z]+)\.(?P<predicate>[a-z]+)(?:\.v?\d.*)?", re.IGNORECASE)
_PREFIXED = re.compile(r"[a-z][a-z0-9_.+-]*:[^/].*")


class NotUsed(NamedTuple):
    """A good event that has no meaning here: its type or what it lacks, and when it happened."""

    what: str
    at: datetime | None


class Environment(NamedTuple):
    """An environment's id and its name, by which other events' environments are called."""

    id: str
    name: str
    at: datetime


class _Event(NamedTuple):
    type: str
    id: str
    source: str
    at: datetime
    written_at: str
    subject: str
    subject_source: str
    content: Mapping[str, Any]
    headway: Mapping[str, Any]

    @property
    def subject_id(self) -> str:
        """The subject's id is unique within its source only."""
        return f"{self.subject_source}#{self.subject}"


def is_event(content: Mapping[str, Any]) -> bool:
    """Whether it is a CDEvent or a CloudEvent, rather than a native record."""
    return ("context" in content and "subject" in content) or ("specversion" in content and "type" in content)


def cdevent(content: Mapping[str, Any]) -> Record | Environment | NotUsed:
    """What an event says. Raises `BadValue` where it is none, or is one that counts but cannot be placed."""
    body = _unwrapped(content)
    if isinstance(body, NotUsed):
        return body
    context = _part(body, "context", "")
    name = _need(context, "type", "context.")
    match = _TYPE.fullmatch(name)
    use = _USES.get(f"{match['subject']}.{match['predicate']}".lower()) if match else None
    if match is None or use is None:
        return NotUsed(name, _time(context))
    return use(_event(body, context, f"{match['subject']}.{match['predicate']}".lower()))


def _unwrapped(content: Mapping[str, Any]) -> Mapping[str, Any] | NotUsed:
    """The CDEvent itself, out of its envelope."""
    if "specversion" not in content:
        return content
    kind = content.get("type")
    if not isinstance(kind, str) or not kind.startswith("dev.cdevents."):
        return NotUsed(kind if isinstance(kind, str) else "CloudEvent without type", None)
    data = content.get("data")
    if isinstance(content.get("data_base64"), str):
        try:
            data = base64.b64decode(content["data_base64"], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise BadValue("`data_base64` is not UTF-8 in base64") from None
    try:
        body = object_of(data) if isinstance(data, str) else data
    except BadValue as error:
        raise BadValue(f"`data` {error}") from None
    if not isinstance(body, dict):
        raise BadValue(f"`data` must be a CDEvent, not {shown(body)}")
    return body


def _event(body: Mapping[str, Any], context: Mapping[str, Any], name: str) -> _Event:
    subject = _part(body, "subject", "")
    source = _need(context, "source", "context.")
    identity = _need(context, "id", "context.")
    if identity == "0":
        raise BadValue("`context.id` is 0, which some tools fill in later: the event has no identity")
    custom = body.get("customData")
    headway = custom.get("headway", {}) if isinstance(custom, dict) else {}
    if not isinstance(headway, dict):
        raise BadValue(f"`customData.headway` must be an object, not {shown(headway)}")
    written_at = _need(context, "timestamp", "context.")
    return _Event(
        type=name,
        id=f"{source}#{identity}",
        source=source,
        at=_moment(written_at),
        written_at=written_at,
        subject=_need(subject, "id", "subject."),
        subject_source=_optional(subject, "source") or source,
        content=subject["content"] if isinstance(subject.get("content"), dict) else {},
        headway=headway,
    )


def _moment(written: str) -> datetime:
    """The event's own time."""
    try:
        return moment(written)
    except BadValue as error:
        raise BadValue(f"`context.timestamp` {error}") from None


def _time(context: Mapping[str, Any]) -> datetime | None:
    try:
        return moment(context.get("timestamp"))
    except BadValue:
        return None


def _part(content: Mapping[str, Any], name: str, within: str) -> Mapping[str, Any]:
    part = content.get(name)
    if not isinstance(part, dict):
        raise BadValue(f"`{within}{name}` must be an object, not {shown(part)}")
    return part


def _need(content: Mapping[str, Any], name: str, within: str) -> str:
    value = _optional(content, name)
    if value is None:
        raise BadValue(f"`{within}{name}` is missing")
    return value


def _optional(content: Mapping[str, Any], name: str) -> str | None:
    value = content.get(name)
    if value is None or value == "":
        return None
    try:
        return text(value)
    except BadValue as error:
        raise BadValue(f"`{name}` {error}") from None


def _link(event: _Event, *names: str) -> dict[str, str]:
    """The first web address among some fields; CDEvents allows relative ones, which lead nowhere from here."""
    addresses = (_optional(event.content, name) for name in names)
    return next(
        ({"url": address} for address in addresses if address and address.startswith(("http://", "https://"))), {}
    )


def _native(event: _Event, kind: str, *, whole: bool, **fields: Any) -> Record:
    """The event as a native record. `customData.headway` wins over what was worked out."""
    present = {name: value for name, value in fields.items() if value is not None}
    if "repo" not in present and "repo" not in event.headway:
        raise BadValue(f"names no repository: give it as `customData.headway.repo` ({event.type})")
    return record({**present, **event.headway, "type": kind}, whole=whole)


def _repository(event: _Event) -> str | None:
    """The repository of a change: an address, our own id, or a name at the source that is given with it."""
    reference = event.content.get("repository")
    if not isinstance(reference, dict) or (identity := _optional(reference, "id")) is None:
        return repository_of_page(event.subject) or repository_of_page(event.subject_source)
    if (repository := repository_at(identity)) is not None or ":" in identity:
        return repository or (identity if _PREFIXED.fullmatch(identity) else None)
    source = _optional(reference, "source")
    # The event's own source is mostly a CI server: only a host that is known for its repositories is believed.
    name_at = repository_at if source else repository_of_page
    base = (source or event.subject_source).rstrip("/")
    return name_at(base if base.endswith(f"/{identity}") else f"{base}/{identity}")


def _change(event: _Event) -> Record:
    number = change_number(event.subject)
    landed = event.subject if is_commit_id(event.subject) else None
    if number is None and landed is None and not {"number", "sha"} & set(event.headway):
        raise BadValue(
            f"`subject.id` {shown(event.subject)} is neither a number nor a commit: give `customData.headway.number`"
        )
    return _native(
        event,
        "change",
        whole=False,
        repo=_repository(event),
        number=number,
        sha=landed,
        body=_optional(event.content, "description"),
        **{_CHANGE_TIMES[event.type]: event.written_at},
    )


def _artifact(event: _Event) -> Artifact:
    return artifact(_optional(event.content, "artifactId") or "")


def _deployment(event: _Event) -> Record:
    environment = event.content.get("environment")
    built = _artifact(event)
    ended = {} if "statuses" in event.headway else {"state": "success", "finished_at": event.written_at}
    return _native(
        event,
        "deployment",
        whole=True,
        id=event.id,
        repo=built.repo,
        application=event.subject,
        environment=_optional(environment, "id") if isinstance(environment, dict) else None,
        sha=built.sha,
        version=built.version,
        **ended,
    )


def _incident(event: _Event) -> Record:
    time = "resolved_at" if event.type == "incident.resolved" else "opened_at"
    title = None if time == "resolved_at" else _optional(event.content, "description")
    fields = {time: event.written_at, "title": title, "repo": _artifact(event).repo, **_link(event, "ticketURI")}
    return _native(event, "incident", whole=False, id=event.subject_id, **fields)


def _pipeline_run(event: _Event) -> Record | NotUsed:
    page = _link(event, "uri", "url").get("url")
    repo = repository_of_page(page) if page else None
    if repo is None and "repo" not in event.headway:
        return NotUsed(f"{event.type} of no repository", event.at)
    outcome = _optional(event.content, "outcome") if event.type == "pipelinerun.finished" else None
    return _native(
        event,
        "ci_run",
        whole=False,
        id=event.subject_id,
        repo=repo,
        name=_optional(event.content, "pipelineName"),
        conclusion="cancelled" if outcome == "cancel" else outcome,
        **{_RUN_TIMES[event.type]: event.written_at},
    )


def _environment(event: _Event) -> Environment | NotUsed:
    name = _optional(event.content, "name")
    if name is None:
        return NotUsed(f"{event.type} without a name", event.at)
    return Environment(event.subject, name, event.at)


_CHANGE_TIMES = {
    "change.created": "opened_at",
    "change.reviewed": "first_review_at",
    "change.merged": "merged_at",
    "change.abandoned": "abandoned_at",
}
_RUN_TIMES = {
    "pipelinerun.queued": "created_at",
    "pipelinerun.started": "started_at",
    "pipelinerun.finished": "finished_at",
}
_USES: Mapping[str, Callable[[_Event], Record | Environment | NotUsed]] = {
    **dict.fromkeys(_CHANGE_TIMES, _change),
    **dict.fromkeys(_RUN_TIMES, _pipeline_run),
    **dict.fromkeys(("service.deployed", "service.upgraded", "service.rolledback"), _deployment),
    **dict.fromkeys(("incident.detected", "incident.reported", "incident.resolved"), _incident),
    **dict.fromkeys(("environment.created", "environment.modified"), _environment),
}
