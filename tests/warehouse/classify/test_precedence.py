from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.warehouse.classify.making import RULES, commit, judged, landed, rules_of
from warehouse.classify import ChangeFacts, LineAttribution

COPILOT = ("Copilot", "198982749+Copilot@users.noreply.github.com")
DEPENDABOT = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com")
ACTIONS = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
CLAUDE = "Co-authored-by: Claude <noreply@anthropic.com>"


def change(**given: Any) -> ChangeFacts:
    """A pull request of which only what is given is known."""
    return ChangeFacts("github:acme/shop#7", **given)


def test_agent_with_people_as_co_authors_is_an_agent() -> None:
    """GitHub names the people who asked an agent as its co-authors; the agent is still the author."""
    verdict = judged("Sort\n\nCo-authored-by: Ada <ada@example.com>", author=COPILOT)
    assert verdict.built_with_ai == "agent"


def test_automation_with_an_ai_co_author_is_automation() -> None:
    """A bump is a bump, whoever helped it along."""
    bumped = judged(f"Bump left-pad\n\n{CLAUDE}", author=DEPENDABOT, paths=("package-lock.json",))
    assert bumped.built_with_ai == "automation"


def test_agent_that_adapts_code_to_a_bump_assists() -> None:
    """Source code that an agent wrote on top of a bump is AI work, on weak evidence; a reviewer's suggestion is not."""
    adapted = judged(f"Bump left-pad\n\n{CLAUDE}", author=DEPENDABOT, paths=("package-lock.json", "src/pad.ts"))
    assert (adapted.built_with_ai, adapted.confidence_how) == ("assisted", "weak")
    assert {"claude-code", "automation-app"} <= rules_of(adapted, "how")
    suggestion = "Co-authored-by: coderabbitai[bot] <1+coderabbitai[bot]@users.noreply.github.com>"
    assert judged(f"Bump left-pad\n\n{suggestion}", author=DEPENDABOT).built_with_ai == "automation"


@pytest.mark.parametrize("author", [ACTIONS, ("acme-tests[bot]", "7+acme-tests[bot]@users.noreply.github.com")])
def test_agent_behind_the_account_of_a_workflow_is_the_author(author: tuple[str, str]) -> None:
    """A workflow commits what others wrote: with an agent as co-author it is the agent's, else automation."""
    marked = judged(f"Fix a flaky test\n\n{CLAUDE}", author=author)
    assert (marked.built_with_ai, marked.confidence_how) == ("agent", "strong")
    assert (
        judged("Fix a flaky test\n\nCo-authored-by: Ada <ada@example.com>", author=author).built_with_ai == "automation"
    )


@pytest.mark.parametrize("subject", ["[release/9.5] Sort the shelves (#12)", "Backport: sort the shelves"])
def test_backport_by_a_bot_shows_what_it_copies(subject: str) -> None:
    """A bot that ports back an agent's work hands on its mark; without a mark it is automation."""
    marked = f"{subject}\n\nCo-authored-by: copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>"
    assert judged(marked, author=ACTIONS).built_with_ai == "assisted"
    assert judged(subject, author=ACTIONS).built_with_ai == "automation"


def test_session_speaks_for_a_bot() -> None:
    """An agent that runs as a workflow's bot is known by its session."""
    body = "https://claude.ai/code/session_01AbCdEf"
    assert judged(f"Sort\n\n{body}", author=ACTIONS).built_with_ai == "assisted"


def test_one_agent_commit_of_many_assists() -> None:
    """One agent commit among a person's makes a change assisted, and the share says how little it was."""
    commits = (commit(sha="a"), commit(sha="b"), commit(sha="c"), commit(sha="d", author=COPILOT))
    verdict = RULES.judge(change(commits=commits, landing=commit("Sort (#7)\n\n* a\n\n* b", sha="e")))
    assert (verdict.built_with_ai, verdict.marked_share) == ("assisted", 0.25)
    assert "mixed" in rules_of(verdict, "how")


def test_most_agent_commits_make_an_agent() -> None:
    """A change most of whose commits an agent made is the agent's; merges and bots do not count."""
    commits = (
        commit(sha="a", author=COPILOT),
        commit(sha="b", author=COPILOT),
        commit(sha="c"),
        commit("Merge branch 'main' into sort", sha="d"),
        commit(sha="e", author=DEPENDABOT),
    )
    verdict = RULES.judge(change(commits=commits[:4], landing=commit("Merge pull request #7 from acme/sort", sha="f")))
    assert verdict.built_with_ai == "agent"
    assert verdict.marked_share == pytest.approx(2 / 3)
    assert RULES.judge(change(commits=commits)).marked_share == pytest.approx(2 / 3)


def test_squash_lists_its_share() -> None:
    """Where only the squash is known, its list of commits shows the share; without marks in it, it is not known."""
    both = f"Sort (#7)\n\n* Begin\n\n* Go on\n\n{CLAUDE}\n\n* End\n\n* Lint\n\n---------\n\n{CLAUDE}"
    verdict = judged(both)
    assert (verdict.built_with_ai, verdict.marked_share) == ("assisted", 0.25)
    lifted = judged(f"Sort (#7)\n\n* Begin\n\n* End\n\n---------\n\n{CLAUDE}")
    assert (lifted.built_with_ai, lifted.marked_share) == ("assisted", None)
    assert judged(f"Sort (#7)\n\n{CLAUDE}").marked_share == 1.0


@pytest.mark.parametrize(
    "branch", ["copilot/fix-12", "cursor/sort-shelves-1a2b", "claude/sort", "devin/123-sort", "codex/sort-the-shelves"]
)
def test_branch_of_an_agent_makes_an_agent(branch: str) -> None:
    """An agent's branch makes the change an agent's, by its name or by the merge that names it."""
    assert RULES.judge(change(head_ref=branch, commits=(commit(),))).built_with_ai == "agent"
    merged = judged(f"Merge pull request #7 from acme/{branch}\n\nSort the shelves")
    assert (merged.built_with_ai, merged.evidence[0].field) == ("agent", "branch")


def test_branch_does_not_speak_against_the_commits() -> None:
    """On an agent's branch with mostly unmarked commits the commits decide."""
    commits = (commit(f"a\n\n{CLAUDE}", sha="a"), *(commit(sha=letter) for letter in "bcd"))
    assert RULES.judge(change(head_ref="claude/sort", commits=commits)).built_with_ai == "assisted"


@pytest.mark.parametrize(
    "branch", ["claude-4-models", "cursor-pagination", "ai-search", "agent/install", "copilot", ""]
)
def test_topic_branch_is_no_agent(branch: str) -> None:
    """Branches about a tool are no branches by it."""
    assert RULES.judge(change(head_ref=branch, commits=(commit(),))).built_with_ai == "none"


def test_pull_request_author_decides() -> None:
    """The log-in that opened the pull request is its author: an app, a bot, or a person."""
    commits = (commit(),)
    assert RULES.judge(change(author="Copilot", author_kind="bot", commits=commits)).built_with_ai == "agent"
    assert RULES.judge(change(author="devin-ai-integration[bot]", commits=commits)).built_with_ai == "agent"
    assert RULES.judge(change(author="dependabot[bot]", commits=commits)).built_with_ai == "automation"
    assert RULES.judge(change(author="app/renovate", commits=commits)).built_with_ai == "automation"
    assert RULES.judge(change(author="copilot", author_kind="person", commits=commits)).built_with_ai == "none"
    assert RULES.judge(change(author="ada", author_kind="person", commits=commits)).built_with_ai == "none"


def test_bot_branch_is_automation() -> None:
    """A dependency bot that pushes as a person is known by its branch."""
    verdict = RULES.judge(change(head_ref="renovate/left-pad-1.x", landing=commit()))
    assert verdict.built_with_ai == "automation"


@pytest.mark.parametrize(
    ("label", "confidence"), [("ai-assisted", "strong"), ("🤖 Claude Code", "strong"), ("codex", "weak")]
)
def test_label_assists(label: str, confidence: str) -> None:
    """A label may say how a change was made; a tool's bare name says it weakly."""
    verdict = RULES.judge(change(labels=("bug", label), commits=(commit(),)))
    assert (verdict.built_with_ai, verdict.confidence_how) == ("assisted", confidence)


@pytest.mark.parametrize(
    "subject",
    [
        "Merge pull request #7 from acme/renovate/left-pad-1.x",
        "Merge pull request #7 from acme/dependabot/npm_and_yarn/left-pad-1.2",
        "Merge pull request #7 from acme/l10n_main",
        "Merge branch 'renovate/left-pad-1.x' into 'main'",
    ],
)
def test_bot_that_lands_by_a_merge_of_a_person_is_automation(subject: str) -> None:
    """A merge by a person is of what the bot's branch brings: by its name alone, or with commits of nobody known."""
    merge = commit(subject, paths=())
    assert RULES.judge(change(landing=merge)).built_with_ai == "automation"
    assert RULES.judge(change(landing=merge, commits=(commit("Update left-pad"),))).built_with_ai == "automation"


@pytest.mark.parametrize("branch", ["renovate-config", "dependabot-groups", "crowdin-upload-script", "update/readme"])
def test_topic_branch_about_a_bot_is_not_automation(branch: str) -> None:
    """Branches about a bot are not branches by it."""
    merge = commit(f"Merge pull request #7 from ada/{branch}", paths=())
    assert RULES.judge(change(landing=merge)).built_with_ai == "none"


def test_merge_has_the_marks_of_what_it_brings() -> None:
    """The commits of a merge decide, not the person who merged them."""
    merge = commit("Merge pull request #7 from ada/sort", paths=())
    agent = commit("Sort", author=COPILOT)
    assert RULES.judge(change(landing=merge, commits=(agent,))).built_with_ai == "agent"
    assert RULES.judge(change(landing=merge, commits=(commit(f"Sort\n\n{CLAUDE}"),))).built_with_ai == "assisted"


def test_text_of_the_pull_request_is_read() -> None:
    """A session in the pull request's text makes an agent, a footer assists, a template's comment says nothing."""
    session = "Link: https://app.devin.ai/sessions/0a1b2c\nRequested by Ada"
    assert RULES.judge(change(body=session, commits=(commit(),))).built_with_ai == "agent"
    footer = RULES.judge(change(body="Sorted.\n\n🤖 Generated with [Claude Code](https://x)", commits=(commit(),)))
    assert (footer.built_with_ai, footer.evidence[0].field) == ("assisted", "pr_trailer")
    template = "<!-- This change was written with Claude. -->Sorted. See https://app.devin.ai"
    assert RULES.judge(change(body=template, commits=(commit(),))).built_with_ai == "none"


def test_a_bot_that_began_keeps_its_change() -> None:
    """One commit of a person on top of a bot's leaves it automation; a bot's on top of a person's does not make it."""
    days = [datetime(2026, 1, day) for day in (1, 2, 3)]
    bot, person = commit(author=DEPENDABOT, committed_at=days[0]), commit(committed_at=days[1])
    assert RULES.judge(ChangeFacts("x#1", commits=(person, bot))).built_with_ai == "automation"
    again = commit(committed_at=days[2])
    assert RULES.judge(ChangeFacts("x#1", commits=(person, bot, again))).built_with_ai == "none"
    formatted = commit("Format", author=ACTIONS, committed_at=days[2])
    assert RULES.judge(ChangeFacts("x#1", commits=(person, formatted))).built_with_ai == "none"


def test_author_of_a_squash_is_who_opened_it() -> None:
    """A squash by a bot or an agent is theirs if they wrote some of it; who lands what others wrote made nothing."""
    person = commit(committed_at=datetime(2026, 1, 1))
    for author, made in ((DEPENDABOT, "automation"), (COPILOT, "agent")):
        own = (person, commit(author=author, committed_at=datetime(2026, 1, 2)), person)
        assert RULES.judge(ChangeFacts("x#1", commits=own, landing=commit(author=author))).built_with_ai == made
    landed_by_bot = ChangeFacts("x#1", commits=(person, person), landing=commit(author=ACTIONS))
    assert RULES.judge(landed_by_bot).built_with_ai == "none"


def test_line_attribution_outranks_rules() -> None:
    """What a tool recorded line by line wins over marks: in share, and where it recorded people alone."""
    mixed = commit(attribution=LineAttribution(30, 10, ("cursor",)))
    verdict = RULES.judge(change(commits=(mixed,)))
    assert (verdict.built_with_ai, verdict.marked_share) == ("assisted", 0.75)
    assert verdict.evidence[0].matched == "30 of 40 recorded lines cursor"
    people = commit(f"Sort\n\n{CLAUDE}", attribution=LineAttribution(0, 12))
    assert RULES.judge(change(commits=(people,))).built_with_ai == "none"
    other = commit(f"Sort\n\n{CLAUDE}", sha="b")
    assert RULES.judge(change(commits=(people, other))).built_with_ai == "assisted"


def test_merge_commit_does_not_make_its_merger_the_author() -> None:
    """Who pressed the merge button made nothing."""
    merge = landed("Merge pull request #7 from ada/sort\n\nSort the shelves", author=DEPENDABOT, paths=())
    assert RULES.judge(merge).built_with_ai == "none"


def test_nothing_known_is_nothing_found() -> None:
    """A change without commits and texts has no mark and no evidence."""
    verdict = RULES.judge(change())
    assert verdict[:6] == (False, "none", "", "", 0.0, ())
    assert verdict.probability < 0.05


def test_branch_is_named_by_what_was_merged_into_it() -> None:
    """Without a name from the forge, merges of the default branch on the way name the branch; two names name none."""
    merges = [commit(f"Merge branch 'main' into {branch}", sha=branch[0]) for branch in ("codex/sort", "topic")]
    one = RULES.judge(change(commits=(commit(), merges[0])))
    assert (one.built_with_ai, one.evidence[0].field) == ("agent", "branch")
    assert RULES.judge(change(commits=(commit(), *merges))).built_with_ai == "none"
    assert RULES.judge(change(commits=(commit(), merges[1]))).built_with_ai == "none"
    squash = "Sort the shelves (#3)\n\n* Sort\n\n* Merge branch 'main' into codex/sort\n\n* Test it"
    assert judged(squash).built_with_ai == "agent"
    assert judged("Sort the shelves\n\nThe command says: Merge branch 'main' into codex/sort").built_with_ai == "none"


def test_bot_opened_what_github_squashed_in_its_name() -> None:
    """A workflow commits in the name of whoever triggered it; the author of a squash by GitHub opened the request."""
    robot, github = ("ShopRobot", "releases@acme.example"), ("GitHub", "noreply@github.com")
    squash = commit("Translations (#3)", sha="b" * 40, author=robot, committer=github)
    assert RULES.judge(change(commits=(commit("Translations"),), landing=squash)).built_with_ai == "automation"
    by_bot = squash._replace(committer_name=robot[0], committer_email=robot[1])
    assert RULES.judge(change(commits=(commit("Translations"),), landing=by_bot)).built_with_ai == "none"
    several = (commit("Translations"), commit("Fix the test", sha="c"))
    assert RULES.judge(change(commits=several, landing=squash)).built_with_ai == "none"


def test_script_of_a_language_is_no_script_of_a_pipeline() -> None:
    """Weblate names languages by their script in its subjects."""
    for language in ("Chinese (Traditional Han script)", "German"):
        title = f"Translated using Weblate ({language})"
        assert judged(title, committer=("Weblate", "noreply@translate.acme.example")).built_with_ai == "automation"
    assert judged("Translated using Weblate: fix the upload script").built_with_ai == "none"


def test_assistance_to_an_unknown_bot_is_an_agent() -> None:
    """Where an unknown bot commits with an `Assisted-by:` line of an agent, nobody else was assisted."""
    bot = ("acme [bot]", "139863280+acme-bot@users.noreply.github.com")
    assert judged("Sign the app\n\nAssisted-by: Claude:opus-5", author=bot).built_with_ai == "agent"
    assert judged("Sign the app", author=bot).built_with_ai == "automation"
    renovate = ("renovate[bot]", "29139614+renovate[bot]@users.noreply.github.com")
    assert judged("Bump left-pad\n\nAssisted-by: Claude:opus-5", author=renovate).built_with_ai == "automation"
