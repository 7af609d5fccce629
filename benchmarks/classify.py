"""The AI rules, in changes a second, beside what merely parsing the same records costs.

    python benchmarks/classify.py                made-up records
    python benchmarks/classify.py FILE.ndjson    records of one's own, such as the labelled sample (repeated to enough)

Everything is measured in one process, the best of some runs, each of which starts with empty caches; the figures to
keep are the ratios. The last line shows that memory does not grow with the number of records once the caches are full.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from warehouse.classify import Rules, classify_records, classify_repository, read_records

RECORDS = 10_000
RUNS = 5
SUBJECTS = (
    "Sort the shelves by size (#{n})",
    "fix(cart): keep the discount when line {n} is removed",
    "Bump left-pad from 1.{n} to 1.{n}.1",
    "Add OpenAI as provider {n}",
    "feat(llm): stream answer {n}",
    "Move the page of order {n} to the new layout",
    "Show an error when order {n} has no address",
    "docs: say how to run it on port {n}",
)
PEOPLE = tuple((f"Person {n}", f"person{n}@example.com") for n in range(40))
BOT = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com")
TRAILERS = (
    "",
    "",
    "",
    "Signed-off-by: Person 1 <person1@example.com>",
    "Co-authored-by: Person 2 <person2@example.com>",
    "Co-authored-by: Claude <noreply@anthropic.com>",
)
WORDS = (
    "the",
    "order",
    "keeps",
    "its",
    "lines",
    "when",
    "a",
    "customer",
    "pays",
    "later",
    "on",
    "the",
    "page",
    "with",
    "it",
)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    given = parser.parse_args()
    lines = read(given.file) if given.file else [json.dumps(record) for record in made_up(RECORDS)]
    facts = [change for _, change in read_records(lines)]
    parsing = timed(lambda: [json.loads(line) for line in lines])
    print(f"{len(lines):,} records of {sum(map(len, lines)) / len(lines):,.0f} characters")
    show("parsing JSON", parsing, parsing, len(lines))
    show("the rules", timed(lambda: consume(classify_repository(facts, Rules.load()))), parsing, len(lines))
    show(
        "records to verdicts",
        timed(lambda: consume(classify_records(lambda: lines, Rules.load()))),
        parsing,
        len(lines),
    )
    few, many = 2 * RECORDS, 6 * RECORDS
    print(f"memory of the rules: {peak_of(few):.1f} MB for {few:,} made-up records, {peak_of(many):.1f} for {many:,}")


def read(file: Path) -> list[str]:
    """The lines of a file, repeated until there are enough."""
    lines = [line for line in file.read_text(encoding="utf-8").split("\n") if line]
    return (lines * (RECORDS // len(lines) + 1))[:RECORDS]


def made_up(count: int) -> Iterator[dict[str, Any]]:
    """Records of a middling repository: short messages mostly, a few files each."""
    chance = random.Random(7)
    folders = [
        f"src/{name}/{part}" for name in ("cart", "order", "llm", "page", "stock") for part in ("api", "db", "ui")
    ]
    for number in range(count):
        author = BOT if chance.random() < 0.1 else chance.choice(PEOPLE)
        body = " ".join(chance.choices(WORDS, k=chance.choice((0, 0, 20, 60, 200))))
        yield {
            "repo": "acme/shop",
            "sha": f"{chance.getrandbits(160):040x}",
            "author_name": author[0],
            "author_email": author[1],
            "committer_name": "GitHub",
            "committer_email": "noreply@github.com",
            "committed_at": "2026-01-19T15:44:49+01:00",
            "message": f"{chance.choice(SUBJECTS).format(n=number)}\n\n{body}\n\n{chance.choice(TRAILERS)}",
            "files": [
                {"status": "M", "path": f"{chance.choice(folders)}/{chance.randrange(40)}.py", "added": 3, "deleted": 1}
                for _ in range(chance.choice((1, 1, 2, 2, 3, 5, 12)))
            ],
        }


def peak_of(count: int) -> float:
    """The most memory, in MB, that streaming so many records through the rules takes."""
    rules = Rules.load()
    tracemalloc.start()
    consume(classify_records(lambda: (json.dumps(record) for record in made_up(count)), rules))
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return peak


def consume(items: Iterable[object]) -> None:
    """Go through all, keep none."""
    deque(items, maxlen=0)


def timed(work: Callable[[], object]) -> float:
    """Seconds of one core that the work takes, at best."""
    best = float("inf")
    for _ in range(RUNS):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def show(name: str, seconds: float, parsing: float, records: int) -> None:
    """One line of the table."""
    each = f"{seconds / records * 1e6:7.1f} µs each"
    print(f"{name:<22}{each}{records / seconds:>12,.0f} a second{seconds / parsing:>8.1f} x parsing")


if __name__ == "__main__":
    main()
