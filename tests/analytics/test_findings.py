from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import polars as pl
import pytest

from analytics.comparison import ai_beside_other, before_beside_after, compare, team_beside_rest
from analytics.text.findings import Finding, by_importance, findings_of
from tests.builders.companies import EFFECT, NOTHING, company

BUILDS = ai_beside_other()


def sentences(found: list[Finding]) -> dict[str, str]:
    """The sentences by what they are about."""
    return {finding.kind: finding.sentence for finding in found}


def test_a_difference_has_number_interval_and_count() -> None:
    """A significant result has its size, its interval, and on how many changes it rests."""
    cohort = company(1, 12, 800, EFFECT**2)
    found = findings_of(compare(cohort, BUILDS))
    stage = sentences(found)["stage"]
    ours = cohort.changes["builds_ai"].sum()
    assert "AI work waits" in stage
    assert "more in review than other work (95 % CI " in stage
    assert f"; {ours:,} and {800 - ours:,} changes)." in stage
    assert "5 stages were tested" in next(one.details for one in found if one.kind == "stage")
    assert sentences(found)["same_friction"].startswith("AI work and other work wait in different stages")
    assert "lower rate than other work: hazard ratio " in sentences(found)["adjusted"]


def test_no_difference_seen_is_not_no_difference() -> None:
    """Where nothing is significant, the sentence has the interval, and no stage is named."""
    found = findings_of(compare(company(20, 12, 800, NOTHING), BUILDS))
    told = sentences(found)
    assert told["arrival"].startswith("No significant difference in when AI work and other work reach production")
    assert "for the difference" in told["arrival"]
    assert told["same_friction"].startswith("No significant difference in the stages where AI work and other work wait")
    assert told["adjusted"].endswith("changes): no significant difference.")
    assert "stage" not in told
    assert not any(one.significant for one in found)
    assert "same" not in told["arrival"].replace("Within the same", "")


def test_an_open_bound_is_spelled_out() -> None:
    """An interval without an end on a side is so much or more, without dots."""
    found = compare(company(20, 12, 800, NOTHING), BUILDS)
    for bound, words in (("upper", " or more for the difference"), ("lower", " or less for the difference")):
        measures = tuple(replace(one, **{bound: None}) for one in found.measures)  # type: ignore[arg-type]
        arrival = sentences(findings_of(replace(found, measures=measures)))["arrival"]
        assert words in arrival
        assert "…" not in arrival


def test_a_difference_on_common_support_is_added() -> None:
    """Groups in unlike repositories have the difference in those with both, and details say how they differ."""
    found = compare(company(1, 12, 800, EFFECT**2), BUILDS)
    assert found.support is not None
    unlike = replace(found, support=replace(found.support, repositories_overlap=0.5))
    told = sentences(findings_of(unlike))
    for kind in ("stage", "arrival"):
        assert "Within the same repositories and quarters the difference is " in told[kind]
        assert told[kind].count(". ") == 1, "two sentences at most"
    assert all("overlap 50%" in one.details for one in findings_of(unlike) if one.kind in ("stage", "arrival"))


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
