"""However a pull request lands, and whoever makes a release: the built tables equal what happened in the simulation."""

from __future__ import annotations

import io
from collections import Counter
from csv import DictReader
from pathlib import Path

import pytest

from collectors.simulate.company.styles import STYLES
from pipeline import demo_check
from pipeline.demo import build_demo
from pipeline.session import Session
from tests.builders.demo import UNTIL, session_in
from tests.pipeline.test_truth import differences

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def styled(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A company in which pull requests land in every style."""
    folder = tmp_path_factory.mktemp("styles")
    return build_demo(
        folder / "demo", session_in(folder), until=UNTIL, clock=lambda: 0.0, stream=io.StringIO(), size="styled"
    )


def rows(company: Session) -> list[dict[str, str]]:
    """The rows of the truth table."""
    with (company.folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        return list(DictReader(file))


def test_every_style_of_landing_comes_to_the_truth(styled: Session) -> None:
    """Batches, stacks, squashes, rebases, scripts and merges by hand: every milestone, outcome and kind is true."""
    assert {row["style"] for row in rows(styled)} - {""} == set(STYLES)
    assert differences(styled) == {}


def test_every_kind_is_the_true_one(styled: Session) -> None:
    """People's releases are releases; a bumped dependency, a mended changelog and a release with a fix are work."""
    told = rows(styled)
    kinds = Counter(row["kind"] for row in told)
    assert min(kinds["work"], kinds["bot"], kinds["release"]) > 10
    assert {row["kind"] for row in told if row["mark"] == "like_a_release"} == {"work"}
    for kind in ("work", "bot", "release"):
        assert differences(styled, f"kind = '{kind}'") == {}


@pytest.mark.parametrize(
    ("true", "other", "name"), [(",release,", ",work,", "kind"), (",nested,", ",merge,", "landed_by")]
)
def test_another_kind_or_landing_would_be_noticed(
    styled: Session, tmp_path: Path, true: str, other: str, name: str
) -> None:
    """A truth in which releases are work, or nested pull requests merged ones, is not the one that was built."""
    text = (styled.folder / "truth.csv").read_text(encoding="utf-8")
    (tmp_path / "truth.csv").write_text(text.replace(true, other), encoding="utf-8")
    assert name in demo_check.differences(tmp_path, styled.settings.warehouse_folder)
