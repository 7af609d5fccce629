"""The story of one pull request or push, from its first commit to merged or abandoned, as if nothing cut it short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from collectors.simulate.company.areas import FIX_SUBJECTS
from collectors.simulate.company.model import Change, Commit, Identity, Review, TimelineEvent, Touch
from collectors.simulate.company.people import AGENTS, FORGE, TEAMS
from collectors.simulate.company.plan import Plan
from collectors.simulate.company.rates import STALL, Pace, pace_of
from collectors.simulate.events.clock import HOUR, MINUTE, later
from collectors.simulate.events.dice import Dice
from collectors.simulate.events.marks import Mark, choose_mark
from collectors.simulate.events.work import Work, choose_work

__all__ = ["new_change"]

_FOLLOW_UPS = ("Address review", "Rename for clarity", "Add tests", "Fix lint", "Simplify", "Cover the empty case")


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who takes part: the person behind it, who opened it, who wrote the commits."""

    person: Identity
    opener: Identity
    committer: Identity
    reviewers: tuple[Identity, ...]


class _Times(NamedTuple):
    ready_at: int
    complete_at: int


def new_change(plan: Plan, dice: Dice, started_at: int, era: float) -> Change:
    """A change that is begun at `started_at`; `era` is that moment as a share of the simulated time."""
    if dice.chance(plan.direct_share):
        return _direct_push(plan, dice, started_at, era)
    work = choose_work(plan, dice, era)
    automation = work.kind == "automation"
    mark = choose_mark(dice, automation=automation, reported=plan.reported, era=era, started_at=started_at)
    return _pull_request(plan, dice, started_at, work, mark)


def _direct_push(plan: Plan, dice: Dice, started_at: int, era: float) -> Change:
    """One commit pushed to main without a pull request."""
    work = choose_work(plan, dice, era)
    while work.kind == "automation":
        work = choose_work(plan, dice, era)
    person = dice.pick(TEAMS[plan.team])
    change = _change(plan, work, Mark("direct", "none", 1), person, started_at)
    change.kind = change.style = "direct"
    change.merged_at = started_at
    change.ready_at = change.opened_at = started_at
    change.commits = [Commit(person, started_at, person, started_at, work.title, work.touches)]
    return change


def _pull_request(plan: Plan, dice: Dice, started_at: int, work: Work, mark: Mark) -> Change:
    """A pull request with its commits, reviews and end, drawn from the pace of its kind of work."""
    cast = _cast(plan, dice, mark)
    change = _change(plan, work, mark, cast.opener, started_at)
    change.style = dice.weighted(tuple(plan.styles), tuple(plan.styles.values()))
    pace = pace_of(work.kind, agent=mark.how == "agent")
    times = _write(change, plan, cast, dice, pace, least=2 if mark.once else 1)
    _spread(change, work, mark, cast, dice)
    _wait(change, plan, cast, dice, pace, times)
    if pace.evaluation:
        change.evaluation_hours = change.drawn_hours["evaluation"] = pace.evaluation.draw(dice)
    return change


def _cast(plan: Plan, dice: Dice, mark: Mark) -> _Cast:
    person, *reviewers = dice.sample(TEAMS[plan.team], 4)
    committer = mark.committer if mark.committer and not mark.once else person
    if mark.name_suffix:
        committer = Identity(
            person.name + mark.name_suffix, person.email, person.login, "person", person.offset_minutes
        )
    return _Cast(person, mark.opener or person, committer, tuple(reviewers))


def _change(plan: Plan, work: Work, mark: Mark, author: Identity, started_at: int) -> Change:
    return Change(
        repo=plan.name,
        kind="pull_request",
        title=work.title,
        author=author,
        started_at=started_at,
        builds_ai=work.kind == "ai",
        built_with_ai=mark.how,
        mark=mark.name,
        unmarked_ai=mark.hidden,
        initiative=work.initiative,
        sandboxed=work.sandboxed,
        body="\n\n".join(part for part in (work.body, mark.body) if part),
        branch=mark.branch,
        labels=work.labels + mark.labels,
        imports=work.imports,
        is_fix=work.title.startswith(FIX_SUBJECTS),
    )


def _write(change: Change, plan: Plan, cast: _Cast, dice: Dice, pace: Pace, *, least: int) -> _Times:
    """Set the times up to code complete, with `least` or more empty commits at their times."""
    drawn = change.drawn_hours
    drawn["coding"] = pace.coding.draw(dice)
    finished_at = later(change.started_at, drawn["coding"]) + 2 * MINUTE
    ready_at = finished_at + (dice.whole(1, 20) * MINUTE if plan.reported else 0)
    change.draft = change.built_with_ai != "automation" and (cast.opener.login == "Copilot" or dice.chance(0.2))
    change.opened_at = change.ready_at = complete_at = ready_at
    if change.draft:
        change.opened_at = change.started_at + int(dice.uniform() * (finished_at - change.started_at))
        change.timeline += _draft_events(change.opened_at, ready_at, cast.opener, dice)
    moments = _moments(dice, change.started_at, finished_at, max(least, 1 + change.draft) + dice.geometric(0.8, 6))
    if dice.chance(pace.rework_chance):
        drawn["rework"] = pace.rework.draw(dice)
        complete_at = later(ready_at, drawn["rework"]) + 5 * MINUTE
        moments += [(ready_at + complete_at) // 2, complete_at] if dice.chance(0.4) else [complete_at]
    change.commits = [Commit(cast.committer, at, cast.committer, at, "") for at in moments]
    return _Times(ready_at, complete_at)


def _draft_events(opened_at: int, ready_at: int, actor: Identity, dice: Dice) -> list[TimelineEvent]:
    events = [TimelineEvent("ready_for_review", ready_at, actor)]
    third = (ready_at - opened_at) // 3
    if third > HOUR and dice.chance(0.15):
        events.insert(0, TimelineEvent("convert_to_draft", ready_at - third, actor))
        events.insert(0, TimelineEvent("ready_for_review", opened_at + third, actor))
    return events


def _moments(dice: Dice, first: int, last: int, count: int) -> list[int]:
    """`count` different instants from `first` to `last`, both of them among these if there are two."""
    if count == 1:
        return [last]
    inner = {first + int(dice.uniform() * (last - first)) for _ in range(count - 2)}
    return sorted(inner | {first, last})


def _spread(change: Change, work: Work, mark: Mark, cast: _Cast, dice: Dice) -> None:
    """Give every commit its message, its marks and its part of the files."""
    marked = dice.whole(0, len(change.commits) - 1) if mark.once else None
    trailer = mark.trailer.replace("{person}", cast.person.line)
    for index, commit in enumerate(change.commits):
        subject = work.title if index == 0 else dice.pick(_FOLLOW_UPS)
        carries = trailer and (marked is None or index == marked)
        commit.message = f"{subject}\n\n{trailer}" if carries else subject
        if index == marked and mark.committer:
            commit.author = commit.committer = mark.committer
        commit.touches = work.touches if index == 0 else (_retouch(dice, dice.pick(work.touches)),)


def _retouch(dice: Dice, touch: Touch) -> Touch:
    return Touch(touch.path, 1 + dice.geometric(1.0, 6), 1 + dice.geometric(1.5, 20))


def _wait(change: Change, plan: Plan, cast: _Cast, dice: Dice, pace: Pace, times: _Times) -> None:
    """Let it wait for its first review, its approval and its merge, unless it is abandoned before."""
    reviewer = cast.reviewers[0]
    change.timeline += [TimelineEvent("review_requested", times.ready_at, cast.opener, reviewer)]
    approved = _early_reviews(change, plan, cast, dice, times)
    stages = ["merge"] if approved else ["pickup", "review", "merge"]
    if not approved and dice.chance(pace.unreviewed_chance):
        stages = ["pickup"]
    at = times.complete_at
    for stage in stages:
        waited, gives_up = _duration(stage, pace, dice)
        change.drawn_hours[stage] = waited
        if gives_up < waited:
            return _abandon(change, cast, later(at, gives_up) + MINUTE)
        at = later(at, waited) + (MINUTE if waited else 0)
        if stage == "pickup" and len(stages) > 1:
            change.reviews.append(Review(reviewer, "COMMENTED", at))
        elif stage == "review":
            _approve(change, cast, at, dice)
    change.merged_at = at + 1
    change.merged_by = FORGE if change.built_with_ai == "automation" else reviewer
    change.timeline.append(TimelineEvent("merged", at + 1, change.merged_by))
    if change.style != "rebase" and dice.chance(0.1):
        change.commits.append(Commit(cast.person, at - 30, FORGE, at - 30, "", updates_from=True))
    return None


def _duration(stage: str, pace: Pace, dice: Dice) -> tuple[float, float]:
    """Working hours until the stage ends and until it would be abandoned."""
    if stage == "review" and dice.chance(pace.approved_at_once_chance):
        return 0.0, 1.0
    if dice.chance(pace.stall_chance):
        return STALL["hours"].draw(dice), dice.exponential(STALL["abandon"])
    return getattr(pace, stage).draw(dice), dice.exponential(getattr(pace, f"abandon_in_{stage}"))


def _approve(change: Change, cast: _Cast, at: int, dice: Dice) -> None:
    last = change.reviews[-1]
    if last.submitted_at == at:
        last.state = "APPROVED"
    else:
        change.reviews.append(Review(last.reviewer, "APPROVED", at))
    if dice.chance(0.15):
        change.reviews.append(Review(cast.reviewers[1], "APPROVED", at + 1))


def _early_reviews(change: Change, plan: Plan, cast: _Cast, dice: Dice, times: _Times) -> bool:
    """Add reviews before code complete; return whether one is an approval that is still valid at code complete."""
    if plan.review_bot:
        change.reviews.append(Review(AGENTS["coderabbit"], "COMMENTED", change.opened_at + 4 * MINUTE))
    ready_at, complete_at = times
    if complete_at == ready_at:
        return False
    at = ready_at + (complete_at - ready_at) // 3
    roll = dice.uniform()
    if roll < 0.15:
        void_at = complete_at if plan.dismisses_stale_approvals else None
        change.reviews.append(Review(cast.reviewers[0], "APPROVED", at, void_at))
        if void_at:
            change.timeline.append(TimelineEvent("review_dismissed", void_at, FORGE))
        return void_at is None
    if roll < 0.75:
        change.reviews.append(Review(cast.reviewers[0], "CHANGES_REQUESTED", at))
    if dice.chance(0.1):
        change.timeline.append(TimelineEvent("head_ref_force_pushed", complete_at, cast.opener))
    if roll > 0.95:
        change.reviews.append(Review(cast.opener, "COMMENTED", at))
    return False


def _abandon(change: Change, cast: _Cast, at: int) -> None:
    change.abandoned_at = at
    change.timeline.append(TimelineEvent("closed", at, cast.opener))
