"""Cut texts lack what nobody reads, and everything that is read in them reads the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.settings import load
from tests.builders.forge import Forge
from tests.builders.rows import arrow, built
from warehouse.upkeep.cut_texts import CutTexts

CUT = CutTexts(load(None, {}, folder=Path()))
PROSE = "The cellar door squeaks, and nobody would oil it."
READ = (
    "Closes #12",
    "Reverts commit 0123456789abcdef0123456789abcdef01234567.",
    "(cherry picked from commit 0123456789abcdef0123456789abcdef01234567)",
    "Co-authored-by: Claude <noreply@anthropic.com>",
    "Signed-off-by: Ann Author <ann@example.com>",
    "Generated with Claude Code",
    "Reviewed-on: https://review.example/c/shop/+/12",
    "12: Take cards r=bob a=ann",
    "* Take cards",
    "- [x] I used an AI tool",
    "After INC-7",
    "---------",
)


@pytest.mark.parametrize("line", READ)
def test_line_that_is_read_stays(line: str) -> None:
    """What finds changes or tells of AI stays between sentences that do not; lines and characters keep their places."""
    body = f"{PROSE}\n\n{line}\n{PROSE}\n"
    for text in (CUT.message(f"Take cards\n\n{body}"), f"Take cards\n\n{CUT.body(body)}"):
        assert line in text
        assert text.startswith("Take cards\n")
        assert len(text) == len(f"Take cards\n\n{body}")
        assert "cellar" not in text.partition(line)[0], "a paragraph of its own"


def test_title_of_a_merge_stays() -> None:
    """The first line below a merge is the title of its request."""
    merge = f"Merge pull request #1 from ann/topic\n\nTake cards\n\n{PROSE}"
    assert CUT.message(merge) == merge.replace(PROSE, "".join(" " if letter != " " else letter for letter in PROSE))


def test_no_number_changes() -> None:
    """Milestones, verdicts, titles and kinds of changes are those of whole texts."""
    texts = {2: "A GPT-4 summary\n\nTakes cards.", 3: f"{PROSE}\n\nWas AI tooling used?\nYes, Copilot.", 4: PROSE}
    whole, cut = _shop(texts), _shop(texts)
    for table, rows in whole.rows.items():
        cut.rows[table] = CUT.rows(table, arrow(table, rows)).to_pylist()
    assert "cellar" in repr(whole.rows)
    assert "cellar" not in repr(cut.rows["pull_request_commits"]) + repr(cut.rows["commits"])
    with built(whole, as_of=40) as before, built(cut, as_of=40) as after:
        for table in ("change_landings", "classification", "fixes", "change_kinds"):
            query = f"select * from {table} order by all"
            assert after(query) == before(query), table
        query = "select * from lead_times order by change_id"
        assert after(query) == before(query)


def _shop(bodies: dict[int, str]) -> Forge:
    messages = {f"m{number}": f"Add {number} (#{number})\n\n{body}" for number, body in bodies.items()}
    shop = Forge("acme/shop").commits("r@0 m2@5 m3@9 m4@12", says=messages).deploy("d1", "m2", 6).deploy("d2", "m4", 20)
    for place, (number, body) in enumerate(bodies.items()):
        at = 2.0 + 3 * place
        shop.request(
            number,
            opened=at,
            commits=f"b{number}@{at - 1}",
            merged=at + 2,
            merge=f"m{number}",
            body=body,
            says=f"Work\n\n{body}",
        )
    return shop
