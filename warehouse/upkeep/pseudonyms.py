"""Pseudonyms in the place of people, before rows are stored: keyed digests, the same for the same name everywhere.

Bots and agents keep their names: what they are decides how work was made. Without the secret nobody can compute a
pseudonym; with it, one can compare a name that one knows.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from headway.errors import UsageError
from headway.settings import Settings
from warehouse.classify import Rules, RuleSettings
from warehouse.store import RawStore, prepare
from warehouse.upkeep.notes import reading

__all__ = ["pseudonyms", "use_pseudonyms"]

SECRET = "HEADWAY_PRIVACY_SECRET"  # noqa: S105  (its name)
SECRET_FILE = "HEADWAY_PRIVACY_SECRET_FILE"  # noqa: S105  (its name)
_SHORTEST = 32
_DIGITS = 12
_NOREPLY = re.compile(r"(?:\d+\+)?([^@+]+)@users\.noreply\.github\.com", re.IGNORECASE)
_DOMAIN = "privacy.invalid"


def use_pseudonyms(store: RawStore, settings: Settings, environment: Mapping[str, str]) -> None:
    """Let a store keep people as the settings say.

    Raises `UsageError` without a proper secret, and where the warehouse was collected with another one or in plain.
    """
    path, pseudonymous = store.privacy_note, settings.privacy.authors == "pseudonym"
    secret = _secret(environment)
    if pseudonymous and len(secret) < _SHORTEST:
        raise UsageError(
            f'[privacy] authors = "pseudonym" needs a secret of at least {_SHORTEST} characters in {SECRET}',
            hint="make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
        )
    note = store.storage.note(path)
    with reading(path):
        noted = json.loads(note)["check"] if note is not None else ""
    check = _digest(secret, "check of the secret") if pseudonymous else ""
    if noted != check and (noted or store.commits()):
        now, before = ("pseudonyms", "plain names") if not noted else ("plain names", "pseudonyms")
        now, before = (now, before) if not (noted and check) else ("another secret", f"the first {SECRET}")
        raise UsageError(
            f"the warehouse {store.storage.name} was collected with {before}, and the settings are for {now}",
            hint="collect into a new warehouse: [warehouse] path",
        )
    if pseudonymous:
        if not noted:
            prepare(store.warehouse)
            store.storage.create(path, json.dumps({"authors": "pseudonym", "check": check}))
        store.alias = pseudonyms(settings, secret)


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


def pseudonyms(settings: Settings, secret: str) -> Callable[[str], str]:
    """What stands in the place of an identity: a pseudonym, or itself for a bot or an agent."""
    identities = Rules.load(RuleSettings.of(settings.ai)).how.identities

    @lru_cache(100_000)
    def alias(identity: str) -> str:
        text = identity.strip()
        if not text or identities.of(text, "") or identities.of("", text) or identities.of_login(text, None):
            return identity
        if match := _NOREPLY.fullmatch(text):
            return f"{alias(match[1])}@users.noreply.github.com"
        name = f"person-{_digest(secret, text.casefold())[:_DIGITS]}"
        return f"{name}@{_DOMAIN}" if "@" in text else name

    return alias


def _digest(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
