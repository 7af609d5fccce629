"""Arrivals, chains, roll-outs and waves beside naive answers that walk the ancestors of every deployment."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.rows import Raw, hour
from tests.warehouse.dags import Dag, dags
from tests.warehouse.given import Deploy, arrived, chained, rolled_out, waves_of

ENVIRONMENTS = ("production", "production-eu", "staging")
Shipping = Callable[["Dag", Deploy, int], bool]


@st.composite
def shipped(draw: st.DrawFn, services: tuple[str, ...] = ("",)) -> tuple[Dag, Raw, list[Deploy]]:
    """Any graph whose last commit is main, and deployments in any order, some at one instant, failed or undated."""
    dag = draw(dags(min_commits=3))
    last = len(dag.parents) - 1
    count = draw(st.integers(0, 7))
    deployments = []
    for number in range(count):
        at = draw(st.integers(20, 26))
        done = draw(st.sampled_from([True, True, True, False]))
        deployments.append(
            Deploy(
                id=f"d{number}",
                commit=str(draw(st.integers(0, last) | st.just(99))),
                at=at if done else None,
                created=at - draw(st.integers(0, 3)),
                environment=draw(st.sampled_from(ENVIRONMENTS)),
                undatable=not done and draw(st.booleans()),
                service=draw(st.sampled_from(services)),
            )
        )
    return dag, Raw().commits(dag.notation()), deployments


def contains(dag: Dag, deployment: Deploy, commit: int) -> bool:
    """Whether a deployed commit is known and has another among its ancestors."""
    return deployment.commit != "99" and commit in dag.ancestors(int(deployment.commit))


class Step(NamedTuple):
    """What a deployment was in its environment, by sets of ancestors."""

    kind: str
    previous: str | None
    new: int
    out: frozenset[int]


def chain(dag: Dag, deployments: Iterable[Deploy]) -> dict[str, Step]:
    """Each success of a known commit, beside what its environment had and ran before."""
    found: dict[str, Step] = {}
    for environment in ENVIRONMENTS:
        had: frozenset[int] = frozenset()
        live: Deploy | None = None
        for one in in_time(deployments):
            if one.environment != environment or one.commit == "99":
                continue
            now = dag.ancestors(int(one.commit))
            ran = dag.ancestors(int(live.commit)) if live else frozenset()
            if live is None:
                kind = "first"
            elif now - had:
                kind = "release"
            elif one.commit == live.commit:
                kind = "redeploy"
            else:
                kind = "rollback" if now < ran else "rollforward"
            out = ran - now if kind == "rollback" else frozenset()
            found[one.id] = Step(kind, live.id if live else None, len(now - had), out)
            had, live = had | now, one
    return found


def in_time(deployments: Iterable[Deploy]) -> list[Deploy]:
    """Successes in the order of their time."""
    return sorted((one for one in deployments if one.at is not None), key=lambda one: (float(one.at or 0), one.id))


def rollouts(dag: Dag, deployments: list[Deploy]) -> list[list[Deploy]]:
    """Roll-outs: a commit in each production environment once, again where it came back; rollbacks are none."""
    steps = chain(dag, deployments)
    made: list[list[Deploy]] = []
    for one in in_time(deployments):
        kind = steps[one.id].kind if one.id in steps else ""
        if one.environment == "staging" or kind == "rollback":
            continue
        of_commit = [parts for parts in made if parts[0].commit == one.commit]
        took = bool(of_commit) and any(part.environment == one.environment for part in of_commit[-1])
        if kind == "redeploy":
            if of_commit:
                of_commit[-1].append(one)
        elif of_commit and not took:
            of_commit[-1].append(one)
        else:
            made.append([one])
    return made


def waves(dag: Dag, deployments: list[Deploy]) -> dict[str, float]:
    """The environments that got at least half of the roll-outs since their first, with their first success."""
    made = rollouts(dag, deployments)
    found = {}
    for environment in ENVIRONMENTS[:-1]:
        mine = [one for one in in_time(deployments) if one.environment == environment]
        got = [parts for parts in made if any(one.environment == environment for one in parts)]
        since = [parts for parts in made if got and float(parts[0].at or 0) >= float(got[0][0].at or 0)]
        if got and 2 * len(got) >= len(since) and any(one.commit != "99" for one in mine):
            found[environment] = float(mine[0].at or 0)
    return found


def ships(dag: Dag, one: Deploy, commit: int) -> bool:
    """Whether a deployment contains a commit, or the branch that it merged, which was not on the main line before."""
    parents = dag.parents[commit]
    branch = len(parents) == 2 and parents[1] not in dag.ancestors(parents[0])
    return contains(dag, one, commit) or (branch and contains(dag, one, parents[1]))


def complete(dag: Dag, deployments: list[Deploy], commit: int) -> str | None:
    """The deployment by which the last wave had a commit.

    Waves are those live by the end of the roll-out that brought it, and no later than when all before them had it.
    """
    having = [
        one
        for one in in_time(deployments)
        if one.environment != "staging" and one.commit != "99" and ships(dag, one, commit)
    ]
    if not having:
        return None
    brought = next((parts for parts in rollouts(dag, deployments) if having[0] in parts), [having[0]])
    ended = float(brought[-1].at or 0)
    last: Deploy | None = None
    for environment, since in sorted(waves(dag, deployments).items(), key=lambda wave: wave[1]):
        if since > ended or (last is not None and since > float(last.at or 0)):
            continue
        arrival = next((one for one in having if one.environment == environment), None)
        if arrival is None:
            return None
        last = in_time([arrival, *([last] if last else [])])[-1]
    return last.id if last else having[0].id


@pytest.mark.slow
@settings(max_examples=80)
@given(shipped())
def test_arrival_equals_a_search_through_all_ancestors(case: tuple[Dag, Raw, list[Deploy]]) -> None:
    """First and last wave, first attempt, staging and undated deployment of each change are those of a naive search."""
    dag, raw, deployments = case
    production = [one for one in deployments if one.environment != "staging"]

    def first(among: list[Deploy], time: str, commit: int, shipping: Shipping = contains) -> str | None:
        arrivals = [one for one in among if getattr(one, time) is not None and shipping(dag, one, commit)]
        return min(arrivals, key=lambda one: (getattr(one, time), one.id)).id if arrivals else None

    for key, row in arrived(raw, *deployments).items():
        commit = int(key[1:])
        assert row["first_deployment_id"] == first(production, "at", commit, ships)
        by_branch = row["first_deployment_id"] != first(production, "at", commit)
        assert row["production_deployment_id"] == complete(dag, deployments, commit)
        assert row["attempt_deployment_id"] == first(production, "created", commit, ships if by_branch else contains)
        assert row["staged_deployment_id"] == first([one for one in deployments if one not in production], "at", commit)
        undated = {one.id for one in production if one.undatable and contains(dag, one, commit)}
        assert (row["undatable_deployment_id"] in undated) if undated else row["undatable_deployment_id"] is None
        how = {"ancestor", "branch_deploy"} if len(dag.parents[commit]) == 2 else {"ancestor"}
        assert row["mapped_by"] in (how if row["production_deployment_id"] else {""})


@pytest.mark.slow
@settings(max_examples=80)
@given(shipped())
def test_chain_equals_sets_of_ancestors(case: tuple[Dag, Raw, list[Deploy]]) -> None:
    """What each deployment was, brought and took out follows from sets of ancestors, and so do rollbacks."""
    dag, raw, deployments = case
    steps = chain(dag, deployments)
    columns = ("kind", "previous_deployment_id", "new_commits", "withdrawn_commits")
    assert {name: tuple(row[column] for column in columns) for name, row in chained(raw, *deployments).items()} == {
        name: (step.kind, step.previous, step.new, len(step.out)) for name, step in steps.items()
    }
    live = waves(dag, deployments) or ENVIRONMENTS[:-1]
    for key, row in arrived(raw, *deployments).items():
        state: dict[str, tuple[float, str] | None] = {}
        for one in in_time(deployments):
            if one.environment in live and one.id in steps:
                if contains(dag, one, int(key[1:])):
                    state[one.environment] = None
                elif int(key[1:]) in steps[one.id].out:
                    state[one.environment] = (float(one.at or 0), one.id)
        taken = [back for back in state.values() if back is not None]
        assert row["rollback_deployment_id"] == (max(taken)[1] if taken and len(taken) == len(state) else None)


@pytest.mark.slow
@settings(max_examples=60)
@given(shipped(services=("pay", "search", "")))
def test_each_service_arrives_by_its_own_deployments(case: tuple[Dag, Raw, list[Deploy]]) -> None:
    """For each service only its deployments, and those of the whole repository, bring a change to its environments."""
    dag, raw, deployments = case
    for service in ("pay", "search"):
        mine = [one for one in deployments if one.service in (service, "")]
        for key, row in arrived(raw, *deployments, service=service).items():
            assert row["production_deployment_id"] == complete(dag, mine, int(key[1:]))


@pytest.mark.slow
@settings(max_examples=80)
@given(shipped())
def test_rollouts_and_waves_equal_a_count_by_hand(case: tuple[Dag, Raw, list[Deploy]]) -> None:
    """Each roll-out is opened once, by its first success, and the waves are the environments that got half of them."""
    dag, raw, deployments = case
    found = rolled_out(raw, *deployments)
    made = rollouts(dag, deployments)
    assert {name for name, (_, opens) in found.items() if opens} == {parts[0].id for parts in made}
    for parts in made:
        assert {found[one.id][0] for one in parts} == {parts[0].id}
    live = {name: row["since_at"] for name, row in waves_of(raw, *deployments).items() if row["wave"] is not None}
    assert live == {name: hour(since) for name, since in waves(dag, deployments).items()}


@settings(max_examples=30)
@given(shipped(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(case: tuple[Dag, Raw, list[Deploy]], chance: random.Random) -> None:
    """The same deployments in another order are the same arrivals and the same chain."""
    _, raw, deployments = case
    dealt = list(deployments)
    chance.shuffle(dealt)
    assert arrived(raw, *dealt) == arrived(raw, *deployments)
    assert chained(raw, *dealt) == chained(raw, *deployments)
