"""How a warehouse stores people: as the settings say, from its first row on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from headway.errors import UsageError
from headway.settings import Settings
from warehouse.store import RawStore, prepare
from warehouse.upkeep.anonymous import WithoutAuthors
from warehouse.upkeep.cut_texts import CutTexts
from warehouse.upkeep.notes import reading
from warehouse.upkeep.pseudonyms import Pseudonyms, digest

__all__ = ["ensure_privacy", "use_privacy"]

SECRET = "HEADWAY_PRIVACY_SECRET"  # noqa: S105  (its name)
SECRET_FILE = "HEADWAY_PRIVACY_SECRET_FILE"  # noqa: S105  (its name)
_SHORTEST = 32
_CALLED = {"plain": "plain names", "pseudonym": "pseudonyms", "none": "no names"}
_CALLED |= {"whole": "whole messages", "cut": "cut messages"}
_HINT = "collect into a new warehouse: [warehouse] path"


def use_privacy(store: RawStore, settings: Settings, environment: Mapping[str, str]) -> None:
    """Let a store keep people and texts as the settings say.

    Raises `UsageError` without a proper secret, and where the warehouse was collected with another one or otherwise.
    """
    authors, messages = settings.privacy.authors, settings.privacy.messages
    secret = _secret(environment)
    if authors != "plain" and len(secret) < _SHORTEST:
        raise UsageError(
            f'[privacy] authors = "{authors}" needs a secret of at least {_SHORTEST} characters in {SECRET}',
            hint="make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
        )
    ensure_privacy(store, settings)
    check = digest(secret, "check of the secret") if authors != "plain" else ""
    noted = _noted(store)
    if noted.check and noted.check != check:
        raise UsageError(
            f"the warehouse {store.storage.name} was collected with the first {SECRET}, and the settings are for"
            " another secret",
            hint=_HINT,
        )
    if (authors, messages) == ("plain", "whole"):
        return
    if not noted.there:
        prepare(store.warehouse)
        store.storage.create(store.privacy_note, json.dumps({"authors": authors, "check": check, "messages": messages}))
    steps: list[Callable[[str, pa.Table], pa.Table]] = [CutTexts(settings).rows] if messages == "cut" else []
    if authors == "none":
        steps.append(WithoutAuthors(settings.ai, secret).rows)
    elif authors == "pseudonym":
        pseudonyms = Pseudonyms(settings.ai, secret)
        steps.append(pseudonyms.rows)
        store.alias = pseudonyms.alias

    def people(table: str, rows: pa.Table) -> pa.Table:
        for step in steps:
            rows = step(table, rows)
        return rows

    store.people = people


def ensure_privacy(store: RawStore, settings: Settings) -> None:
    """Raise `UsageError` where a warehouse with rows holds people or texts in another way than the settings say."""
    noted = _noted(store)
    if not noted.there and not store.commits():
        return
    privacy = settings.privacy
    for before, now in ((noted.authors, privacy.authors), (noted.messages, privacy.messages)):
        if before != now:
            raise UsageError(
                f"the warehouse {store.storage.name} was collected with {_CALLED.get(before, before)}, and the settings"
                f" are for {_CALLED[now]}",
                hint=_HINT,
            )


class _Noted(NamedTuple):
    """How a warehouse stores people and texts, the digest of its secret, and whether a note of it is there."""

    authors: str = "plain"
    check: str = ""
    messages: str = "whole"
    there: bool = False


def _noted(store: RawStore) -> _Noted:
    note = store.storage.note(store.privacy_note)
    if note is None:
        return _Noted()
    with reading(store.privacy_note):
        noted = json.loads(note)
        return _Noted(str(noted["authors"]), str(noted["check"]), str(noted.get("messages", "whole")), there=True)


def _secret(environment: Mapping[str, str]) -> str:
    """The secret, or what is in the file that is named; empty where neither is."""
    secret, file = environment.get(SECRET, ""), environment.get(SECRET_FILE, "").strip()
    if secret or not file:
        return secret
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{SECRET_FILE} is not a readable file", hint="set it to the path of the secret's file"
        ) from error
