"""Simulating is repeatable, and refuses what it cannot do."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.simulate import Company, simulate
from collectors.simulate.events.clock import HOUR, iso, later, seconds_of, ticks, working_hours_between
from collectors.simulate.events.dice import Dice
from headway.errors import CollectError, UsageError

UNTIL = datetime(2026, 9, 29, 12, tzinfo=UTC)
SMALL = {"checkout": 12, "sdk": 8}


def _digests(folder: Path) -> dict[str, str]:
    names = ["events.ndjson", "headway.toml", "truth.csv", "truth.json"]
    files = [folder / name for name in names] + sorted(folder.glob("repos/*/packed-refs"))
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two runs with one seed write the same files and commit ids; another seed writes others."""
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        simulate(tmp_path / name, until=UNTIL, days=40, changes=SMALL, seed=seed)
    assert _digests(tmp_path / "one") == _digests(tmp_path / "again")
    assert _digests(tmp_path / "one") != _digests(tmp_path / "other")


def test_a_naive_end_is_utc(tmp_path: Path) -> None:
    """An end without a zone is taken as UTC."""
    company = simulate(tmp_path, until=UNTIL.replace(tzinfo=None), days=20, changes={"sdk": 3})
    assert company.until == seconds_of(UNTIL)


def test_settings_of_git_do_not_leak_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commits are the same whatever git variables the caller has set."""
    simulate(tmp_path / "plain", until=UNTIL, days=30, changes={"sdk": 5})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00Z")
    simulate(tmp_path / "set", until=UNTIL, days=30, changes={"sdk": 5})
    assert _digests(tmp_path / "plain") == _digests(tmp_path / "set")


def test_an_unknown_size_is_refused(tmp_path: Path) -> None:
    """A size that is no preset is wrong use, and the hint names those that are."""
    with pytest.raises(UsageError, match="'huge'") as caught:
        simulate(tmp_path, until=UNTIL, size="huge")
    assert "tiny" in caught.value.hint


def test_a_folder_with_repositories_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written over what is there."""
    (tmp_path / "repos").mkdir()
    with pytest.raises(UsageError):
        simulate(tmp_path, until=UNTIL, size="tiny")
    assert [path.name for path in tmp_path.iterdir()] == ["repos"]


def test_without_git_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git gets an error with a hint."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CollectError, match="git was not found"):
        simulate(tmp_path / "company", until=UNTIL, size="tiny")


def test_the_settings_name_every_source(tiny: Company, tiny_folder: Path) -> None:
    """`headway.toml` is valid and names each repository, the manifests and the events file."""
    settings = tomllib.loads((tiny_folder / "headway.toml").read_text())
    targets = {source["target"] for source in settings["sources"]}
    assert targets == {f"repos/{repo.name}.git" for repo in tiny.repos} | {
        "repos/deployments.git",
        "events:events.ndjson",
    }
    rules = {rule["repo"]: rule["from"] for rule in settings["deployments"]}
    assert rules == {f"acme/{repo.name}": repo.deploys for repo in tiny.repos} | {"acme/deployments": "none"}


def test_statuses_of_a_deployment_are_in_order(tiny: Company) -> None:
    """Recorded deployments queue, wait at gates, run, fail and succeed; what was replaced turns inactive."""
    states = set()
    for repo in tiny.repos:
        for one in repo.deployments:
            times = [status.at for status in one.statuses]
            assert times == sorted(times)
            assert one.created_at <= times[0]
            assert times[-1] <= tiny.until
            states |= {status.state for status in one.statuses}
    assert states >= {"queued", "waiting", "in_progress", "success", "failure", "inactive"}


@given(st.integers(0, 4_000_000_000), st.floats(0, 2_000))
def test_working_hours_add_up(at: int, hours: float) -> None:
    """Adding working hours lands in working time, that many working hours later."""
    end = later(at, hours)
    assert end >= at
    assert working_hours_between(at, end) == pytest.approx(hours, abs=1 / HOUR)


def test_a_working_day_ends_at_five_and_goes_on_after_the_weekend() -> None:
    """Two hours from Friday 16:00 end on Monday at 10:00."""
    friday = seconds_of(datetime(2026, 1, 2, 16, tzinfo=UTC))
    assert iso(later(friday, 2.0)) == "2026-01-05T10:00:00Z"


def test_ticks_keep_to_their_days_and_hours() -> None:
    """A train on Tuesdays and Thursdays at 11:00 runs then, within the bounds."""
    start, end = (seconds_of(datetime(2026, 1, day, 12, tzinfo=UTC)) for day in (1, 13))
    assert [iso(at) for at in ticks(start, end, (1, 3), (11,))] == [
        "2026-01-06T11:00:00Z",
        "2026-01-08T11:00:00Z",
        "2026-01-13T11:00:00Z",
    ]


def test_draws_follow_their_distributions() -> None:
    """Medians of draws are those that were asked for, and one name gives one stream."""
    dice = Dice("test", 1)
    lognormal = [dice.lognormal(4.0, 1.2) for _ in range(20_000)]
    weibull = [dice.weibull(9.0, 0.8) for _ in range(20_000)]
    assert median(lognormal) == pytest.approx(4.0, rel=0.05)
    assert median(weibull) == pytest.approx(9.0 * 0.693147 ** (1 / 0.8), rel=0.05)
    assert [Dice("a").uniform(), Dice("a").uniform()] == [Dice("a").uniform()] * 2
    assert Dice("a").uniform() != Dice("b").uniform()
    assert dice.exponential(0.0) == float("inf")
    assert sorted(dice.sample([1, 2, 3], 5)) == [1, 2, 3]
