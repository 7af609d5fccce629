"""Targets and events of the settings: what they accept, and what they say of what they do not."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from headway.errors import UsageError
from headway.settings import Settings, load
from headway.settings.reader import FILE_NAME

SOURCES = '[[sources]]\ntarget = "x"\nteam = "payments"\n[[sources]]\ntarget = "y"\nteam = "search"\n'


def read(folder: Path, text: str) -> Settings:
    """The settings of a file with this text."""
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return load(None, {}, folder=folder)


def test_team_has_its_own_targets_over_those_of_all(tmp_path: Path) -> None:
    """A team's target takes the place of that of all; what it does not set is as for all."""
    text = "[targets]\nlead_time_p85_hours = 72\nfailure_share = 0.1\n"
    text += '[[targets.teams]]\nteam = "payments"\nlead_time_p85_hours = 24\n'
    targets = read(tmp_path, SOURCES + text).targets
    assert (targets.of(None).lead_time_p85_hours, targets.of("search").lead_time_p85_hours) == (72.0, 72.0)
    assert (targets.of("payments").lead_time_p85_hours, targets.of("payments").failure_share) == (24.0, 0.1)
    assert targets.of(None).any
    assert not read(tmp_path, "").targets.of("payments").any


def test_event_is_at_a_day_or_a_moment_and_of_all_repositories(tmp_path: Path) -> None:
    """TOML's own dates do as well as text; a zone is converted to UTC."""
    text = '[[events]]\nat = 2026-03-01\ntext = "a"\n[[events]]\nat = "2026-03-01T14:00+02:00"\ntext = "b"\n'
    text += '[[events]]\nat = 2026-03-01T14:00:00Z\ntext = "c"\nrepo = "acme/*"\n'
    events = read(tmp_path, text).events
    days = [event.happened_at for event in events]
    assert days == [datetime(2026, 3, 1), datetime(2026, 3, 1, 12), datetime(2026, 3, 1, 14)]
    assert [event.repo for event in events] == ["*", "*", "acme/*"]


def test_neither_makes_tables_again(tmp_path: Path) -> None:
    """What tables are made of is said without targets and events."""
    text = '[targets]\nwaiting_days = 14\n[[events]]\nat = "2026-03-01"\ntext = "New CI"\n'
    assert repr(read(tmp_path, text)) == repr(read(tmp_path, ""))


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("[targets]\nlead_time_p58_hours = 72\n", "unknown setting 'lead_time_p58_hours' in [targets]", "p85_hours"),
        ("[targets]\nwithin_7_days_share = 80\n", "within_7_days_share is not between 0 and 1", "0.8"),
        ("[targets]\nwaiting_days = -1\n", "waiting_days is below zero", "0"),
        ('[[targets.teams]]\nteam = "paymnts"\n', "'paymnts', which no source has", "did you mean payments?"),
        ("[[targets.teams]]\nwaiting_days = 3\n", "[[targets.teams]] has no team", "payments"),
        ('[[targets.teams]]\nteam = "search"\n' * 2, "has the team 'search' twice", "once"),
        ('[[events]]\ntext = "a"\n', "[[events]] 1 at is not a date or time: ''", "2026-03-01"),
        ('[[events]]\nat = "March"\ntext = "a"\n', "[[events]] 1 at is not a date or time: 'March'", "2026-03-01"),
        ('[[events]]\nat = "2026-03-01"\n', "[[events]] 1 has no text", "New CI"),
        (f'[[events]]\nat = "2026-03-01"\ntext = "{"x" * 101}"\n', "text has more than 100 characters", "shorter"),
        ('[[events]]\nat = "2026-03-01"\ntitle = "a"\n', "unknown setting 'title' in [[events]] 1", "did you mean"),
    ],
)
def test_mistake_is_named_with_what_to_write(text: str, said: str, hint: str, tmp_path: Path) -> None:
    """A slip is an error that names the setting and the nearest name or value."""
    with pytest.raises(UsageError) as caught:
        read(tmp_path, SOURCES + text)
    assert said in str(caught.value)
    assert hint in caught.value.hint
