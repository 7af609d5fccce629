from __future__ import annotations

import pytest

from tests.builders.rows import Raw, built, commit_id

CLAUDE = "\n\nCo-authored-by: Claude <noreply@anthropic.com>"


def verdicts(*parts: Raw) -> dict[str, tuple[str, str]]:
    """How each change was made, and why, by its title, as a build tells."""
    with built(*parts) as tables:
        rows = tables("select title, built_with_ai, ai_evidence from lead_times")
        return {row["title"]: (row["built_with_ai"], row["ai_evidence"]) for row in rows}


def noted(raw: Raw, commit: str, ai: int | None, human: int | None, **facts: object) -> Raw:
    """A note on a commit."""
    row = {"tools": "cursor", "deleted": False, **facts}
    return raw.add("ai_notes", sha=commit_id(commit), ai_lines=ai, human_lines=human, **row)


def test_notes_outrank_rules() -> None:
    """Agents' lines make a change assisted without any mark, and only people's lines undo one."""
    raw = Raw().commits("a b", says={"a": "Sort", "b": f"Order{CLAUDE}"})
    noted(noted(raw, "a", 30, 10), "b", 0, 12)
    found = verdicts(raw)
    assert found["Sort"] == ("assisted", 'how attribution note "30 of 40 recorded lines cursor"')
    assert found["Order"][0] == "none"


@pytest.mark.slow
def test_an_agent_of_half_of_the_commits_is_not_the_author() -> None:
    """Where no forge tells the author, the commits do: half of them are not most."""
    says = {"m": "Merge pull request #1 from ann/x\n\nSort", "b": "Begin", "c": "Go on"}
    for agent, made in (("b", "assisted"), ("b c", "agent")):
        by = dict.fromkeys(agent.split(), "Devin Bot (aider)")
        raw = Raw().commits("a b@2:a c@3 m@4:a,c", says=says, by=by).pull(1, "c")
        assert verdicts(raw)["Sort"][0] == made


@pytest.mark.slow
def test_a_rebased_change_is_all_of_its_commits() -> None:
    """Of commits that landed by rebase the last one speaks for neither the author nor the paths of all."""
    says = {"b": "Sort", "c": "Format", "b2": "Sort", "c2": "Format"}
    by = dict.fromkeys(("c", "c2"), "dependabot[bot]")
    raw = Raw().commits("a b2@5 c2@6", says=says, by=by, authored={"b2": 2, "c2": 3})
    raw.commits("b@2:a c@3", says=says, by=by, branch=None).pull(1, "c")
    raw.files("b", "src/llm/a.py", "src/llm/b.py").files("b2", "src/llm/a.py", "src/llm/b.py")
    raw.files("c", "x.yml").files("c2", "x.yml")
    with built(raw) as tables:
        rows = {row["number"]: row for row in tables("select number, builds_ai, built_with_ai from lead_times")}
    assert (rows[1]["builds_ai"], rows[1]["built_with_ai"]) == (True, "none")


@pytest.mark.slow
def test_notes_of_own_commits_speak_for_the_change() -> None:
    """Of a merged pull request the notes on its own commits count, not that on the merge alone."""
    raw = Raw().commits("a b@2 c@3:a m@4:a,c", says={"m": "Merge pull request #1 from ann/x\n\nSort"}).pull(1, "c")
    noted(noted(raw, "c", 5, 0, tools=None), "m", 0, 7)
    assert verdicts(raw)["Sort"][0] == "assisted"


@pytest.mark.slow
def test_the_newest_reading_of_a_note_counts() -> None:
    """A note that changed is the new one, and one that went is none, in whatever order the readings lie."""
    first = noted(noted(Raw(read=10).commits("a b", says={"a": "Sort", "b": "Order"}), "a", 5, 0), "b", 5, 0)
    second = noted(noted(Raw(read=20), "a", 0, 9), "b", None, None, deleted=True)
    for parts in ((first, second), (second, first)):
        found = verdicts(*parts)
        assert found["Sort"][0] == "none"
        assert found["Order"] == ("none", "")


def test_a_note_on_an_unknown_commit_is_nothing() -> None:
    """A note that names a commit of no change changes nothing."""
    raw = noted(Raw().commits("a", says={"a": "Sort"}), "elsewhere", 5, 0)
    assert verdicts(raw) == {"Sort": ("none", "")}
