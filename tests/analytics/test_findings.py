from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import polars as pl
import pytest

from analytics.cohort.smallest import SmallestDifference
from analytics.comparison import ai_beside_other, before_beside_after, compare, team_beside_rest
from analytics.text.findings import Finding, by_importance, findings_of
from tests.builders.companies import EFFECT, NOTHING, company

BUILDS = ai_beside_other()


def sentences(found: list[Finding]) -> dict[str, str]:
    """The sentences by what they are about."""
    return {finding.kind: finding.sentence for finding in found}


def test_a_difference_has_number_both_intervals_and_count() -> None:
    """A significant result has its size, an interval for each question, and on how many changes it rests."""
    found = findings_of(compare(company(1, 12, 800, EFFECT**2), BUILDS))
    told = sentences(found)
    where = "Within the same repositories and months, AI work "
    assert told["arrival"].startswith(f"{where}takes 1.")
    assert " times as long as other work to reach production (95 % CI in these repositories 1." in told["arrival"]
    assert ", in repositories like these 1." in told["arrival"]
    assert told["stage"].startswith(f"{where}waits ")
    assert "more in review than other work in the first 30 days (95 % CI in these repositories " in told["stage"]
    assert " and 523 changes). Over all changes it is " in told["stage"]
    assert "5 stages were tested" in next(one.details for one in found if one.kind == "stage")
    assert f"{where}and other work wait in different stages" in told["same_friction"]
    assert "lower rate than other work: hazard ratio " in told["adjusted"]


def test_plain_figures_come_second_and_claim_nothing() -> None:
    """Each finding has at most two sentences, the second of which describes all changes."""
    for seed in (1, 20):
        for one in findings_of(compare(company(seed, 12, 800, EFFECT**2), BUILDS)):
            parts = one.sentence.split(". ")
            assert len(parts) <= 2
            if one.kind != "adjusted":
                assert parts[1].startswith("Over all changes ")
                assert "significant" not in parts[1]


def test_no_difference_seen_is_not_no_difference() -> None:
    """Where nothing is significant, the sentence has the intervals, and no stage is named."""
    found = findings_of(compare(company(20, 12, 800, NOTHING), BUILDS))
    told = sentences(found)
    assert told["arrival"].startswith("No significant difference in how long AI work and other work take to reach")
    assert "times as long (95 % CI in these repositories " in told["arrival"]
    assert told["same_friction"].startswith("No significant difference in the stages where AI work and other work wait")
    assert told["adjusted"].endswith("changes): no significant difference.")
    assert "stage" not in told
    assert not any(one.significant for one in found)


def test_an_open_bound_is_spelled_out() -> None:
    """An interval without an end on a side is so much or more, without dots."""
    found = compare(company(20, 12, 800, NOTHING), BUILDS)
    for bound, words in (("upper_like_these", " or more; "), ("lower_like_these", " or less; ")):
        measures = tuple(replace(one, **{bound: None}) for one in found.measures)  # type: ignore[arg-type]
        arrival = sentences(findings_of(replace(found, measures=measures)))["arrival"]
        assert words in arrival
        assert "…" not in arrival


def test_few_repositories_say_nothing_of_others() -> None:
    """With three that have both, the sentence says so in place of the second interval."""
    told = sentences(findings_of(compare(company(3, 3, 600, EFFECT), BUILDS)))
    assert "; 3 repositories with both are too few to say anything of others; " in told["arrival"]
    assert "in repositories like these" not in told["arrival"]


def test_groups_without_a_repository_in_common_are_only_described() -> None:
    """Nothing like with like, so that nothing is significant, and the medians are a description."""
    cohort = company(5, 8, 600)
    apart = cohort.changes.with_columns(builds_ai=pl.col("repo") < "0004")
    found = findings_of(compare(replace(cohort, changes=apart), BUILDS))
    told = sentences(found)
    assert told["arrival"].startswith(
        "AI work and other work cannot be compared like with like: no repository and month has both. Over all changes"
    )
    assert set(told) == {"arrival"}
    assert not any(one.significant for one in found)


def test_a_small_difference_is_none_worth_reporting() -> None:
    """Significant, but below the smallest that matters: the sentence says that, and claims no difference."""
    strict = SmallestDifference(hours=10_000.0, percent=10_000.0, points=100.0)
    found = findings_of(compare(company(1, 12, 800, EFFECT**2), BUILDS, smallest=strict))
    told = sentences(found)
    for kind in ("arrival", "same_friction"):
        assert told[kind].startswith("No difference worth reporting in ")
    assert "no difference worth reporting" in told["adjusted"]
    assert "stage" not in told
    assert not any(one.significant for one in found)


def test_an_interval_without_zero_that_is_not_significant_says_why() -> None:
    """Alone it would be; one of several tests it is not, and the sentence says so."""
    found = compare(company(1, 12, 800, EFFECT**2), BUILDS)
    measures = tuple(replace(one, q_value=None if one.q_value is None else 0.2) for one in found.measures)
    told = sentences(findings_of(replace(found, measures=measures)))
    why = "o significant difference after correction for multiple tests"
    assert all(why in told[kind] for kind in ("arrival", "adjusted", "same_friction"))


def test_details_say_how_groups_differ_and_what_marks_miss() -> None:
    """Groups in unlike repositories, the ratio between repositories, and the range with better marks."""
    found = compare(company(1, 12, 800, EFFECT**2), BUILDS)
    assert found.support is not None
    unlike = replace(found, support=replace(found.support, repositories_overlap=0.5))
    details = {one.kind: one.details for one in findings_of(unlike)}
    assert all("overlap 50%" in details[kind] for kind in ("stage", "arrival"))
    assert "The ratio does not differ significantly between repositories" in details["arrival"]
    assert "If 71% to 100% of AI work is marked, the ratio is " in details["arrival"]


def test_findings_come_in_order_of_importance() -> None:
    """Significant results come first, when work arrives before where it waits."""
    found = findings_of(compare(company(1, 12, 800, EFFECT**2), BUILDS))
    assert found == by_importance(found)
    assert [one.importance for one in found] == sorted((one.importance for one in found), reverse=True)
    assert found == by_importance(reversed(found)) or len({one.importance for one in found}) < len(found)


def test_few_and_absent_changes_are_reported() -> None:
    """A handful gives no figure but the number that would; none at all gives nothing to compare."""
    cohort = company(4, 6, 200)
    other, ai = cohort.changes.filter(~pl.col("builds_ai")), cohort.changes.filter("builds_ai")
    (few,) = findings_of(compare(replace(cohort, changes=pl.concat([ai.head(7), other])), BUILDS))
    assert few.sentence.startswith(f"Too few changes to compare AI work with other work (7 and {len(other):,}).")
    assert "changes of AI work would show" in few.sentence
    (none,) = findings_of(compare(replace(cohort, changes=other), BUILDS))
    assert none.sentence == "Nothing to compare: there is no AI work."
    assert not few.significant
    assert not none.significant


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
