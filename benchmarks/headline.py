"""Whether findings about AI work are there: false findings, power and coverage in simulated companies.

    python benchmarks/headline.py                 400 companies for each number of repositories, 200 for each interval
    python benchmarks/headline.py 40 20           fewer of them
    python benchmarks/headline.py 400 200 null    one table: null, power or cover
    python benchmarks/headline.py 100 1 null --repositories 20 --first 120     100 others of 20 repositories

`null`: with no difference, the share of companies of which any finding is called significant. `power`: with AI work
that takes 1.3 times as long before the merge, the share in which the headline says so. `cover`: how often each interval
holds the truth for its own question: in these repositories the effect in endless months of each of them, repositories
weighted as the estimate does; in repositories like these the mean of that over companies. The truth of a change is the
same change with its group exchanged, everything else (its luck, its trains) as it was.

Measured in November 2026. No difference, any finding called significant: 4.0, 2.5, 3.0 and 3.2 % of 400 companies with
1, 2, 3 and 4 repositories; in December 2.2, 4.8 and 3.0 % of 400 with 5, 8 and 20 (95 % ranges 1.0 to 4.2, 2.9 to 7.3
and 1.6 to 5.2). Of these 1,200 by kind: even 3.7, uneven 3.0, one with 80 % 3.3; by world: trains 5.2, bursts 3.0,
shocks 3.4, drift 1.7. 1.3 times as long, 200 each: mixed cadence 99.5 % even, 98.5 % uneven, 95 % where one has 80 %;
weekly trains alone 92, 90 and 83.5 % (ranges 87 to 95, 85 to 94, 78 to 88). Intervals, 40 companies each of seven
kinds, five measures: in these repositories 90 to 100 % (mean 96.1), in repositories like these 92.5 to 100 % (mean
96.0). Held against this year's own changes with their luck, rather than other months of the same repositories, the
first held it in 97.7 % (60 companies of six kinds): what varies between months is then no error.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analytics.cohort.cohort import LEAD_STAGES, Cohort

SEED = 16_105
YEAR, DAY, HORIZON = 8760.0, 24.0, 720.0
START = datetime(2025, 1, 1)
KINDS = ("even", "uneven", "one has 80 %")
WORLDS = ("trains", "bursts", "shocks", "drift")
REPOSITORIES = (1, 2, 3, 4, 5, 8, 20)
CADENCES = (7.0, 1.0, 0.05, 3.0)
STAGES = ("pickup", "review", "merge")
_ENDLESS = 30_000


@dataclass(frozen=True)
class World:
    """How a company works.

    `cadences`: days between trains, one for each repository. `bursts`: AI work comes in fortnights. `shocks`: standard
    deviation of months' pace (log). `drift`: AI work from 5 to 45 % of all in a year in which everything gets twice as
    slow. `effect`, `differ`: of AI work before the merge, and how much that differs. `watched`: until this hour.
    """

    cadences: tuple[float, ...] = CADENCES
    bursts: bool = False
    shocks: float = 0.0
    drift: bool = False
    effect: float = 1.0
    differ: float = 0.0
    watched: float = YEAR


NULL = {
    "trains": World(cadences=(7.0,)),
    "bursts": World(bursts=True),
    "shocks": World(cadences=(7.0,), bursts=True, shocks=0.4),
    "drift": World(drift=True),
}


@dataclass(frozen=True, eq=False)
class Company:
    """Its changes, (changes,) each, and the true effects of AI work in endless months of each repository."""

    watched: float
    repository: np.ndarray
    begun: np.ndarray
    ai: np.ndarray
    stages: np.ndarray
    hours: np.ndarray
    abandoned: np.ndarray
    effects: list[dict[str, float]]


@dataclass(frozen=True, eq=False)
class Traits:
    """What a repository is like: its `share` of AI work, `pace` of three stages (log), hours between trains."""

    share: float
    pace: np.ndarray
    effect: float
    gap: float


def sizes(kind: str, repositories: int, changes: int) -> np.ndarray:
    """How many changes each repository has."""
    weight = np.exp(np.linspace(-1.2, 1.2, repositories)) if kind == "uneven" else np.ones(repositories)
    if kind == "one has 80 %" and repositories > 1:
        weight[0] = 4.0 * (repositories - 1)
    return np.asarray(np.maximum((weight / weight.sum() * changes).astype(int), 20))


def company(dice: np.random.Generator, kind: str, repositories: int, world: World, *, endless: int = 0) -> Company:
    """A year of a company; `endless`: changes of each repository by which the true effects are known."""
    parts, effects = [], []
    for place, size in enumerate(sizes(kind, repositories, 3200).tolist()):
        traits = Traits(
            float(np.clip(dice.beta(4, 17), 0.03, 0.9)),
            dice.normal(0.0, 0.5, 3),
            float(world.effect * np.exp(dice.normal(0.0, world.differ))),
            float(dice.choice(world.cadences) * DAY),
        )
        begun, ai, lives = _lives(dice, traits, size, YEAR, world)
        parts.append((np.full(size, place), begun, ai, *_of_group(ai, lives)))
        if endless:
            effects.append(_effects(*_lives(dice, traits, endless, endless / size * YEAR, world)))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    columns = [column[columns[1] < world.watched] for column in columns]
    repository, begun, ai, stages, hours, abandoned = columns
    return Company(world.watched, repository, begun, ai, stages, hours, abandoned, effects)


Life = tuple[np.ndarray, np.ndarray, np.ndarray]


def _lives(
    dice: np.random.Generator, traits: Traits, size: int, span: float, world: World
) -> tuple[np.ndarray, np.ndarray, tuple[Life, Life]]:
    """When changes of so many hours begin, which are AI work, and their lives as AI work and as other work."""
    begun = np.sort(dice.uniform(0.0, span, size))
    ai = dice.random(size) < _share_of_ai(dice, traits.share, begun, world)
    shocks = dice.normal(0.0, world.shocks, (int(span / 720.0) + 1, 3))
    pace = np.exp(traits.pace + shocks[(begun // 720.0).astype(int)])
    pace = pace * (2.0 ** (begun / YEAR))[:, None] if world.drift else pace
    wait = dice.lognormal(np.log([10.0, 14.0, 4.0]), 1.3, (size, 3)) * pace
    trains = int((span + 3.0 * YEAR) / traits.gap)
    left = np.flatnonzero(dice.random(trains) >= 0.15) * traits.gap + dice.uniform(0.0, traits.gap)
    closing = np.where(dice.random(size) < 0.06, dice.lognormal(4.0, 1.2, size), np.inf)
    return begun, ai, (_life(begun, wait * traits.effect, left, closing), _life(begun, wait, left, closing))


def _of_group(ai: np.ndarray, lives: tuple[Life, Life]) -> list[np.ndarray]:
    """The life of each change as what it is."""
    return [np.where(ai if one.ndim == 1 else ai[:, None], one, two) for one, two in zip(*lives, strict=True)]


def _share_of_ai(dice: np.random.Generator, share: float, begun: np.ndarray, world: World) -> np.ndarray:
    if world.drift:
        return np.asarray(np.clip((0.05 + 0.4 * begun / YEAR) * np.exp(dice.normal(0.0, 0.3)), 0.01, 0.95))
    fortnight = (begun // 336.0).astype(int)
    fortnights = int(fortnight.max()) + 1
    if not world.bursts:
        return np.full(begun.size, share)
    return np.asarray(dice.beta(2.0 * share, 2.0 * (1.0 - share), fortnights)[fortnight])


def _life(begun: np.ndarray, wait: np.ndarray, left: np.ndarray, closing: np.ndarray) -> Life:
    """When each stage before the merge ends (changes, 3), when all ends, and whether that is by being closed."""
    ends = wait.cumsum(axis=1)
    ready = begun + ends[:, 2]
    train = left[np.minimum(np.searchsorted(left, ready), left.size - 1)]
    gone = closing < ends[:, 2]
    return ends, np.where(gone, closing, train - begun + 0.5), gone


def cohort(made: Company) -> Cohort:
    """As Headway reads it."""
    until = made.watched - made.begun
    seen = np.minimum(made.hours, until)
    ends = np.minimum(np.column_stack([made.stages, np.where(made.abandoned, np.inf, made.hours)]), seen[:, None])
    begins = np.column_stack([np.zeros(seen.size), ends[:, :-1]])
    entered = begins < seen[:, None]
    spent = np.where(entered, ends - begins, np.nan)
    columns = {f"{stage}_hours": pl.Series([None] * seen.size, dtype=pl.Float64) for stage in LEAD_STAGES}
    for place, stage in enumerate((*STAGES, "release")):
        columns[f"{stage}_hours"] = pl.Series(spent[:, place]).fill_nan(None)
    table = pl.DataFrame(
        {
            **columns,
            "repo": [f"acme/{place:02}" for place in made.repository.tolist()],
            "builds_ai": made.ai,
            "built_with_ai": "none",
            "kind": "work",
            "outcome": np.where(made.hours > until, "waiting", np.where(made.abandoned, "abandoned", "production")),
            "code_complete_at": [START + timedelta(hours=hours) for hours in made.begun.tolist()],
            "as_of": START + timedelta(hours=made.watched),
            "additions": (made.begun * 7.0 % 300.0).astype(int),
            "deletions": 1,
            "team": "",
        }
    )
    return Cohort(table.with_columns(hours=pl.sum_horizontal(f"{stage}_hours" for stage in LEAD_STAGES)), 0, 0)


def findings(job: tuple[int, str, int, World, int]) -> tuple[set[str], bool]:
    """The kinds of findings called significant in one company, and whether the headline says later."""
    from analytics.comparison import ai_beside_other, compare
    from analytics.text.findings import findings_of

    place, kind, repositories, world, number = job
    made = company(np.random.default_rng([SEED, place, repositories, number]), kind, repositories, world)
    compared = compare(cohort(made), ai_beside_other())
    kinds = {finding.kind for finding in findings_of(compared) if finding.significant}
    ratio = compared.like_with_like("time_ratio")
    return kinds, bool(ratio and "arrival" in kinds and (ratio.ai or 0.0) > 1.0)


def _weights(cell: np.ndarray, ai: np.ndarray) -> np.ndarray:
    """What each change counts in a comparison within such cells."""
    first, every = np.bincount(cell, weights=ai), np.maximum(np.bincount(cell), 1).astype(float)
    return np.asarray((first * (every - first) / every**2)[cell])


def _effects(begun: np.ndarray, ai: np.ndarray, lives: tuple[Life, Life]) -> dict[str, float]:
    """The mean effect of AI work on each measure, changes weighted as the estimate does by month."""
    weight = _weights((begun // 730.5).astype(int), ai)

    def mean(values: list[np.ndarray]) -> float:
        return float(weight @ (values[0] - values[1]) / weight.sum())

    late = [np.where(gone, HORIZON, np.minimum(hours, HORIZON)) for _, hours, gone in lives]
    return {
        "time_ratio": mean([np.log(np.maximum(one, 0.25)) for one in late]),
        "share_arrived_7d": mean([(one <= 168.0).astype(float) for one in late]),
        "share_abandoned": mean([(gone & (hours <= HORIZON)).astype(float) for _, hours, gone in lives]),
        "mean_hours_waiting": mean([np.minimum(hours, HORIZON) for _, hours, _ in lives]),
        "mean_hours_in_production": mean([HORIZON - one for one in late]),
    }


def truths(made: Company) -> dict[str, float]:
    """The true effect on each measure in these repositories, each weighted as the estimate weighs it."""
    month = (np.datetime64(START) + (made.begun * 3600.0).astype("timedelta64[s]")).astype("datetime64[M]").astype(int)
    _, cell = np.unique(made.repository * 10_000 + month, return_inverse=True)
    weight = np.bincount(made.repository, weights=_weights(cell, made.ai), minlength=len(made.effects))
    return {
        name: float(weight @ [effects[name] for effects in made.effects] / weight.sum()) for name in made.effects[0]
    }


Interval = tuple[float, float, float, float, float]


def intervals(job: tuple[int, str, int, World, int]) -> dict[str, Interval]:
    """For each measure its truth in these repositories, and the bounds of both intervals (nan: none; log of ratios)."""
    from analytics.comparison import ai_beside_other, compare

    place, kind, repositories, world, number = job
    dice = np.random.default_rng([SEED, place, repositories, number])
    made = company(dice, kind, repositories, world, endless=_ENDLESS)
    compared = compare(cohort(made), ai_beside_other())
    rows = {}
    for name, truth in truths(made).items():
        measure = compared.like_with_like(name)
        if measure is None:
            continue
        low, high, all_low, all_high = (
            float("nan") if bound is None else float(np.log1p(bound)) if measure.unit == "ratio" else bound
            for bound in (measure.lower, measure.upper, measure.lower_like_these, measure.upper_like_these)
        )
        if measure.p_like_these is not None:
            # A bound that is open holds everything on its side.
            all_low, all_high = np.nan_to_num(all_low, nan=-np.inf), np.nan_to_num(all_high, nan=np.inf)
        rows[name] = (truth, low, high, float(all_low), float(all_high))
    return rows


def null(
    pool: ProcessPoolExecutor, companies: int, numbers: Sequence[int] = REPOSITORIES, first: int = 0
) -> Iterator[str]:
    """A line for each number of repositories, then by kind and by world; companies are numbered from `first` on."""
    by: dict[str, list[set[str]]] = defaultdict(list)
    for repositories in numbers:
        jobs = []
        for number in range(first, first + companies):
            kind, world = KINDS[number % len(KINDS)], WORLDS[number // len(KINDS) % len(WORLDS)]
            jobs.append((1, kind, repositories, NULL[world], number))
        for job, (kinds, _) in zip(jobs, pool.map(findings, jobs, chunksize=4), strict=True):
            name = next(name for name, world in NULL.items() if world == job[3])
            for key in (f"{repositories} repositories", job[1], name, "all"):
                by[key].append(kinds)
        yield _share_line(f"{repositories} repositories", by[f"{repositories} repositories"])
    for key in (*KINDS, *WORLDS, "all"):
        yield _share_line(key, by[key])


def _share_line(name: str, found: list[set[str]]) -> str:
    kinds = ("arrival", "stage", "same_friction", "abandoned", "adjusted")
    parts = "".join(f"{np.mean([kind in one for one in found]):>15.1%}" for kind in kinds)
    return f"{name:<18}{len(found):>6}{np.mean([bool(one) for one in found]):>8.1%}{parts}"


def power(pool: ProcessPoolExecutor, companies: int) -> Iterator[str]:
    """A line for each kind of company of 8 repositories."""
    for kind in KINDS:
        for name, world in (("mixed", World(effect=1.3)), ("weekly", World(effect=1.3, cadences=(7.0,)))):
            jobs = [(2, kind, 8, world, number) for number in range(companies)]
            found = list(pool.map(findings, jobs, chunksize=4))
            yield f"{kind:<16}{name:<10}{np.mean([seen for _, seen in found]):>8.1%}"


def cover(pool: ProcessPoolExecutor, companies: int) -> Iterator[str]:
    """Two lines for each kind of company: how often each measure's interval holds its truth, and its mean width."""
    settings = [(3, "even", 0.0), (5, "even", 0.2), (8, "even", 0.2), (8, "uneven", 0.2), (8, "one has 80 %", 0.2)]
    settings += [(20, "uneven", 0.2), (8, "young", 0.2)]
    for repositories, kind, differ in settings:
        watched = 120.0 * DAY if kind == "young" else YEAR
        world = World(effect=1.3, differ=differ, bursts=True, shocks=0.3, watched=watched)
        jobs = [(3, kind, repositories, world, number) for number in range(companies)]
        rows = list(pool.map(intervals, jobs, chunksize=4))
        names = list(rows[0])
        values = {name: np.array([row[name] for row in rows if name in row]) for name in names}
        for label, low in (("these", 1), ("like these", 3)):
            shares = []
            for name in names:
                table = values[name]
                truth = table[:, 0] if low == 1 else np.full(len(table), table[:, 0].mean())
                known = ~np.isnan(table[:, low])
                inside = (table[:, low] <= truth) & (truth <= table[:, low + 1])
                shares.append(f"{inside[known].mean():>18.1%}" if known.any() else f"{'':>18}")
            yield f"{f'{repositories} {kind}':<18}{label:<12}{''.join(shares)}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("companies", nargs="?", type=int, default=400)
    parser.add_argument("intervals", nargs="?", type=int, default=200)
    parser.add_argument("table", nargs="?", choices=["null", "power", "cover"])
    parser.add_argument("--processes", type=int, help="how many at once; all cores when not given")
    parser.add_argument("--repositories", type=int, nargs="+", default=REPOSITORIES, help="of `null`: these alone")
    parser.add_argument("--first", type=int, default=0, help="of `null`: leave out so many companies, drawn before")
    given = parser.parse_args()
    # Forked, Polars would wait for threads that stayed behind.
    with ProcessPoolExecutor(max_workers=given.processes, mp_context=get_context("spawn")) as pool:
        if given.table in {None, "null"}:
            kinds = "".join(f"{kind:>15}" for kind in ("arrival", "stage", "same friction", "abandoned", "adjusted"))
            print(f"{'no difference':<18}{'n':>6}{'any':>8}{kinds}", flush=True)
            for line in null(pool, given.companies, given.repositories, given.first):
                print(line, flush=True)
        if given.table in {None, "power"}:
            print(f"\n{'1.3 times as long before the merge: seen':<40}", flush=True)
            for line in power(pool, given.intervals):
                print(line, flush=True)
        if given.table in {None, "cover"}:
            names = "".join(
                f"{name:>18}" for name in ("time ratio", "in 7 days", "abandoned", "waiting", "in production")
            )
            print(f"\n{'holds the truth':<30}{names}", flush=True)
            for line in cover(pool, given.intervals):
                print(line, flush=True)


if __name__ == "__main__":
    main()
