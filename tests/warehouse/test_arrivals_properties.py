from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.rows import Raw
from tests.warehouse.dags import Dag, dags
from tests.warehouse.given import Deploy, arrived, chained

ENVIRONMENTS = ("production", "production-eu", "staging")


@st.composite
def shipped(draw: st.DrawFn) -> tuple[Dag, Raw, list[Deploy]]:
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
            )
        )
    return dag, Raw().commits(dag.notation()), deployments


def contains(dag: Dag, deployment: Deploy, commit: int) -> bool:
    """Whether a deployed commit is known and has another among its ancestors."""
    return deployment.commit != "99" and commit in dag.ancestors(int(deployment.commit))


@settings(max_examples=80)
@given(shipped())
def test_arrival_equals_a_search_through_all_ancestors(case: tuple[Dag, Raw, list[Deploy]]) -> None:
    """First success, first attempt, first staging and undated deployment of each change are those of a naive search."""
    dag, raw, deployments = case
    production = [one for one in deployments if one.environment != "staging"]

    def first(among: list[Deploy], time: str, commit: int) -> str | None:
        known = [one for one in among if getattr(one, time) is not None and contains(dag, one, commit)]
        return min(known, key=lambda one: (getattr(one, time), one.id)).id if known else None

    for key, row in arrived(raw, *deployments).items():
        commit = int(key[1:])
        assert row["production_deployment_id"] == first(production, "at", commit)
        assert row["attempt_deployment_id"] == first(production, "created", commit)
        assert row["staged_deployment_id"] == first([one for one in deployments if one not in production], "at", commit)
        undated = {one.id for one in production if one.undatable and contains(dag, one, commit)}
        assert (row["undatable_deployment_id"] in undated) if undated else row["undatable_deployment_id"] is None
        assert row["mapped_by"] == ("ancestor" if row["production_deployment_id"] else "")


@settings(max_examples=80)
@given(shipped())
def test_chain_equals_sets_of_ancestors(case: tuple[Dag, Raw, list[Deploy]]) -> None:
    """What each deployment was, brought and took out follows from sets of ancestors, and so do rollbacks."""
    dag, raw, deployments = case
    expected: dict[str, tuple[str, str | None, int, int]] = {}
    withdrawn: list[tuple[float, str, frozenset[int]]] = []
    for environment in ENVIRONMENTS:
        lane = [
            one for one in deployments if one.environment == environment and one.at is not None and one.commit != "99"
        ]
        had: frozenset[int] = frozenset()
        live: Deploy | None = None
        for one in sorted(lane, key=lambda one: (one.at, one.id)):
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
            expected[one.id] = (kind, live.id if live else None, len(now - had), len(out))
            if out and environment != "staging":
                withdrawn.append((float(one.at or 0), one.id, out))
            had, live = had | now, one
    columns = ("kind", "previous_deployment_id", "new_commits", "withdrawn_commits")
    assert {
        name: tuple(row[column] for column in columns) for name, row in chained(raw, *deployments).items()
    } == expected
    at = {one.id: one.at for one in deployments}
    for key, row in arrived(raw, *deployments).items():
        came = at.get(row["production_deployment_id"])
        after = [
            name for since, name, out in sorted(withdrawn) if int(key[1:]) in out and came is not None and came <= since
        ]
        assert row["rollback_deployment_id"] == (after[0] if after else None)


@settings(max_examples=30)
@given(shipped(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(case: tuple[Dag, Raw, list[Deploy]], chance: random.Random) -> None:
    """The same deployments in another order are the same arrivals and the same chain."""
    _, raw, deployments = case
    dealt = list(deployments)
    chance.shuffle(dealt)
    assert arrived(raw, *dealt) == arrived(raw, *deployments)
    assert chained(raw, *dealt) == chained(raw, *deployments)
