from __future__ import annotations

import pytest

from tests.warehouse.classify.making import PERSON, RULES, commit, judged, rules_of
from warehouse.classify import Author, Rules, RuleSettings, unknown_bots

NOREPLY = "users.noreply.github.com"

AGENTS = [
    ("Copilot", f"198982749+Copilot@{NOREPLY}"),
    ("copilot-swe-agent[bot]", f"198982749+Copilot@{NOREPLY}"),
    ("Claude", "noreply@anthropic.com"),
    ("claude[bot]", f"209825114+claude[bot]@{NOREPLY}"),
    ("Cursor Agent", "cursoragent@cursor.com"),
    ("devin-ai-integration[bot]", f"158243242+devin-ai-integration[bot]@{NOREPLY}"),
    ("google-labs-jules[bot]", f"161369871+google-labs-jules[bot]@{NOREPLY}"),
    ("Ada Baker (aider)", "ada@example.com"),
    ("openhands", "openhands@all-hands.dev"),
    ("Codex", "codex@openai.com"),
    ("seer-by-sentry[bot]", f"1+seer-by-sentry[bot]@{NOREPLY}"),
    ("Junie", "junie@jetbrains.com"),
    ("lovable-dev[bot]", f"lovable-dev[bot]@{NOREPLY}"),
    ("Helper of Acme", f"158243242+devin-ai-integration[bot]@{NOREPLY}"),
    ("shop-ai-agent[bot]", f"77+shop-ai-agent[bot]@{NOREPLY}"),
    ("Shop AI Agent", f"77+shop-ai-agent[bot]@{NOREPLY}"),
    ("shop-coding-agent[bot]", f"77+shop-coding-agent[bot]@{NOREPLY}"),
    ("shop-claude[bot]", f"77+shop-claude[bot]@{NOREPLY}"),
    ("Shop AI Assistant", "assistant@example.com"),
    ("Ada's Codex Agent", "codex@example.com"),
    ("anthropic-code-agent[bot]", f"242468646+Claude@{NOREPLY}"),
]

AUTOMATION = [
    ("dependabot[bot]", f"49699333+dependabot[bot]@{NOREPLY}"),
    ("renovate[bot]", f"29139614+renovate[bot]@{NOREPLY}"),
    ("Renovate Bot", "renovate@example.com"),
    ("github-actions[bot]", f"41898282+github-actions[bot]@{NOREPLY}"),
    ("GitHub Actions", "actions@github.com"),
    ("pre-commit-ci[bot]", f"66853113+pre-commit-ci[bot]@{NOREPLY}"),
    ("Hosted Weblate", "hosted@weblate.org"),
    ("Crowdin Bot", "support+bot@crowdin.com"),
    ("semantic-release-bot", "semantic-release-bot@example.com"),
    ("Acme Release Bot", "releases@example.com"),
    ("AcmeBot", "acme@example.com"),
    ("acme-ci-robot", "robots@example.com"),
    ("Docs (bot)", "docs@example.com"),
    ("tidy-up[bot]", f"77+tidy-up[bot]@{NOREPLY}"),
    ("shop machine user", "machine@example.com"),
    ("kibanamachine", f"42973632+kibanamachine@{NOREPLY}"),
    ("Acme", "acme-bot@example.com"),
    ("Build Service", "svc-build@example.com"),
    ("Mill", "project_42_bot_a1b2@noreply.example.com"),
    ("Updates of Acme", f"49699333+dependabot[bot]@{NOREPLY}"),
    ("shop-agent[bot]", f"77+shop-agent[bot]@{NOREPLY}"),
    ("shop-agent-release[bot]", f"77+shop-agent-release[bot]@{NOREPLY}"),
    ("shop-ai-release[bot]", f"77+shop-ai-release[bot]@{NOREPLY}"),
    ("lokalise[bot]", f"77+lokalise[bot]@{NOREPLY}"),
    ("Weblate (bot)", "noreply-mt@weblate.org"),
    ("Codeberg Translate", "translate@codeberg.org"),
]

PEOPLE = [
    ("Devin Jones", "devin@example.com"),
    ("Jules Verne", "jules@example.org"),
    ("Claude Monet", "claude@example.fr"),
    ("Cody Cursor", "cody@example.com"),
    ("Ann Staff", "ann@anthropic.com"),
    ("Otto Staff", "otto@openai.com"),
    ("Carl Staff", "carl@cursor.com"),
    ("Paul Aider", "paul@aider.chat"),
    ("Clem", "clem@claude.internal.example.com"),
    ("Tim Talbot", "talbot@example.com"),
    ("Anna Abbott", "abbott@example.com"),
    ("Aaron Abbot", "aaron@example.com"),
    ("Elena Botha", "botha@example.com"),
    ("Llama Fan", "glm-llama@example.com"),
    ("Marc Ci", "ciotti@example.com"),
    ("Zoe Zed", "noreply@zed.dev"),
    ("Lucy", "noreply@github.com"),
    ("Ai Tanaka", "ai@example.jp"),
    ("Real Estate Agent", "agent@example.com"),
    ("Claude Bot-Dupont", "claude@example.fr"),
]


@pytest.mark.parametrize(("name", "email"), AGENTS)
def test_agent_as_author_is_an_agent(name: str, email: str) -> None:
    """An agent's identity as the author makes the change an agent's, with that identity as evidence."""
    verdict = judged(author=(name, email))
    assert (verdict.built_with_ai, verdict.confidence_how, verdict.marked_share) == ("agent", "strong", 1.0)
    assert verdict.evidence[0].field in {"author_email", "author_name"}


@pytest.mark.parametrize(("name", "email"), AUTOMATION)
def test_bot_is_automation(name: str, email: str) -> None:
    """Bots that are no AI agents are automation, known or only looking like one."""
    verdict = judged("Bump left-pad from 1.0 to 1.1", author=(name, email), paths=("package.json",))
    assert verdict.built_with_ai == "automation"


@pytest.mark.parametrize(("name", "email"), PEOPLE)
def test_person_is_no_agent(name: str, email: str) -> None:
    """People who are called like a tool, or work for its vendor, or have an odd address, are people."""
    verdict = judged(author=(name, email), paths=("src/a.py",))
    assert verdict.built_with_ai == "none"
    assert verdict.evidence == ()


@pytest.mark.parametrize(
    "trailer",
    [
        "Co-Authored-By: Claude Opus 4.8 (1M context) <noreply@anthropic.com>",
        "co-authored-by: Cursor <cursoragent@cursor.com>",
        "Co-authored-by: Copilot <223556219+Copilot@users.noreply.github.com>",
        f"Co-authored-by: Copilot Autofix powered by AI <62310815+github-advanced-security[bot]@{NOREPLY}>",
        "Co-developed-by: Codex <noreply@openai.com>",
        "> Co-authored-by: opencode <noreply@opencode.ai>",
        "Co-authored-by: openhands openhands@all-hands.dev",
        "Co-authored-by: coderabbitai[bot] <136622811+coderabbitai[bot]@users.noreply.github.com>",
        "Co-authored-by: Gemini",
        "Co-authored-by: Claude",
        "Co-authored-by: GPT-5 <gpt@localhost>",
        "Co-authored-by: Claude Sonnet 4.5 <noreply@example.com>",
        "Co-authored-by: nightshift <nightshift-agent@localhost>",
        "Co-authored-by: Coding Agent <robot@example.com>",
        "Authored-by: GitHub Copilot CLI v1.0.68",
        "Authored-by: Ada's helper (AI Assistant) <helper@example.com>",
        "Co-authored-by: OpenCode Claude <opencode-claude@anthropic.com>",
        f"Co-authored-by: shop-ai-agent[bot] <77+shop-ai-agent[bot]@{NOREPLY}>",
    ],
)
def test_agent_as_co_author_assists(trailer: str) -> None:
    """A person's commit with an AI co-author is assisted, whoever that is and wherever the line stands."""
    verdict = judged(f"Sort the shelves\n\nThey were a mess.\n\n{trailer}\n\nSigned-off-by: Ada <ada@example.com>")
    assert verdict.built_with_ai == "assisted"
    assert verdict.evidence[0].field.startswith("coauthor_")


@pytest.mark.parametrize(
    "trailer",
    [
        "Co-authored-by: Claude Monet <claude@example.fr>",
        "Co-authored-by: Devin <devin@example.com>",
        "Co-authored-by: Jules <jules@example.com>",
        "Co-authored-by: Claude <claude.dupont@example.fr>",
        "Co-authored-by: dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
        "Co-authored-by: github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>",
        "Signed-off-by: Claude <noreply@anthropic.com>",
        "Co-authored-by: Ann Staff <ann@anthropic.com>",
        f"Co-authored-by: shop-agent[bot] <77+shop-agent[bot]@{NOREPLY}>",
        "Reviewed-by: Copilot <175728472+Copilot@users.noreply.github.com>",
    ],
)
def test_other_trailers_change_nothing(trailer: str) -> None:
    """A co-author who is a person or a plain bot, and a tool that only reviewed, leave the change as it is."""
    assert judged(f"Sort the shelves\n\n{trailer}").built_with_ai == "none"


def test_subject_is_no_trailer() -> None:
    """A subject that looks like a trailer is a subject."""
    assert judged("Co-authored-by: Claude <noreply@anthropic.com>").built_with_ai == "none"
    assert judged("Generated-by: Claude Code").built_with_ai == "none"


def test_agent_as_committer_assists() -> None:
    """A person's commit that an agent committed is assisted."""
    verdict = judged(committer=("Claude", "noreply@anthropic.com"))
    assert verdict.built_with_ai == "assisted"
    assert verdict.evidence[0].field == "committer_email"


@pytest.mark.parametrize(("day", "confidence"), [(14, "strong"), (15, "weak"), (30, "weak")])
def test_window_of_the_editor_setting_is_discounted(day: int, confidence: str) -> None:
    """While an editor marked everybody, its mark alone is weak; with another mark it does not matter."""
    at = commit().committed_at
    assert at is not None
    trailer = "Co-authored-by: Copilot <copilot@github.com>"
    day_of_it = at.replace(month=4, day=day)
    assert judged(f"Fix\n\n{trailer}", committed_at=day_of_it).confidence_how == confidence
    both = judged(f"Fix\n\n{trailer}\nCo-authored-by: Claude <noreply@anthropic.com>", committed_at=day_of_it)
    assert both.confidence_how == "strong"


def test_own_bot_that_mends_code_is_an_agent() -> None:
    """A bot that nobody named and that fixes source code is taken for an organisation's own agent, weakly."""
    author = ("Shop Helper (bot)", "helper@example.com")
    verdict = judged("fix(cart): keep the discount when a line is removed", author=author)
    assert (verdict.built_with_ai, verdict.confidence_how) == ("agent", "weak")
    assert rules_of(verdict, "how") == {"bot-writes-code"}
    for subject in ("fix(deps): update left-pad", "feat(api): regenerate the client", "Fix the cart", "chore: format"):
        assert judged(subject, author=author).built_with_ai == "automation"
    assert judged("fix: pin the action", author=author, paths=(".github/ci.yml",)).built_with_ai == "automation"
    known = ("renovate[bot]", f"29139614+renovate[bot]@{NOREPLY}")
    assert judged("fix: keep the discount", author=known).built_with_ai == "automation"


@pytest.mark.parametrize(
    "subject",
    [
        "New Crowdin updates (#12)",
        "Translations update from Hosted Weblate",
        "Translated using Weblate (German)",
        "fix(l10n): Update translations from Transifex",
        "New translations messages.po (Dutch)",
        "Lokalise: translations update",
    ],
)
def test_what_a_translation_platform_lands_is_automation(subject: str) -> None:
    """A translation platform's own subject is automation, whoever's account lands it."""
    assert judged(subject, paths=("locale/de.po",)).built_with_ai == "automation"


@pytest.mark.parametrize(
    "subject",
    ["Fix the Crowdin workflow", "Add support for Weblate", "Translate the error message", "Update Crowdin config"],
)
def test_work_on_translations_is_work(subject: str) -> None:
    """A change about translations, or about the platform's setup, is a person's."""
    assert judged(subject).built_with_ai == "none"


def test_unknown_bots_are_listed() -> None:
    """Bots that no rule knows by name are listed for a person to sort, the busiest first."""
    helper, tidy = ("Helper Bot", "helper@example.com"), ("tidy[bot]", f"9+tidy[bot]@{NOREPLY}")
    dependabot = ("dependabot[bot]", f"49699333+dependabot[bot]@{NOREPLY}")
    authors = [Author(*helper, 1), Author(*tidy, 2), Author(*PERSON, 9), Author(*dependabot, 7)]
    logins = [("tidy[bot]", 4), ("mend", 3), ("claude", 5)]
    authors += [Author(login, "", count, "bot") for login, count in logins]
    found = unknown_bots(authors, RULES)
    assert [(bot.name, bot.written, bot.rule) for bot in found] == [
        ("mend", 3, "bot-account"),
        ("tidy[bot]", 2, "bot-account"),
        ("Helper Bot", 1, "bot-name"),
    ]
    named = RuleSettings(ai_identities=("mend",), automation_identities=("helper@example.com", "tidy*"))
    assert unknown_bots(authors, Rules.load(named)) == []
