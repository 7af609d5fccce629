from __future__ import annotations

from typing import Any

import pytest

from tests.builders.rows import Raw, Tables, built, commit_id


def traced(raw: Raw, fix: str, base: str, lines: dict[str, int], *, path: str = "a.py", outcome: str = "traced") -> Raw:
    """Rows as the collector brings them: who wrote how many of the lines that a fix removed."""
    counts = {"files": len(lines), "lines": sum(lines.values()), "lines_unknown": 0}
    raw.add("traced_fixes", sha=commit_id(fix), base_sha=commit_id(base), outcome=outcome, **counts)
    for sha, count in lines.items():
        raw.add("repairs", sha=commit_id(fix), repaired_sha=commit_id(sha), path=path, lines=count)
    return raw


def found(tables: Tables) -> list[tuple[Any, ...]]:
    """Who mends whom, how, by how many lines and of which share."""
    rows = tables("select fix_key, change_key, kind, lines, share from repairs order by fix_key, change_key")
    names = {f"@{commit_id(name)}": name for name in "abcdefghij"}
    return [tuple(names.get(value, value) for value in row.values()) for row in rows]


def test_step_of_a_change_is_all_that_it_brought() -> None:
    """From the landing commit of a merge, a squash or a rebase back to what the default branch was before."""
    says = {"m": "Merge pull request #1 from ann/fix\n\nFix totals", "s": "Fix basket (#2)", "z": "fix: two"}
    raw = Raw().commits("a@1 x@2:a y@3 m@4:a,y s@5:m", says=says)
    raw.commits("r1@6:a r2@7", branch=None, says={"r1": "fix: one", "r2": "fix: two"}).pull(3, "r2")
    for name, after, said in (("w", "s", "fix: one"), ("z", "w", "fix: two")):
        at = {"w": 6.0, "z": 7.0}[name]
        raw.commits(f"{name}@{at + 2}:{after}", says={name: said}, authored={name: at})
    raw.change(3, title="Fix both", merged=9, opened=6)
    with built(raw) as tables:
        steps = {row["change_key"]: (row["landing_sha"], row["base_sha"]) for row in tables("select * from fixes")}
        owners = {row["sha"]: row["change_key"] for row in tables("select * from commit_owners")}
    assert steps == {
        "#1": (commit_id("m"), commit_id("a")),
        "#2": (commit_id("s"), commit_id("m")),
        "#3": (commit_id("z"), commit_id("s")),
    }
    keys = {"a": f"@{commit_id('a')}", **dict.fromkeys("xym", "#1"), "s": "#2", **dict.fromkeys(("w", "z"), "#3")}
    assert {name: owners[commit_id(name)] for name in keys} == keys


def test_lines_are_summed_by_change() -> None:
    """Commits lead to the changes that brought them; a change's share is that of all lines, those of no change too."""
    raw = Raw().commits(
        "a@1 x@2:a y@3 m@4:a,y b@5:m c@6", says={"m": "Merge pull request #1 from t\n\nT", "c": "fix: t"}
    )
    traced(raw, "c", "b", {"x": 2, "y": 1, "b": 3, "gone": 2})
    with built(raw) as tables:
        assert found(tables) == [("c", "#1", "fix", 3, 0.375), ("c", "b", "fix", 3, 0.375)]


def test_only_the_newest_reading_of_the_same_step_counts() -> None:
    """A reading of another base, or an older one, says nothing; nor is a change repaired by itself."""
    raw = Raw(read=10).commits("a@1 b@2 c@3", says={"c": "fix: t"})
    traced(raw, "c", "b", {"a": 1})
    again = traced(Raw(read=11), "c", "b", {"b": 2, "c": 1})
    again.rows["repositories"].clear()
    with built(raw, again) as tables:
        assert found(tables) == [("c", "b", "fix", 2, 2 / 3)]
    other = traced(Raw(read=12), "c", "a", {"a": 1})
    other.rows["repositories"].clear()
    with built(raw, again, other) as tables:
        assert found(tables) == []


def test_revert_is_told_by_its_words() -> None:
    """What a revert takes back is mended by it, whatever its lines; what takes back a revert mends nothing."""
    says = {
        "b": "Add basket (#1)",
        "c": f'Revert "Add basket (#1)"\n\nThis reverts commit {commit_id("b")}.',
        "d": f'Revert "Revert"\n\nThis reverts commit {commit_id("c")}.',
    }
    raw = Raw().commits("a@1 b@2 c@3 d@4", says=says)
    with built(raw) as tables:
        assert found(tables) == [("c", "#1", "revert", None, None)]
        assert [row["kind"] for row in tables("select kind from fixes")] == ["revert"]


def test_bots_fix_nothing() -> None:
    """A dependency update that calls itself a fix is none."""
    raw = Raw().commits("a@1 b@2 c@3", says={"b": "fix: update x", "c": "fix: mine"}, by={"b": "dependabot[bot]"})
    with built(raw) as tables:
        assert [row["change_key"] for row in tables("select change_key from fixes")] == [f"@{commit_id('c')}"]


def test_fix_inside_another_change_is_part_of_it() -> None:
    """Merged into a branch that then landed, it has no step of its own: nothing of it ran before."""
    says = {
        "n": "Merge pull request #2 from ann/inner\n\nFix inner",
        "m": "Merge pull request #1 from ann/outer\n\nOuter",
    }
    raw = Raw().commits("a@1 x@2:a", says=says).commits("i@3:x", branch=None).pull(2, "i")
    raw.commits("n@4:x,i m@5:a,n", says=says).pull(1, "n")
    with built(raw) as tables:
        (row,) = tables("select * from fixes")
    assert (row["change_key"], row["base_sha"]) == ("#2", None)


@pytest.mark.slow
def test_past_knows_only_the_fixes_of_then() -> None:
    """As of a time before the fix landed nothing was repaired, although it is traced by now."""
    raw = Raw().commits("a@1 b@2 c@30", says={"c": "fix: t"})
    traced(raw, "c", "b", {"b": 1})
    with built(raw, as_of=29) as tables:
        assert found(tables) == []
    with built(raw, as_of=30) as tables:
        assert len(found(tables)) == 1


def test_quality_of_a_change_is_that_of_its_commits() -> None:
    """The mean of the proportions over its commits, and the worst complexity; unknown languages say nothing."""
    raw = Raw().commits("a@1 x@2:a y@3 m@4:a,y", says={"m": "Merge pull request #1 from t\n\nT"})
    for name, share, complexity in (("x", 1.0, 3), ("y", 0.5, 9), ("m", None, None)):
        shares = dict.fromkeys(("dmm_unit_size", "dmm_unit_complexity", "dmm_unit_interfacing"), share)
        raw.add("commit_quality", sha=commit_id(name), complexity=complexity, **shares)
    with built(raw) as tables:
        (row,) = tables("select * from change_quality")
    assert (row["change_key"], row["commits"], row["dmm"], row["complexity"]) == ("#1", 3, 0.75, 9)
