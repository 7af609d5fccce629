from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.frame.project import files, relative
from tests.frame.sql_lint import RULES, Rule, bare, findings, lateral_aliases

SQL = files(".sql", under="warehouse")


@pytest.mark.parametrize("path", SQL, ids=relative)
def test_model_is_in_the_shared_subset(path: Path) -> None:
    """A model or check breaks no rule of the SQL that DuckDB and Spark share."""
    assert list(findings(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_catches_its_bad_example(rule: Rule) -> None:
    """Each rule finds the text that breaks it."""
    assert re.search(rule.pattern, bare(rule.bad))


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("by all", "select a from t order by all"),
        ("* except", "select t.* replace (a + 1 as a) from t"),
        ("brackets and arrows", "select filter(xs, x -> x > 1) as ys from t"),
        ("brackets and arrows", "select {'a': 1} as s"),
        ("nested values", "select array_agg(a) as xs from t"),
        ("weekday", "select extract(dow from a) as d from t"),
        ("decimal in a division", "select 1.5 / nullif(b, 0) as c from t"),
        ("division", "select a // 2 as c from t"),
        ("division", "select a / (b + 1) as c from t"),
        ("division", "select a / 0 as c from t"),
        ("percentile", "select percentile_cont(a, 0.5) as m from t"),
        ("clock", "select clock_timestamp() as a"),
        ("clock", "select a from t where a < current_date"),
        ("chance", "select a from t order by rand()"),
    ],
)
def test_other_ways_to_break_a_rule(name: str, sql: str) -> None:
    """Each branch of a rule's pattern finds what it is for."""
    assert any(f": {name}: " in line for line in findings(sql))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_pass_the_good_example(rule: Rule) -> None:
    """No rule at all finds anything in the text that keeps one."""
    assert list(findings(rule.good)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select a -- current_timestamp\nfrom t",
        "select a /* qualify\n[now()] */ from t",
        "select 'it''s now() -- [' as a from t",
        "select '/*' as a, '*/' as b from t",
    ],
)
def test_comments_and_strings_are_no_sql(sql: str) -> None:
    """Words in comments and strings break no rule."""
    assert list(findings(sql)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select '--' as a, now() as b",
        "select '/*' as a, b / c as d, '*/' as e from t",
        "select a from t where b = '''' and now() > c",
    ],
)
def test_strings_hide_nothing_behind_them(sql: str) -> None:
    """A comment mark inside a string does not hide what follows."""
    assert list(findings(sql)) != []


def test_a_finding_names_line_and_rule() -> None:
    """A finding tells where it is, counted through comments of several lines."""
    assert [line.split(": ")[:2] for line in findings("/* a\nb */\nselect now() as x")] == [["line 3", "clock"]]


@pytest.mark.parametrize(
    "sql",
    [
        "select a + 1 as b, b + 1 as c from t",
        "select a + 1 as b from t where b > 1",
        "select a as b, sum(c) over (order by b) as d from t",
        "with x as (select a as b, case when b > 0 then 1 end as c from t) select c from x",
        "select a as b from t union all select c as d, d as e from u",
    ],
)
def test_lateral_alias_is_found(sql: str) -> None:
    """A column made and used in one select list, or in its WHERE, is found at any depth."""
    assert list(lateral_aliases(sql)) != []


@pytest.mark.parametrize(
    "sql",
    [
        "select lower(name) as name, length(name) as n from t",
        "select t.a as b, t.b as c from t",
        "select a as b from t group by b order by b",
        "select a as b, (select max(b) from u) as c from t",
        "with x as (select a as b from t) select b, b + 1 as c from x",
    ],
)
def test_ordinary_alias_is_left_alone(sql: str) -> None:
    """A name that is a column of the source, or is used after its query, is no lateral alias."""
    assert list(lateral_aliases(sql)) == []


def test_sql_that_does_not_parse_is_an_error() -> None:
    """A model that DuckDB cannot parse fails, it does not pass as clean."""
    with pytest.raises(ValueError, match="cannot parse"):
        list(findings("select from where"))
