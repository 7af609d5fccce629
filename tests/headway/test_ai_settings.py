from __future__ import annotations

import random
from pathlib import Path

import pytest

from headway.errors import UsageError
from headway.settings import AiSettings, load
from headway.settings.ai import LONGEST_PATTERN
from headway.settings.reader import FILE_NAME
from tests.builders.rows import Raw, built, ruled
from warehouse.classify import ChangeOverride, Rules, RuleSettings

RULES = [
    "[[ai.rules]]\nid = 'house-agent'\npattern = '^made-by: house'\nlevel = 'authored'\nconfidence = 'weak'\n",
    "[[ai.rules]]\nid = 'house'\npattern = 'house'\nunless = '^no'\n",
    "[[ai.rules]]\nid = 'ranking'\naxis = 'what'\nfield = 'title'\npattern = 'Rank'\nweight = 3\ncase = true\n",
    "[[ai.rules]]\nid = 'ranks'\naxis = 'what'\nfield = 'title'\npattern = '[Rr]anks'\nweight = 3.0\n",
    "[ai.weights]\nword-ai = 3\n",
    "[ai.numbers]\nstrong = 5\n",
    "[[ai.overrides]]\nchange = 'github:acme/shop#3'\nbuilt_with_ai = 'agent'\nnote = 'pairing day'\n",
    "[[ai.overrides]]\nchange = 'github:acme/shop#4'\nbuilds_ai = false\n",
]


def read(folder: Path, text: str) -> AiSettings:
    """The section `[ai]` of a file of this text."""
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return load(None, {}, folder=folder).ai


def complaint(folder: Path, text: str) -> str:
    """What is said, in both lines, of settings or rules that are not understood."""
    with pytest.raises(UsageError) as caught:
        Rules.load(RuleSettings.of(read(folder, text)))
    assert caught.value.exit_code == 2
    return f"{caught.value}\n{caught.value.hint}"


def told(ai: AiSettings) -> dict[int, tuple[object, ...]]:
    """What a build under these settings says of some changes."""
    raw = Raw("acme/shop", provider="github")
    shown = {1: "Rank the Ranks", 2: "Say AI", 3: "Sort", 4: "Ask the LLM", 5: "Tidy"}
    for number, title in shown.items():
        body = "Made-by: House" if number == 5 else ""
        raw.change(number, title=title, body=body, opened=1, ready=1, code_complete=2, merged=3)
    settings = ruled()
    with built(raw, settings=type(settings)(base=settings.base, deployments=settings.deployments, ai=ai)) as tables:
        query = "select number, builds_ai, built_with_ai, ai_confidence, ai_evidence from lead_times order by number"
        return {row["number"]: tuple(row.values())[1:] for row in tables(query)}


@pytest.mark.slow
def test_every_kind_of_rule_is_read_and_works(tmp_path: Path) -> None:
    """Rules of one's own, weights, numbers and overrides of the file decide what a build says, and are named."""
    rows = told(read(tmp_path, "\n".join(RULES)))
    assert rows[1][:3] == (True, "none", "weak")  # 3 and a half, of the 5 that make it strong
    assert "what ranking subject" in str(rows[1][3])
    assert rows[2][:3] == (True, "none", "weak")
    assert rows[3] == (False, "agent", "strong", 'how override agent "pairing day"')
    assert rows[4][:2] == (False, "none")
    assert 'what override no "the team\'s own answer"' in str(rows[4][3])
    assert rows[5][1] == "assisted"
    assert "how house-agent pr_trailer" in str(rows[5][3])


def test_order_of_settings_means_nothing(tmp_path: Path) -> None:
    """The same tables in any order make the same tables, evidence included."""
    expected = told(read(tmp_path, "\n".join(RULES)))
    for seed in range(3):
        dealt = random.Random(seed).sample(RULES, len(RULES))
        assert told(read(tmp_path, "\n".join(dealt))) == expected


def test_settings_become_those_of_the_engine(tmp_path: Path) -> None:
    """What is not set in a table stays with the built-in defaults."""
    ai = read(tmp_path, "[ai]\nai_repos = ['acme/brain-*']\n" + "\n".join(RULES))
    settings = RuleSettings.of(ai)
    assert settings.ai_repos == ("acme/brain-*",)
    assert (settings.weights, settings.numbers) == ({"word-ai": 3.0}, {"strong": 5.0})
    assert settings.overrides["github:acme/shop#4"] == ChangeOverride(builds_ai=False)
    assert settings.overrides["github:acme/shop#3"] == ChangeOverride(built_with_ai="agent", note="pairing day")
    assert RuleSettings.of(AiSettings()) == RuleSettings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[[ai.rules]]\nid = 'x'\npattern = 'a'\nfield = 'feild'\n",
            "'feild' is not a field of the axis how\nuse one of app",
        ),
        ("[[ai.rules]]\nid = 'x'\npattern = 'a'\naxis = 'what'\n", "'line' is not a field of the axis what"),
        ("[[ai.rules]]\nid = 'x'\npattern = '('\n", "[[ai.rules]] 1 pattern is not a regular expression"),
        ("[[ai.rules]]\nid = 'x'\npattern = 'a'\nunless = '['\n", "[[ai.rules]] 1 unless is not a regular expression"),
        (f"[[ai.rules]]\nid = 'x'\npattern = '{'a' * (LONGEST_PATTERN + 1)}'\n", "more than 1,000 characters"),
        (f"[[ai.rules]]\nid = 'x'\npattern = '{'(' * 500 + ')' * 500}'\n", "is not a regular expression"),
        ("[[ai.rules]]\nid = 'x'\n", "[[ai.rules]] 1 needs an id and a pattern"),
        ("[[ai.rules]]\npattern = 'x'\n", "needs an id and a pattern"),
        ("[[ai.rules]]\nid = 'x'\npattern = 'a'\naxis = 'who'\n", "axis is not one of how, what"),
        ("[[ai.rules]]\nid = 'x'\npattern = 'a'\nlevel = 'z'\n", "level is not one of authored"),
        ("[[ai.rules]]\nid = 'x'\npattern = 'a'\nverdict = 'person'\n", "verdict is not one of ai, automation"),
        ("[[ai.rules]]\nid = 'x'\npattern = 'a'\nwieght = 2\n", "unknown setting 'wieght' in [[ai.rules]] 1\ndid you"),
        ("[[ai.rules]]\nid = 'x'\npattern = 'a'\nweight = 'much'\n", "weight is not a number: 'much'"),
        ("[[ai.rules]]\nid = 'x'\npattern = 'a'\nweight = nan\n", "weight is not a number"),
        ("[[ai.rules]]\nid = 'x'\npattern = 'a'\naxis = 'what'\nfield = 'title'\n", "weighs nothing"),
        (RULES[0] + RULES[0], "[[ai.rules]] has 'house-agent' twice"),
        ("[ai]\nrules = ['x']\n", "[[ai.rules]] 1 is not a table"),
        ("[ai]\nrules = 'x'\n", "is not a list of tables\nwrite [[ai.rules]]"),
        ("[ai.weights]\nsubject-lm = 1\n", "'subject-lm' in weights of rules\ndid you mean 'subject-llm'?"),
        ("[ai.weights]\nsubject-llm = true\n", "[ai] weights subject-llm is not a number: True"),
        ("[ai]\nweights = 3\n", "[ai] weights is not a table\nwrite [ai.weights]"),
        ("[ai.numbers]\nbuild_ai = 1\n", "did you mean 'builds_ai'?"),
        ("[ai]\ndisable = ['claude-cod']\n", "did you mean 'claude-code'?"),
        ("[[ai.overrides]]\nbuilds_ai = true\n", "[[ai.overrides]] 1 names no change"),
        ("[[ai.overrides]]\nchange = 'x'\n", "[[ai.overrides]] 1 sets nothing"),
        ("[[ai.overrides]]\nchange = 'x'\nbuilt_with_ai = 'human'\n", "not one of agent, assisted, none, automation"),
        ("[[ai.overrides]]\nchange = 'x'\nbuilds_ai = 'yes'\n", "builds_ai should be a bool"),
        (RULES[7] + RULES[7], "[[ai.overrides]] has 'github:acme/shop#4' twice"),
    ],
)
def test_wrong_rule_is_told(text: str, said: str, tmp_path: Path) -> None:
    """What is not understood is an error that says where it stands and what would be right."""
    assert said in complaint(tmp_path, text)
