from __future__ import annotations

from typing import Any

from analytics.dora.beside import DIFFERENCE, WITH, WITHOUT, beside, loads
from analytics.dora.definitions import DEFINITIONS
from analytics.dora.facts import Facts, carried
from tests.analytics.dora.making import facts
from tests.analytics.dora.test_measures import ALL, HEADWAY, releases, sign


def change(number: int, deployment: str | None, at: float | None, **more: Any) -> dict[str, Any]:
    """A change that arrived so, or waits."""
    outcome = "waiting" if at is None else "production"
    return {"change_id": f"r#{number}", "deployment_id": deployment, "production_at": at, "outcome": outcome, **more}


def told(given: Facts, axis: str = "builds_ai") -> dict[str, tuple[float | None, float, float]]:
    """Each group's value, and what it rests on."""
    rows = loads(given, HEADWAY, axis)
    return {name: (one.estimate.value, one.numerator, one.denominator) for name, one, _ in beside(rows, ALL)}


def test_deployment_carries_what_it_was_to_bring() -> None:
    """What arrived with it, what it was the first to try, and both with another try of the same commit before."""
    rows = [
        {"deployment_id": "d0", "deployed_at": 1.0, "sha": "a", "succeeded": False, "kind": None},
        {"deployment_id": "d1", "deployed_at": 2.0, "sha": "a", "succeeded": False, "kind": None},
        {"deployment_id": "d2", "deployed_at": 3.0, "sha": "b"},
        {"deployment_id": "d3", "deployed_at": 4.0, "sha": "b"},
        {"deployment_id": "d4", "deployed_at": 5.0, "sha": "a", "kind": "rollback"},
    ]
    both = change(1, "d2", 3.0, attempt_deployment_id="d0")
    waits = change(2, None, None, attempt_deployment_id="d1")
    found = carried(facts(rows, [], [both, waits])).select("deployment_id", "change_id").rows()
    assert found == [("d0", "r#1"), ("d0", "r#2"), ("d1", "r#1"), ("d1", "r#2"), ("d2", "r#1")]


def test_deployments_with_ai_work_beside_those_without_any() -> None:
    """One with changes of both is one with AI work; one with bots' changes or releases alone is on neither side."""
    changes = [change(n, f"d{n}", n + 1.0) for n in range(5)]
    changes[0] |= {"builds_ai": True}
    changes[4] |= {"kind": "bot"}
    changes.append(change(9, "d0", 1.0))
    given = facts(releases(5), [sign("d0", "rollback", 1.0, 2.0), sign("d2", "rollback", 3.0, 4.0)], changes)
    found = told(given)
    assert found[WITH] == (1.0, 1, 1)
    assert found[WITHOUT] == (1 / 3, 1, 3)
    # Nothing of the same size to compare the one of two changes with.
    assert found[DIFFERENCE][0] is None


def test_size_does_not_pass_for_ai_work() -> None:
    """Where large releases fail and have AI work, those of like size are compared: no difference is told."""
    rows, signs, changes = [], [], []
    for n in range(80):
        large, ai = n < 40, n % 10 < (8 if n < 40 else 2)
        rows.append({"deployment_id": f"d{n}", "deployed_at": n + 1.0})
        changes += [change(100 * n + k, f"d{n}", n + 1.0, builds_ai=ai and k == 0) for k in range(5 if large else 1)]
        # Half of the large ones fail and none of the small ones, AI or not.
        signs += [sign(f"d{n}", "rollback", n + 1.0, n + 1.5)] if large and (n // 10) % 2 else []
    found = told(facts(rows, signs, changes))
    assert (found[WITH][0], found[WITHOUT][0]) == (16 / 40, 4 / 40)
    assert found[DIFFERENCE][0] == 0.0


def test_each_class_of_size_of_each_repository_is_compared_with_itself() -> None:
    """Within each class (1, 2, 3–4, 5–8, 9–16, 17 and more) all fail or none, AI or not: by hand no difference."""
    classes = ((1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, 40))
    rows, signs, changes = [], [], []
    for repository in range(2):
        for place, sizes in enumerate(classes):
            fails = (place + repository) % 2 == 1
            # Three times as many with AI work where they fail, and the other way round where they do not.
            for ai, size, count in ((True, sizes[0], 3 if fails else 1), (False, sizes[1], 1 if fails else 3)):
                for number in range(count):
                    name, repo = f"{repository}-{place}-{ai}-{number}", {"repo_id": f"r{repository}"}
                    rows.append({"deployment_id": name, "deployed_at": 1.0, **repo})
                    carried = {"deployment_id": name, "production_at": 1.0, **repo}
                    changes += [{"change_id": f"{name}#{k}", "builds_ai": ai, **carried} for k in range(size)]
                    signs += [sign(name, "rollback", 1.0, 2.0, **repo)] if fails else []
    found = told(facts(rows, signs, changes))
    assert (found[WITH][0], found[WITHOUT][0]) == (18 / 24, 6 / 24)
    assert found[DIFFERENCE] == (0.0, 24.0, 48)


def test_failed_tries_count_by_the_definition() -> None:
    """A try that never succeeded failed under the usual words, and harmed nobody under those of production."""
    rows = [*releases(2), {"deployment_id": "bad", "deployed_at": 0.5, "sha": "d0", "succeeded": False, "kind": None}]
    changes = [change(0, "d0", 1.0, builds_ai=True), change(1, "d1", 2.0)]
    given = facts(rows, [sign("bad", "failed", 0.5, 1.0)], changes)
    assert told(given)[WITH] == (0.5, 1, 2)
    assert len(loads(given, DEFINITIONS["production"], "builds_ai")) == 2
