"""How often `headway check` calls a slowdown where there is none, and how soon it finds one.

Simulates teams whose work goes through pickup, review, merge, build and a release, year by year, and asks the test of
`analytics.pulse.weekly` every Monday about the lead time and each stage:

    python benchmarks/alarms.py --years 200

Prints for each release cadence and number of changes a week, over all years: the share of weeks with an alarm, false
alarms begun in 20 weeks (any stage or the lead time), and the share of slowdowns found within four weeks, by the lead
time or a stage that people work in, and by the lead time alone. In a slowdown all work takes `--slower` times as long
from a moment on, what is under way too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from analytics.pulse.alarms import FEWEST_WEEKLY, LIMIT_LEAD_TIME, LIMIT_STAGE  # noqa: E402
from analytics.pulse.weekly import RECENT_WEEKS, REFERENCE_WEEKS, WEEK_HOURS, Stays, weekly_test  # noqa: E402

CADENCES = {"continuous": 0.0, "daily": 24.0, "weekly": WEEK_HOURS}
VOLUMES = (5, 10, 20, 40)
# Median hours, standard deviation of their logarithm, and the share of changes that pass the stage.
STAGES = ((5.0, 1.4, 1.0), (4.0, 1.5, 0.7), (2.0, 1.6, 1.0), (0.5, 0.6, 1.0))
DEPLOYING = (1.0, 0.3)
BY_PEOPLE = (0, 1, 2, 3, 5)
"""The lead time and the stages whose hours vary by far more than 30 %: builds and deployments would show a slowdown at
once, so finding it by them counts for nothing here."""
UNTIL_RELEASE = (8.0, 1.2)
VOLUME_DEVIATION = 0.3
"""Relative standard deviation of the changes of a week, beside that of counts."""
PACE_DEVIATION = 0.1
"""Standard deviation of the logarithm of a week's pace: weeks differ, without any change."""
SETTLING = 2
"""Weeks before the first reference week."""
BEFORE = SETTLING + REFERENCE_WEEKS + RECENT_WEEKS
YEAR = 52


@dataclass(frozen=True)
class Slowdown:
    """From `at` on (hours) all work takes `times` as long."""

    at: float = np.inf
    times: float = 1.0

    def work(self, hours: np.ndarray) -> np.ndarray:
        """The hours of undisturbed work that are done by these times."""
        late = np.maximum(hours - self.at, 0.0) if np.isfinite(self.at) else 0.0
        return hours - late * (1.0 - 1.0 / self.times)

    def time(self, work: np.ndarray) -> np.ndarray:
        """When so much undisturbed work is done."""
        late = np.maximum(work - self.at, 0.0) if np.isfinite(self.at) else 0.0
        return work + late * (self.times - 1.0)


def stays(
    random: np.random.Generator, weekly: float, weeks: int, cadence: float, slowdown: Slowdown
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Begin and end (hours) of the lead time of each change, then of each of its stages."""
    shape = 1.0 / VOLUME_DEVIATION**2
    counts = random.poisson(random.gamma(shape, weekly / shape, weeks))
    week = np.repeat(np.arange(weeks), counts)
    size = week.size
    begin = week * WEEK_HOURS + random.integers(0, 5, size) * 24.0 + 9.0 + 8.0 * random.random(size)
    pace = np.exp(random.normal(0.0, PACE_DEVIATION, weeks))[week]
    work, parts = slowdown.work(begin), []
    for median, deviation, share in STAGES:
        hours = median * np.exp(random.normal(0.0, deviation, size)) * pace
        done = work + np.where(random.random(size) < share, hours, 0.0)
        parts.append((work, done))
        work = done
    median, deviation = UNTIL_RELEASE
    waiting = work + median * np.exp(random.normal(0.0, deviation, size)) * pace
    released = np.ceil(work / cadence) * cadence if cadence else waiting
    deployed = released + DEPLOYING[0] * np.exp(random.normal(0.0, DEPLOYING[1], size))
    parts += [(work, released), (released, deployed)]
    return [(begin, slowdown.time(deployed)), *((slowdown.time(a), slowdown.time(b)) for a, b in parts)]


def alarms(parts: list[tuple[np.ndarray, np.ndarray]], mondays: np.ndarray) -> np.ndarray:
    """Standard errors of each test, (mondays, lead time and stages); nan where there are too few changes."""
    result = np.full((len(mondays), len(parts)), np.nan)
    for row, monday in enumerate(mondays):
        for column, (begin, end) in enumerate(parts):
            known = begin < monday
            seen = np.minimum(end[known], monday)
            code = np.zeros(seen.size, dtype=np.int64)
            test = weekly_test(Stays(begin[known], seen, end[known] <= monday, code), float(monday))
            if test.weekly_ends >= FEWEST_WEEKLY:
                result[row, column] = test.z
    return result


def unchanged(random: np.random.Generator, weekly: float, cadence: float, years: int) -> np.ndarray:
    """The tests of years without a change, (years, weeks, tests)."""
    mondays = (BEFORE + np.arange(YEAR)) * WEEK_HOURS
    made = (stays(random, weekly, BEFORE + YEAR, cadence, Slowdown()) for _ in range(years))
    return np.stack([alarms(parts, mondays) for parts in made])


def slowed(random: np.random.Generator, weekly: float, cadence: float, times: float, trials: int) -> np.ndarray:
    """The four tests after each slowdown, which begins on a Monday, (trials, 4, tests)."""
    mondays = (BEFORE + 1 + np.arange(4)) * WEEK_HOURS
    change = Slowdown(BEFORE * WEEK_HOURS, times)
    return np.stack([alarms(stays(random, weekly, BEFORE + 6, cadence, change), mondays) for _ in range(trials)])


def raised(tests: np.ndarray) -> np.ndarray:
    """Whether the lead time or any stage is in alarm, for each row of tests."""
    lead, stages = tests[..., 0], tests[..., 1:]
    either: np.ndarray = (np.nan_to_num(lead) > LIMIT_LEAD_TIME) | (np.nan_to_num(stages) > LIMIT_STAGE).any(axis=-1)
    return either


def rows(years: int, times: float, seed: int, keep: str) -> Iterator[str]:
    """A line for each cadence and volume."""
    for cadence, hours in CADENCES.items():
        for weekly in VOLUMES:
            random = np.random.default_rng([seed, weekly, int(hours)])
            file = Path(f"{keep}-{cadence}-{weekly}.npz")
            if not keep or not file.exists():
                quiet = unchanged(random, weekly, hours, years)
                slow = slowed(random, weekly, hours, times, years)
                if keep:
                    np.savez(file, quiet=quiet, slow=slow)
            else:
                tests = np.load(file)
                quiet, slow = tests["quiet"], tests["slow"]
            alarm = raised(quiet)
            begun = (alarm[:, 1:] & ~alarm[:, :-1]).sum() + alarm[:, 0].sum()
            found = raised(slow[..., BY_PEOPLE]).any(axis=1).mean()
            by_lead_time = (np.nan_to_num(slow[..., 0]) > LIMIT_LEAD_TIME).any(axis=1).mean()
            yield (
                f"| {cadence} | {weekly} | {alarm.mean():.1%} | {begun / (years * YEAR) * 20:.2f} | {found:.0%} |"
                f" {by_lead_time:.0%} |"
            )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--years", type=int, default=200, help="simulated years, and slowdowns, of each line")
    parser.add_argument("--slower", type=float, default=1.3, help="how many times as long work takes after a slowdown")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", default="", help="files that begin with this have the tests, for other limits")
    options = parser.parse_args()
    print("| releases | changes a week | weeks in alarm | false alarms in 20 weeks | found in 4 weeks | by lead time |")
    print("|---|---|---|---|---|---|")
    for row in rows(options.years, options.slower, options.seed, options.keep):
        print(row, flush=True)


if __name__ == "__main__":
    main()
