from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import polars as pl
import pytest

from analytics.bottleneck_findings import bottleneck_finding
from analytics.comparison import ai_beside_other, before_beside_after, compare, team_beside_rest
from analytics.reports.bottlenecks import Bottleneck, Bottlenecks
from analytics.text.findings import Finding, by_importance, findings_of
from analytics.whatif.compute import WhatIf
from analytics.whatif.effect import Bounds, Effect
from tests.builders.companies import EFFECT, NOTHING, company

BUILDS = ai_beside_other()


def sentences(found: list[Finding]) -> dict[str, str]:
    """The sentences by what they are about."""
    return {one.kind: one.sentence for one in found}


def test_a_difference_is_told_with_number_interval_and_count() -> None:
    """What is seen says how much, from what to what, and on how many changes it rests."""
    cohort = company(1, 12, 800, EFFECT**2)
    found = findings_of(compare(cohort, BUILDS))
    stage = sentences(found)["stage"]
    ours = cohort.changes["builds_ai"].sum()
    assert "AI work waits" in stage
    assert "more in review than other work does [" in stage
    assert f"({ours:,} and {800 - ours:,} changes; 5 stages tested)" in stage
    assert sentences(found)["same_friction"].startswith("Not the same friction")
    assert "times the rate of other work" in sentences(found)["adjusted"]


def test_no_difference_seen_is_not_no_difference() -> None:
    """Where nothing is told from chance, the sentence gives what remains possible, and no stage is named."""
    found = findings_of(compare(company(20, 12, 800, NOTHING), BUILDS))
    told = sentences(found)
    assert told["arrival"].startswith("No difference seen in when AI work arrives")
    assert "remains possible" in told["arrival"]
    assert "could still lie elsewhere" in told["same_friction"]
    assert "which is not told from 1" in told["adjusted"]
    assert "stage" not in told
    assert not any(one.seen for one in found)
    assert "same" not in told["arrival"].replace("No difference", "")


def test_an_open_bound_is_told_in_words() -> None:
    """Where an interval has no end on a side, what remains possible is so much or more, and no dots."""
    found = compare(company(20, 12, 800, NOTHING), BUILDS)
    for bound, words in (("upper", " or more remains possible"), ("lower", " or less remains possible")):
        measures = tuple(replace(one, **{bound: None}) for one in found.measures)  # type: ignore[arg-type]
        arrival = sentences(findings_of(replace(found, measures=measures)))["arrival"]
        assert words in arrival
        assert "…" not in arrival


def test_a_difference_where_both_are_has_its_verb() -> None:
    """Of groups that are in unlike repositories it is said what differs in those that have both."""
    found = compare(company(1, 12, 800, EFFECT**2), BUILDS)
    assert found.support is not None
    unlike = replace(found, support=replace(found.support, repositories_overlap=0.5))
    told = sentences(findings_of(unlike))
    assert (
        "repositories and quarters with both it waits " in told["stage"]
        or "repositories with both it waits " in told["stage"]
    )
    assert "with both half of it takes " in told["arrival"]


def test_findings_come_in_order_of_importance() -> None:
    """What is seen comes before what is not, when work arrives before where it waits."""
    found = findings_of(compare(company(1, 12, 800, EFFECT**2), BUILDS))
    assert found == by_importance(found)
    assert [one.importance for one in found] == sorted((one.importance for one in found), reverse=True)
    assert found == by_importance(reversed(found)) or len({one.importance for one in found}) < len(found)


def test_few_and_absent_changes_are_said() -> None:
    """A handful gives no figure but the number that would; none at all gives nothing to compare."""
    cohort = company(4, 6, 200)
    other, ai = cohort.changes.filter(~pl.col("builds_ai")), cohort.changes.filter("builds_ai")
    (few,) = findings_of(compare(replace(cohort, changes=pl.concat([ai.head(7), other])), BUILDS))
    assert few.sentence.startswith(f"Too few changes to compare AI work with other work: 7 and {len(other):,} changes.")
    assert "of the first would show" in few.sentence
    (none,) = findings_of(compare(replace(cohort, changes=other), BUILDS))
    assert none.sentence == "No AI work is seen: there is nothing to compare."
    assert not few.seen
    assert not none.seen


@pytest.mark.parametrize("seed", range(6))
def test_words_are_never_stronger_than_the_data(seed: int) -> None:
    """People are not called human, and a group is named by the mark that it has or has not."""
    cohort = company(seed, 6, 400, EFFECT)
    for contrast in (BUILDS, ai_beside_other("built_with_ai"), before_beside_after(datetime(2026, 2, 1))):
        for one in findings_of(compare(cohort, contrast)):
            assert "human" not in one.sentence.lower()
            assert "nan" not in one.sentence
            assert "None" not in one.sentence
            assert one.sentence.endswith((".", ")"))


def test_a_team_is_not_told_that_its_repositories_are_its_own() -> None:
    """That a team works in other repositories is what a team is; only its time may differ."""
    cohort = company(5, 12, 900)
    owned = cohort.changes.with_columns(team=pl.when(pl.col("repo") < "0004").then(pl.lit("a")).otherwise(pl.lit("b")))
    for one in findings_of(compare(replace(cohort, changes=owned), team_beside_rest("a"))):
        assert "other repositories" not in one.sentence


def test_working_hours_are_called_so() -> None:
    """On the working calendar no hours are turned into days of 24."""
    found = findings_of(compare(replace(company(1, 12, 800, EFFECT**2), clock="working"), BUILDS))
    assert "working h" in sentences(found)["stage"]
    assert " d " not in sentences(found)["arrival"]


def test_a_bottleneck_is_told_with_what_saves_most_for_certain() -> None:
    """The first stage with its hours; of the what-ifs the surest, and none whose interval holds zero."""
    stages = (Bottleneck(1, "release", Bounds(60.0, 36.0, 84.0), 0.5), Bottleneck(2, "review", Bounds(9, 8, 10), 0.1))

    def saving(parameter: str, value: float, lower: float) -> WhatIf:
        saved = Bounds(value, lower, value + 5.0)
        return WhatIf(
            "release_cadence", "release", parameter, Effect(saved, (), (), 90.0, (), 300, 6, "repository"), ""
        )

    known = (saving("weekly releases", 4.0, -1.0), saving("daily releases", 12.0, 7.0))
    found = bottleneck_finding(Bottlenecks("all", 300, stages, known, 3.0, None))
    assert found is not None
    assert found.sentence == (
        "Most waiting is in release: 2.5 d [1.5 – 3.5] of the first 30 days of a change, 50% of its waiting"
        " (300 changes). What if “daily releases”: 12.0 h [7.0 – 17.0] less waiting."
    )
    unsure = bottleneck_finding(Bottlenecks("AI work", 300, stages, known[:1], 3.0, None))
    assert unsure is not None
    assert "What if" not in unsure.sentence
    assert bottleneck_finding(Bottlenecks("all", 3, (), (), 3.0, None)) is None
