"""`headway classify`: apply the AI rules to changes in a file, and score them against labels."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.session import Session

if TYPE_CHECKING:
    from warehouse.classify import Classified, ClassScore

COLUMNS = ("repo", "sha", "builds_ai", "built_with_ai", "confidence", "evidence")

EXAMPLE = """\b
Example:
  headway classify commits.ndjson --out verdicts.csv
  headway classify commits.ndjson --labels labels.csv --out -
"""


@click.command("classify", epilog=EXAMPLE)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--labels",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CSV file of labels to score against.",
)
@click.option("--out", metavar="FILE|-", help="CSV file to write (default without --labels: standard output).")
@click.pass_obj
def command(session: Session, file: Path, labels: Path | None, out: str | None) -> int:
    """Apply the AI rules to changes in a file.

    With labels, print precision, recall and F1 of each class.
    """
    from warehouse.classify import Rules, RuleSettings, classify_records, read_labels, score

    rules = Rules.load(RuleSettings.of(session.settings.ai))
    verdicts = list(classify_records(lambda: _lines(file), rules))
    target = out if out is not None else None if labels else "-"
    if target is not None:
        _write(verdicts, None if target == "-" else Path(target))
    if labels is not None:
        scores = score(verdicts, read_labels(_lines(labels)))
        click.echo("\n".join(_score_lines(scores)), err=target == "-")
    return 0


def _lines(file: Path) -> Iterator[str]:
    from headway.errors import UsageError

    try:
        with file.open(encoding="utf-8", newline="") as lines:
            yield from lines
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8: {error.reason}", hint="save it as UTF-8") from error


def _write(verdicts: Iterable[Classified], out: Path | None) -> None:
    from headway.report_files import safe_cell

    def rows() -> Iterator[tuple[str, ...]]:
        for repo, sha, verdict in verdicts:
            builds = "true" if verdict.builds_ai else "false"
            yield (
                safe_cell(repo),
                safe_cell(sha),
                builds,
                verdict.built_with_ai,
                verdict.confidence,
                safe_cell(verdict.evidence_text()),
            )

    if out is None:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows())
        return
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows())


def _score_lines(scores: Iterable[ClassScore]) -> Iterator[str]:
    yield f"{'axis':<6}{'class':<15}{'precision':>10}{'recall':>8}{'F1':>7}{'right':>7}{'wrong':>7}{'missed':>8}"
    for score in scores:
        numbers = [f"{value:.3f}" if value is not None else "–" for value in (score.precision, score.recall, score.f1)]
        yield (
            f"{score.axis:<6}{score.name:<15}{numbers[0]:>10}{numbers[1]:>8}{numbers[2]:>7}"
            f"{score.right:>7}{score.wrong:>7}{score.missed:>8}"
        )
