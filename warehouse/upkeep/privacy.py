"""How a warehouse stores people: as the settings say, from its first row on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from headway.errors import UsageError
from headway.settings import Settings
from warehouse.store import RawStore, prepare
from warehouse.upkeep.anonymous import WithoutAuthors
from warehouse.upkeep.notes import reading
from warehouse.upkeep.pseudonyms import Pseudonyms, digest

__all__ = ["ensure_privacy", "use_privacy"]

SECRET = "HEADWAY_PRIVACY_SECRET"  # noqa: S105  (its name)
SECRET_FILE = "HEADWAY_PRIVACY_SECRET_FILE"  # noqa: S105  (its name)
_SHORTEST = 32
_CALLED = {"plain": "plain names", "pseudonym": "pseudonyms", "none": "no names"}


def use_privacy(store: RawStore, settings: Settings, environment: Mapping[str, str]) -> None:
    """Let a store keep people as the settings say.

    Raises `UsageError` without a proper secret, and where the warehouse was collected with another one or otherwise.
    """
    authors = settings.privacy.authors
    secret = _secret(environment)
    if authors != "plain" and len(secret) < _SHORTEST:
        raise UsageError(
            f'[privacy] authors = "{authors}" needs a secret of at least {_SHORTEST} characters in {SECRET}',
            hint="make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
        )
    ensure_privacy(store, settings)
    check = digest(secret, "check of the secret") if authors != "plain" else ""
    _, noted = _noted(store)
    if noted and noted != check:
        raise UsageError(
            f"the warehouse {store.storage.name} was collected with the first {SECRET}, and the settings are for"
            " another secret",
            hint="collect into a new warehouse: [warehouse] path",
        )
    if authors == "plain":
        return
    if not noted:
        prepare(store.warehouse)
        store.storage.create(store.privacy_note, json.dumps({"authors": authors, "check": check}))
    if authors == "none":
        store.people = WithoutAuthors(settings.ai, secret).rows
    else:
        pseudonyms = Pseudonyms(settings.ai, secret)
        store.people, store.alias = pseudonyms.rows, pseudonyms.alias


def ensure_privacy(store: RawStore, settings: Settings) -> None:
    """Raise `UsageError` where a warehouse with rows holds people in another way than the settings say."""
    before, _ = _noted(store)
    if before != settings.privacy.authors and (before != "plain" or store.commits()):
        now = _CALLED[settings.privacy.authors]
        raise UsageError(
            f"the warehouse {store.storage.name} was collected with {_CALLED.get(before, before)}, and the settings"
            f" are for {now}",
            hint="collect into a new warehouse: [warehouse] path",
        )


def _noted(store: RawStore) -> tuple[str, str]:
    """How the warehouse stores people, and the digest of its secret."""
    note = store.storage.note(store.privacy_note)
    if note is None:
        return "plain", ""
    with reading(store.privacy_note):
        noted = json.loads(note)
        return str(noted["authors"]), str(noted["check"])


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
