from __future__ import annotations

from datetime import timedelta

import pytest

from collectors.github import OutOfBudget
from headway.errors import CollectError
from tests.builders.github import FakeGitHub, Fault, Faults, kinds
from tests.collectors.github.reading import Labels, Reader, folded


def test_limit_that_ends_soon_is_waited_for_and_shown(small: FakeGitHub) -> None:
    """A primary limit that ends within the longest wait is a state with its end in the progress line, not a failure."""
    small.faults = Faults([Fault(kinds.primary_limit(minutes=10), at=(3,))])
    reader = Reader.of(small, page=8)
    reader.progress = labels = Labels()
    end = small.clock.now().replace(microsecond=0)
    reader.night()
    waited = [label for label in labels.seen if "rate limit until" in label]
    assert len(waited) == 1
    assert waited[0] == f"rate limit until {(end + timedelta(minutes=10, seconds=1)):%H:%M:%S} UTC: acme/bulk"
    assert sum(small.clock.slept) >= 590
    assert small.clock.now() > end
    assert len(reader.rows("pull_requests")) == 20


@pytest.mark.parametrize(("kind", "seconds"), [(kinds.forbidden(7), 7), (kinds.too_many(7), 7), (kinds.too_many(), 60)])
def test_secondary_limit_is_waited_for_as_it_says(small: FakeGitHub, kind: kinds.Kind, seconds: int) -> None:
    """`retry-after` is waited for to the second; without it a minute."""
    small.faults = Faults([Fault(kind, at=(2,))])
    reader = Reader.of(small)
    reader.night()
    assert small.clock.slept == [seconds]
    assert len(reader.rows("pull_requests")) == 20


def test_secondary_limit_that_goes_on_is_waited_for_longer_each_time(small: FakeGitHub) -> None:
    """Where the answer does not say, the wait doubles; beyond the longest wait the run stops."""
    small.faults = Faults([Fault(kinds.too_many())])
    with pytest.raises(OutOfBudget):
        Reader.of(small).night()
    assert small.clock.slept == [60, 120, 240, 480]


def test_limit_that_never_ends_stops_the_run(small: FakeGitHub) -> None:
    """A server that always says to wait a second is not asked for ever."""
    small.faults = Faults([Fault(kinds.forbidden(1))])
    with pytest.raises(OutOfBudget):
        Reader.of(small).night()
    assert len(small.clock.slept) == 10


def test_run_stops_before_the_budget_is_used_up_and_the_next_one_goes_on(small: FakeGitHub) -> None:
    """Below 200 remaining the run ends with what landed and the time of the reset; the next one brings the rest."""
    whole = Reader.of(small, page=5)
    whole.night()
    reader = Reader.of(small, page=5)
    small.advance(hours=2)
    small.limits.graphql.refresh()
    small.limits.graphql.remaining = 203
    reset_at = small.limits.graphql.reset_at
    with pytest.raises(OutOfBudget) as stopped:
        reader.night()
    assert small.limits.graphql.remaining >= 199
    assert stopped.value.exit_code == 3
    assert f"after {_clock(reset_at)} UTC" in stopped.value.hint
    assert reader.checkpoints
    landed = len(reader.rows("pull_requests"))
    assert 0 < landed < 20
    small.advance(hours=1)
    assert reader.night()["pull_requests"] == 20 - landed
    assert folded(reader.tables) == folded(whole.tables)


def _clock(epoch: int) -> str:
    return f"{epoch // 3600 % 24:02d}:{epoch // 60 % 60:02d}"


def test_small_budget_ends_at_its_quarter(small: FakeGitHub) -> None:
    """Of a limit smaller than the floor only the last quarter is left: a run gets somewhere every hour."""
    small.limits.core.limit = small.limits.core.remaining = 8
    reader = Reader.of(small)
    with pytest.raises(OutOfBudget):
        reader.night()
    assert small.limits.core.remaining == 1
    for _ in range(5):
        small.advance(hours=1, minutes=1)
        try:
            reader.night()
        except OutOfBudget:
            continue
        break
    assert len(reader.rows("ci_runs")) == 10
    assert len({job["run_id"] for job in reader.rows("ci_jobs")}) == 10


def test_server_without_limits_is_read(small: FakeGitHub) -> None:
    """A server that tells of no limits, such as one's own, is read to the end."""
    small.limits.on = False
    reader = Reader.of(small)
    reader.night()
    assert len(reader.rows("pull_requests")) == 20


@pytest.mark.slow
def test_requests_keep_their_distance(small: FakeGitHub) -> None:
    """Between two requests there is a pause, so that the limits on requests a minute are not even met."""
    reader = Reader.of(small, gap_seconds=0.5)
    reader.night()
    assert len(small.clock.slept) >= len(small.served) - 1
    assert max(small.clock.slept) <= 0.5


def test_token_that_is_refused_says_so(small: FakeGitHub) -> None:
    """A token that GitHub does not know ends the run at once, with one request, and is not in the error."""
    small.faults = Faults([Fault(kinds.bad_credentials())])
    with pytest.raises(CollectError) as denied:
        Reader.of(small).night()
    assert len(small.served) == 1
    assert "HEADWAY_GITHUB_TOKEN" in denied.value.hint
    assert small.token not in f"{denied.value} {denied.value.hint}"
