"""The arrivals of a simulated company by brute force: for each deployment all its ancestors, as `git` lists them.

    python benchmarks/arrivals_by_git.py FOLDER     a folder that `headway demo` made

What was deployed when and where is read from the simulation's own list. Which change is in which deployment comes from
`git rev-list`, the files of a change from `git diff`; the rules of services and waves are written here a second time,
from the definitions. Prints how many changes x services x environments were compared, and each difference.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

_PICKED = re.compile(r"(?i)cherry[- ]picked from commit `?([0-9a-f]{40})")
_SEVERAL = ("rebase", "gitlab_forward")  # they land every commit of the branch, one after the other

Row = dict[str, Any]


def main() -> None:
    """Print what differs; exit 1 if anything does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    published = max((folder / "headway-data").glob("headway-*.duckdb"), key=lambda path: path.stat().st_mtime_ns)
    with duckdb.connect(str(published), read_only=True) as connection:
        result = compare(folder, connection)
    print(f"{result.pairs:,} changes x services x environments, {result.deployments:,} deployments")
    print(f"{len(result.differences)} differences")
    for difference in result.differences:
        print(" ", difference)
    sys.exit(bool(result.differences))


@dataclass
class Compared:
    """How much was compared, and what differs."""

    pairs: int = 0
    deployments: int = 0
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Expected:
    """When a service had a change: in its first region, in all that it must be in, and in each."""

    first: datetime | None
    complete: datetime | None
    by_environment: dict[str, datetime | None]
    unknown: bool = False


def compare(folder: Path, connection: duckdb.DuckDBPyConnection) -> Compared:
    """Every change of every repository against `arrivals`, `service_lead_times` and `lead_times`."""
    connection.execute("set timezone = 'UTC'")
    result = Compared()
    deployments = _by(_rows(folder / "truth_deployments.csv"), "repo")
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["repositories"]
    doubts = {row["repo_id"].partition(":")[2]: row["in_doubt_since"] for row in told}
    services = _by(tomllib.loads((folder / "headway.toml").read_text(encoding="utf-8")).get("services", []), "repo")
    for repo, changes in sorted(_by(_rows(folder / "truth.csv"), "repo").items()):
        production = [row for row in deployments[repo] if row["succeeded_at"]]
        result.deployments += len(production)
        git = Repository(folder / "repos" / f"{repo.removeprefix('acme/')}.git")
        parts = {
            name: ServiceByGit(git, [row for row in production if row["service"] == name])
            for name in ([service["name"] for service in services[repo]] or [""])
        }
        ours = _built(connection, repo)
        since = _at(doubts[repo]) if doubts[repo] else None
        for change in changes:
            if change["code_complete_at"] and change["outcome"]:
                names = git.services_of(change, services[repo])
                expected = {name: parts[name].arrival(git, change) for name in names}
                if since and _lost(change, expected.values(), since):
                    expected = {name: replace(one, unknown=True) for name, one in expected.items()}
                result.pairs += sum(len(one.by_environment) for one in expected.values())
                result.differences += _differences(change, expected, ours, several=bool(services[repo]))
    return result


class Repository:
    """What plain git says of one repository."""

    def __init__(self, folder: Path) -> None:
        """The bare repository `folder`."""
        self.folder = folder
        self._ancestors: dict[str, set[str]] = {}
        self._landed: dict[str, list[str]] = {}

    def run(self, *arguments: str) -> str:
        """What git prints."""
        command = ["git", f"--git-dir={self.folder}", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def ancestors(self, sha: str) -> set[str]:
        """The commit and every commit that it descends from."""
        if sha not in self._ancestors:
            self._ancestors[sha] = set(self.run("rev-list", sha).split())
        return self._ancestors[sha]

    @cached_property
    def picks(self) -> dict[str, list[str]]:
        """For each commit those that say that they were picked from it."""
        found: dict[str, list[str]] = defaultdict(list)
        for entry in self.run("log", "--all", "--format=%H%x00%B%x01").split("\x01"):
            sha, _, text = entry.strip().partition("\x00")
            for picked in _PICKED.findall(text):
                found[picked].append(sha)
        return found

    def landed(self, change: Row) -> list[str]:
        """The commits by which a change is on main, the newest first."""
        sha = change["sha"]
        if change["style"] not in _SEVERAL:
            return [sha] if sha else []
        if sha not in self._landed:
            count = f"--max-count={change['commits']}"
            self._landed[sha] = self.run("rev-list", "--first-parent", count, sha).split()
        return self._landed[sha]

    def contains(self, deployed: str, change: Row) -> bool:
        """Whether a deployed commit has a change: as an ancestor, or each of its commits as a cherry-pick."""
        there = self.ancestors(deployed)
        if change["sha"] in there:
            return True
        commits = self.landed(change)
        return bool(commits) and all(any(pick in there for pick in self.picks.get(sha, ())) for sha in commits)

    def files(self, change: Row) -> set[str]:
        """The files that a change changes: those that it landed, or of a merge and a branch what is their own."""
        if not change["sha"]:
            if not change["number"]:
                return set()
            return self._names(f"main...refs/pull/{change['number']}/head")
        parents = self.run("log", "-1", "--format=%P", change["sha"]).split()
        if len(parents) > 1:
            return self._names(f"{parents[0]}...{parents[1]}")
        if not parents:
            return set(self.run("ls-tree", "-r", "--name-only", change["sha"]).splitlines())
        return self._names(f"{self.landed(change)[-1]}^..{change['sha']}")

    def _names(self, span: str) -> set[str]:
        return set(self.run("diff", "--name-only", "--no-renames", span).splitlines())

    def services_of(self, change: Row, services: list[Row]) -> list[str]:
        """The services whose folders a change touches; of a repository without services its only one."""
        if not services:
            return [""]
        files = self.files(change)
        return [
            service["name"]
            for service in services
            if any(path.startswith(place) for path in files for place in (*service["paths"], *service["shared"]))
        ]


class ServiceByGit:
    """The production deployments of one service, and by the definitions its roll-outs and live waves."""

    def __init__(self, git: Repository, rows: list[Row]) -> None:
        """`rows` of `truth_deployments.csv` that succeeded."""
        self.rows = sorted(rows, key=lambda row: (_at(row["succeeded_at"]), _at(row["created_at"])))
        self.environments = list(dict.fromkeys(row["environment"] for row in self.rows))
        self.rollout_of: dict[int, int] = {}
        self.ended: dict[int, datetime] = {}
        self.opened: dict[int, datetime] = {}
        self._follow(git)

    def _follow(self, git: Repository) -> None:
        """A roll-out is all deployments of one commit; what deploys an ancestor of what ran there is a rollback."""
        running: dict[str, str] = {}
        latest: dict[str, int] = {}
        reached: dict[int, set[str]] = {}
        for number, row in enumerate(self.rows):
            sha, where, at = row["sha"], row["environment"], _at(row["succeeded_at"])
            before = running.get(where)
            running[where] = sha
            if before and sha in git.ancestors(before):
                continue
            rollout = latest.get(sha)
            if rollout is None or where in reached[rollout]:
                rollout = latest[sha] = number
                reached[rollout], self.opened[rollout] = set(), at
            reached[rollout].add(where)
            self.ended[rollout] = at
            self.rollout_of[number] = rollout

    @cached_property
    def waves(self) -> dict[str, tuple[datetime, datetime | None]]:
        """Since when each live wave is one, and when it fell silent."""
        found = {}
        for where in self.environments:
            times = [_at(row["succeeded_at"]) for row in self.rows if row["environment"] == where]
            others = [_at(row["succeeded_at"]) for row in self.rows if row["environment"] != where]
            until = _silent(times, max(others)) if others else None
            got = {
                self.rollout_of[n]
                for n, row in enumerate(self.rows)
                if row["environment"] == where and n in self.rollout_of
            }
            begin = min((self.opened[rollout] for rollout in got), default=times[0])
            there = [at for at in self.opened.values() if at >= begin and (until is None or at <= until)]
            if got and len(got) * 2 >= len(there):
                found[where] = (times[0], until)
        return found

    def arrival(self, git: Repository, change: Row) -> Expected:
        """When a change arrived, by asking for every deployment whether it contains it."""
        having = [n for n, row in enumerate(self.rows) if change["sha"] and git.contains(row["sha"], change)]
        times = {n: _at(self.rows[n]["succeeded_at"]) for n in having}
        by_environment = {
            where: min((times[n] for n in having if self.rows[n]["environment"] == where), default=None)
            for where in self.environments
        }
        begin = _at(self.rows[0]["succeeded_at"]) if self.rows else None
        unknown = begin is not None and _at(change["code_complete_at"]) < begin
        if not having:
            return Expected(None, None, by_environment, unknown)
        first = min(having, key=lambda n: times[n])
        ended = self.ended[self.rollout_of[first]] if first in self.rollout_of else times[first]
        complete = self._complete(by_environment, max(ended, times[first]), times[first])
        return Expected(times[first], complete, by_environment, unknown)

    def _complete(
        self, by_environment: dict[str, datetime | None], ended: datetime, first: datetime
    ) -> datetime | None:
        """When the last wave had it: each that was live by the end of the roll-out, and before all others had it."""
        last: datetime | None = None
        for where, (since, until) in sorted(self.waves.items(), key=lambda wave: wave[1][0]):
            at = by_environment[where]
            if since > ended or (last and since > last):
                continue
            if at is None and until is None:
                return None
            if at is not None:
                last = max(at, last or at)
        return last or first


def _silent(times: list[datetime], as_of: datetime) -> datetime | None:
    """The last of these times if nothing came for four times the usual longest gap, and for 30 days; else None."""
    if len(times) < 3:
        return None
    gaps = sorted(after - before for before, after in pairwise(times))
    usual = gaps[min(len(gaps) - 1, int(0.9 * len(gaps)))]
    return times[-1] if as_of - times[-1] > max(timedelta(days=30), 4 * usual) else None


def _lost(change: Row, arrivals: Iterable[Expected], since: datetime) -> bool:
    """Whether nobody knows what became of a change where nothing was deployed after `since` while work went on."""
    times = [_at(change[name]) for name in ("code_complete_at", "merged_at") if change[name]]
    return max(times) > since or bool(change["merged_at"] and any(one.first is None for one in arrivals))


def _differences(change: Row, expected: dict[str, Expected], ours: Row, *, several: bool) -> Iterator[str]:
    """What the tables say otherwise of one change."""
    id_ = change["change_id"]
    for name, one in expected.items():
        yield from _unequal(f"arrivals {id_} {name}", (one.first, one.complete), ours["arrivals"].get((id_, name)))
        if several:
            told = ours["services"].get((id_, name))
            yield from _unequal(f"service_lead_times {id_} {name}", _shown(change, [one]), told)
    if extra := {name for key, name in ours["arrivals"] if key == id_} - set(expected):
        yield f"arrivals {id_}: it does not touch {', '.join(sorted(extra))}"
    shown = _shown(change, list(expected.values()))
    yield from _unequal(f"lead_times {id_}", shown, ours["changes"].get(id_))


def _shown(change: Row, services: list[Expected]) -> tuple[Any, ...]:
    """Outcome, first arrival and arrival of a change in all of these services."""
    if not services:
        return "nothing_to_deploy", None, None
    if any(one.unknown for one in services):
        return "unknown", None, None
    firsts = [one.first for one in services if one.first]
    complete = [one.complete for one in services]
    if change["abandoned_at"]:
        return "abandoned", None, None
    if change["outcome"] == "no_deployments":
        return "no_deployments", None, None
    if None in complete:
        return "waiting", min(firsts, default=None), None
    return "production", min(firsts), max(at for at in complete if at)


def _unequal(what: str, expected: tuple[Any, ...], ours: tuple[Any, ...] | None) -> Iterator[str]:
    if expected != ours:
        yield f"{what}: {_text(expected)} by git, {_text(ours or ('no row',))} in the table"


def _text(values: Iterable[Any]) -> str:
    return ", ".join(value.isoformat() if isinstance(value, datetime) else str(value) for value in values)


def _built(connection: duckdb.DuckDBPyConnection, repo: str) -> Row:
    """What the tables say of a repository: arrivals by change and service, and outcomes."""
    arrivals = connection.execute(
        "select change_id, arrivals.service, first.succeeded_at::timestamptz, last.succeeded_at::timestamptz"
        " from arrivals inner join changes using (repo_id, change_key)"
        " left join deployment_times as first on arrivals.repo_id = first.repo_id"
        " and first_deployment_id = first.deployment_id"
        " left join deployment_times as last on arrivals.repo_id = last.repo_id"
        " and production_deployment_id = last.deployment_id"
        " where changes.repo_id like '%:' || $repo",
        {"repo": repo},
    ).fetchall()
    columns = "outcome, first_production_at::timestamptz, production_at::timestamptz"
    services = connection.execute(
        f"select change_id, service, {columns} from service_lead_times where repo = $repo",  # noqa: S608  (ours)
        {"repo": repo},
    ).fetchall()
    changes = connection.execute(
        f"select change_id, {columns} from lead_times where repo = $repo",  # noqa: S608  (ours)
        {"repo": repo},
    ).fetchall()
    return {
        "arrivals": {row[:2]: row[2:] for row in arrivals},
        "services": {row[:2]: row[2:] for row in services},
        "changes": {row[0]: row[1:] for row in changes},
    }


def _rows(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _by(rows: Iterable[Row], name: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


if __name__ == "__main__":
    main()
