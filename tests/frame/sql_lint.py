"""The rules that keep a SQL model one text for DuckDB and Spark, and free of the clock.

Each rule is a pattern, the reason, a text that breaks it and one that keeps it. Patterns see the SQL in lower case,
comments gone and strings emptied. Lateral aliases need a parser, and have a function of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb


class Rule(NamedTuple):
    """What no model may contain, and why."""

    name: str
    pattern: str
    reason: str
    bad: str
    good: str


# fmt: off
RULES = (
    Rule("qualify", r"\bqualify\b",
         "Spark SQL has no QUALIFY: number the rows in a CTE and filter after it",
         "select a from t qualify row_number() over (order by a) = 1", "select qualified from t"),
    Rule("asof", r"\basof\b",
         "Spark SQL has no ASOF join: rank the candidates and keep the first",
         "select 1 from a asof join b on a.t >= b.t", "select as_of from t"),
    Rule("by all", r"\b(group|order)\s+by\s+all\b",
         "named columns say what the grain is",
         "select a, count(*) as n from t group by all", "select a, count(*) as n from t group by a"),
    Rule("* except", r"\*\s*(except|exclude|replace|rename)\b",
         "the engines name it differently: list the columns",
         "select * exclude (a) from t", "select * from t except select * from u"),
    Rule("distinct on", r"\bdistinct\s+on\b",
         "Spark SQL has no DISTINCT ON: number the rows in a CTE and filter after it",
         "select distinct on (a) a, b from t", "select distinct a from t"),
    Rule("brackets and arrows", r"[\[\]{}]|->",
         "lists, structs and lambdas are written differently",
         "select [1, 2] as pair", "select a - 1 as b, c > 0 as d, '[x]' as e from t"),
    Rule("nested values", r"\b((list|array|struct|map)(_\w+)?|row|unnest|explode|collect_\w+)\s*\(",
         "lists and structs are written differently, and list() does not spill in DuckDB",
         "select list(a) as xs from t", "select list, array_size from t"),
    Rule("weekday", r"\b(day_?of_?week|weekday|isodow|dow|dayname|week_?of_?year|yearweek|date_?part)\b",
         "weeks begin on other days; date_part hides its part in a string",
         "select dayofweek(a) as d from t", "select extract(year from a) as y, weekdays from t"),
    Rule("date_diff", r"\b(date_?diff|date_?sub|timestamp_?diff|age|months_between)\s*\(",
         "one counts boundaries, the other whole units: subtract unix_micros",
         "select date_diff('hour', a, b) as h from t", "select (unix_micros(b) - unix_micros(a)) / 3600e6 as h from t"),
    Rule("unbounded following", r"\bunbounded\s+following\b",
         "quadratic on Spark: order descending with unbounded preceding",
         "select sum(a) over (order by b rows between current row and unbounded following) as s from t",
         "select sum(a) over (order by b desc rows between unbounded preceding and current row) as s from t"),
    Rule("decimal in a division", r"\b\d+\.\d+(?!\d|e)\s*/|/\s*\d+\.\d+(?!\d|e)",
         "decimals round differently: write 3600e0",
         "select a / 3600.0 as h from t", "select a / 3600e0 as h, a / 1.5e3 as k from t"),
    Rule("division", r"/(?!\s*(nullif\s*\(|[0-9.]*[1-9][0-9.]*(e[0-9]+)?\b))",
         "x / 0 is infinite in one and null in the other: divide by nullif(x, 0)",
         "select a / b as c from t", "select a / nullif(b, 0) as c, a / 100 as d from t"),
    Rule("modulo", r"%(?!\s*(nullif\s*\(|[1-9]))",
         "as division",
         "select a % b as c from t", "select a % 7 as c, 'a % b' as d from t"),
    Rule("using", r"\busing\s*\(",
         "what the joined column is called afterwards differs: join with on",
         "select a from t join u using (a)", "select t.a from t join u on t.a = u.a"),
    Rule("percentile",
         r"\b(median|quantile\w*|approx_\w+|percentile|percentile_(approx|disc)|mode)\s*\("
         r"|\bpercentile_cont\s*\((?![^()]*\)\s*within\s+group\b)",
         "only percentile_cont(p) within group (order by <double>) is the same on both",
         "select median(a) as m from t", "select percentile_cont(0.5) within group (order by a) as median from t"),
    Rule("clock",
         r"\b(current_(timestamp|date|time)|localtime(stamp)?|now|today|curdate|getdate|get_current_\w+)\b"
         r"|\b\w+_timestamp\s*\(\s*\)",
         "the moment that a report speaks for is an argument",
         "select now() as a", "select as_of, known_at, to_timestamp(a) as b from t"),
    Rule("chance", r"\b(random|randn?|uuid|gen_random_uuid|setseed|shuffle)\s*\(",
         "same input, same bytes",
         "select random() as r", "select uuid, random_key from t"),
)
# fmt: on

_STRING_OR_COMMENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)


def bare(sql: str) -> str:
    """Lower case, comments gone, strings emptied; lines stay where they are."""

    def replace(match: re.Match[str]) -> str:
        return "\n" * match[0].count("\n") + ("''" if match[0].startswith("'") else " ")

    return _STRING_OR_COMMENT.sub(replace, sql).lower()


def findings(sql: str) -> Iterator[str]:
    """Each breach as `line N: rule: reason`."""
    text = bare(sql)
    for rule in RULES:
        for match in re.finditer(rule.pattern, text):
            yield f"line {text.count(chr(10), 0, match.start()) + 1}: {rule.name}: {rule.reason}"
    for alias in lateral_aliases(sql):
        yield f"lateral alias: `{alias}` is used beside or before where it is made: put it in a CTE"


def lateral_aliases(sql: str) -> Iterator[str]:
    """Columns made in a select list and used in the same list or its WHERE.

    Approximate, for the columns of the tables are not known here: a name that its own expression reads
    (`lower(name) as name`) is taken for a column of the source.
    """
    tree = json.loads(duckdb.execute("select json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if tree["error"]:
        message = f"DuckDB cannot parse the model: {tree['error_message']}"
        raise ValueError(message)
    for select in _nodes(tree, "SELECT_NODE"):
        made: set[str] = set()
        for item in select["select_list"]:
            read = _names(item)
            yield from sorted(read & made)
            if item.get("alias") and item["alias"].lower() not in read:
                made.add(item["alias"].lower())
        yield from sorted(_names(select.get("where_clause")) & made)


def _names(tree: object) -> set[str]:
    """Unqualified column names that an expression reads, subqueries and the column of a qualified name aside."""
    if isinstance(tree, list):
        return set().union(*map(_names, tree))
    if not isinstance(tree, dict) or tree.get("type") == "SELECT_NODE":
        return set()
    if tree.get("class") == "COLUMN_REF":
        return {tree["column_names"][-1].lower()} if len(tree["column_names"]) == 1 else set()
    return set().union(*map(_names, tree.values()))


def _nodes(tree: object, kind: str) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        if tree.get("type") == kind:
            yield tree
        for value in tree.values():
            yield from _nodes(value, kind)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value, kind)
