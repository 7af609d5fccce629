"""What arrived in which service of a real repository, by `git` alone, beside what the tables say.

    python benchmarks/services_by_git.py CLONE WAREHOUSE [--tags PATTERN]

From the tables it takes what the services are called and built from, which commits a change is made of
(`benchmarks/landings.py` checks that), and which services are in doubt. The rest is read from the clone: tags and their
dates, what each contains, the paths of each commit. The rules are written here a second time, from the documents. Of
deployments it knows tags alone. Prints what agrees and the first differences of each kind.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.clone_by_git import Clone, Tag

SHOWN = 20
_TAG = re.compile(r"(?:(?P<part>.*?)(?:[@/_-]|$))??v?(?P<version>\d+(?:[._]\d+)+)(?P<rest>.*)")
_RELEASED = re.compile(r"(?i)|[.-]?(?:final|ga|release|stable)|\+(?!.*(?:nightly|dev)).*|-\d{1,3}")
_WHOLE = ("", "v", "release", "releases", "version", "rel", "r")
_NOT_DEPLOYED = re.compile(
    r"(?i)\.(?:md|mdx|rst|adoc|markdown)$|(?:^|/)(?:licen[sc]e|changelog|changes|codeowners|owners|notice|authors|security)(?:[._-][^/]*)?$"
    r"|(?:^|/)(?:docs?|documentation|examples?|tests?|specs?|e2e|playwright|cypress|test-?data|test_data|fixtures"
    r"|__(?:tests|fixtures|mocks|snapshots)__|bench(?:es|marks?)?)/"
    r"|_(?:test|spec)\.\w+$|\.(?:test|spec|test-d|stories)\.\w+$|(?:^|/)(?:test_[^/]*|conftest|noxfile)\.py$|Tests?\.java$"
    r"|^\.(?!(?:cargo|mvn|yarn)/)[^/]+/|(?:^|/)\.(?:github|gitlab|circleci)/|(?:^|/)\.(?:changeset|vscode|husky|idea|devcontainer)/"
    r"|(?:^|/)(?:\.(?:git(?:ignore|attributes|modules|-blame-ignore-revs)|editorconfig|mailmap|n(?:vmrc|ode-version)|cirrus"
    r"|tool-versions|codecov"
    r"|prettier|eslint|golangci|travis|pre-commit|codespell|lychee|yamllint|markdownlint|oxlint|oxfmt)[^/]*|(?:jest|vitest|eslint|prettier"
    r"|knip|playwright)\.[\w.]+|\.?(?:renovate|codecov|appveyor|cirrus|azure-pipelines|biome|rustfmt|clippy|deny|typos)\.(?:json[5c]?|ya?ml|toml))$"
)
_LISTS = re.compile(
    r"(?i)(?:^|/)(?:[^/]*(?:\.lock|lock\.ya?ml|-lock\.json)|go\.(?:work\.)?sum|bun\.lockb?)$"
    r"|^(?:(?:package|lerna|turbo|nx|tsconfig[^/]*)\.json|Cargo\.toml|go\.(?:mod|work)|pyproject\.toml|pnpm-workspace\.yaml|\.npmrc"
    r"|versions\.yaml)$|^\.yarn"
)

Row = dict[str, Any]


@dataclass
class Compared:
    """How many answers agree, and those that differ by kind."""

    agree: int = 0
    in_doubt: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    differences: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class Service:
    """A service with its own tags and those of the whole repository that ship it."""

    def __init__(self, row: Row, clone: Clone, tags: Collection[Tag], taken: set[str], *, several: bool) -> None:
        """`row`: of `services`; `taken`: tags that some service names; `several`: the repository has others."""
        self.name = row["service"]
        self.globs = [*row["paths"].splitlines(), *row["shared"].splitlines()]
        self.unlisted = row["unlisted"]
        self.everything = "**" in row["paths"].splitlines() and self.unlisted
        names = {name.lower() for name in row["applications"].splitlines()}
        if row["tags"]:
            own = [tag for tag in tags if re.search(row["tags"], tag.name) or (tag.part and tag.part.lower() in names)]
        else:
            own = [tag for tag in tags if not several or tag.part.lower() in names]
        whole = [tag for tag in tags if several and not tag.part and not row["tags"] and tag.name not in taken]
        self.tags = sorted({*own, *whole})
        self.first = clone.first_tags(self.tags)
        self.begin = min(self.tags).at if self.tags else None
        self.since = min(own).at if own else None
        self.times = sorted(tag.at for tag in own)
        self.gone = bool(row["gone"])
        self.successor = row["successor"]

    def owns(self, path: str) -> bool:
        """Whether a path is one of its own or shared ones."""
        if self.everything:
            return False
        hits = {
            glob[:1] != "!"
            for glob in self.globs
            if f"{path}/".startswith(glob.removeprefix("!").removesuffix("**").rstrip("/") + "/")
        }
        return hits == {True}

    def until(self, clone: Clone, newest: datetime) -> datetime | None:
        """When it ended: its folder is gone, or it fell silent while others went on."""
        end = self.times[-1] if self.gone and self.times else _silent(self.times, newest)
        main = [clone.committed_at[sha] for sha in clone.chain if sha in self.first]
        return min(end, max(main, default=end)) if end else None


class Repository:
    """One repository: its services, and what each change touches and where it arrived."""

    def __init__(self, clone: Clone, tables: dict[str, list[Row]], pattern: str) -> None:
        """`pattern`: of the tags that are releases of the whole repository, empty for the usual forms."""
        self.clone = clone
        self.tables = tables
        rows = tables["services"]
        self.several = any(row["service"] for row in rows)
        name = rows[0]["repo_id"].rpartition("/")[2].rpartition("+")[2].rpartition(":")[2]
        parts = {part.lower() for row in rows for part in row["applications"].splitlines() if self.several}
        wholes = {*_WHOLE, name.lower()} - _beside_parts(clone.tags, name.lower())
        tags = list(_releases(clone.tags, wholes - parts, pattern, several=self.several))
        patterns = [row["tags"] for row in rows if row["tags"]]
        taken = {tag.name for tag in tags if not tag.part and any(re.search(pattern, tag.name) for pattern in patterns)}
        self.services = {row["service"]: Service(row, clone, tags, taken, several=self.several) for row in rows}
        every = clone.all_tags if not self.several else ()
        self.strange = sorted(
            {tag.at for tag in _releases(every, wholes, pattern, several=False)} - {tag.at for tag in tags}
        )
        newest = max(
            (one.times[-1] for one in self.services.values() if one.times), default=datetime.min.replace(tzinfo=UTC)
        )
        self.until = {name: one.until(clone, newest) for name, one in self.services.items() if one.unlisted}
        self.own_commits: dict[str, list[str]] = defaultdict(list)
        for table in ("landed_commits", "change_commits"):
            for row in tables[table]:
                self.own_commits[f"{table} {row['change_key']}"].append(row["sha"])

    def touched(self, change: Row) -> tuple[set[str], str]:
        """The services that a change touches, and a path that no service lists, where one decides."""
        if not self.several:
            return {""}, ""
        landed_at = self.clone.committed_at[change["landing_sha"]]
        written_at = min(self.clone.committed_at.get(change["head_sha"], landed_at), landed_at)
        listed, ended, gone = set[str](), set[str](), set[str]()
        loose, lists = "", ""
        for path in sorted(self.paths(change)):
            owners = [one for one in self.services.values() if one.owns(path)]
            if any(not one.unlisted for one in owners) or not _NOT_DEPLOYED.search(path):
                dead = {one.name for one in owners if one.unlisted and self._ended(one, landed_at)}
                listed |= {one.name for one in owners} - dead
                ended |= {one.name for one in owners if one.name in dead and not one.gone}
                heirs = {one.name: self._heir(one, landed_at) for one in owners if one.name in dead and one.gone}
                gone |= {name for name, heir in heirs.items() if not heir}
                listed |= {heir for heir in heirs.values() if heir}
                if not owners and _LISTS.search(path):
                    lists = path
                elif not owners:
                    loose = path
        every = [one for one in self.services.values() if one.unlisted]
        alive = {one.name for one in every if self._alive(one, written_at, landed_at)}
        if loose or (not listed and (gone or (lists and not ended))):
            listed |= alive or (set() if listed else gone or self._next(every, written_at))
        elif listed or lists:
            listed |= {one.name for one in every if one.everything} & alive
        return listed or ended | gone, loose or lists

    @staticmethod
    def _next(every: list[Service], at: datetime) -> set[str]:
        """What had nothing alive belongs to what came next, which tells what became of it; else to all."""
        later = min((one.since for one in every if one.since and one.since > at), default=None)
        return {one.name for one in every if not later or one.since == later}

    def paths(self, change: Row) -> set[str]:
        """The paths that a change changes: those that it landed, or of a merge what is its own."""
        landed = change["landed_by"] in ("squash", "rebase", "direct")
        commits = self.own_commits[f"{'landed_commits' if landed else 'change_commits'} {change['change_key']}"]
        return {path for sha in commits for path in self.clone.paths.get(sha, ())}

    def _heir(self, service: Service, at: datetime) -> str:
        """The service that has the files of one that is gone, if it is still deployed."""
        heir = self.services.get(service.successor)
        return heir.name if heir and not self._ended(heir, at) else ""

    def _ended(self, service: Service, at: datetime) -> bool:
        until = self.until.get(service.name)
        return service.since is None or (until is not None and until < at)

    def _alive(self, service: Service, written_at: datetime, landed_at: datetime) -> bool:
        return service.since is not None and service.since <= written_at and not self._ended(service, landed_at)

    def arrival(self, service: Service, change: Row) -> tuple[str, datetime | None]:
        """Outcome and time of a landed change in a service."""
        if service.begin is None:
            return "no_deployments", None
        if change["code_complete_at"] < min([service.begin, *self.strange[:1]]):
            return "unknown", None
        commits = [change["landing_sha"], change["head_sha"]]
        times = [service.first[sha].at for sha in commits if sha in service.first]
        made_of = [self.own_commits[f"{name} {change['change_key']}"] for name in ("change_commits", "landed_commits")]
        singles = [[sha for sha in shas if len(self.clone.parents.get(sha, ())) < 2] for shas in made_of]
        for shas in ([change["landing_sha"]], *singles):
            picks = [[pick for pick in self.clone.picks.get(sha, ()) if pick in service.first] for sha in shas]
            if shas and all(picks):
                times.append(max(min(service.first[pick].at for pick in some) for some in picks))
        if times and self._strange_between(service, change, min(times)):
            return "unknown", None
        return ("production", min(times)) if times else ("waiting", None)

    def _strange_between(self, service: Service, change: Row, at: datetime) -> bool:
        """Whether a tag of another history came after a change landed, and right before the tag that surely has it."""
        before = [one for one in self.strange if one < at]
        known = max((one for one in service.times if one < at), default=None)
        landed_at = self.clone.committed_at[change["landing_sha"]]
        return bool(before) and landed_at < before[-1] and (known is None or known < before[-1])


def compare(repository: Repository) -> Compared:
    """Every landed change that is code complete, in each service and as a whole."""
    result = Compared()
    told = {(row["change_id"], row["service"]): row for row in repository.tables["service_lead_times"]}
    services = defaultdict(set)
    for change_id, service in told:
        services[change_id].add(service)
    for change in repository.tables["changes"]:
        if change["outcome_reason"] == "in_doubt":
            result.in_doubt += 1
            continue
        names, loose = repository.touched(change)
        arrivals = {name: repository.arrival(repository.services[name], change) for name in sorted(names)}
        if repository.several:
            _services_differ(result, f"{change['change_id']} {loose}", names, services[change["change_id"]])
            for name in names & services[change["change_id"]]:
                _answer(result, f"service {name}", change, told[change["change_id"], name], arrivals[name])
        _answer(result, "change", change, change, _whole(arrivals.values()))
        result.outcomes[change["outcome"]] += 1
    return result


def _services_differ(result: Compared, change_id: str, ours: set[str], theirs: set[str]) -> None:
    result.agree += ours == theirs
    for kind, names in (("touched by git alone", ours - theirs), ("touched in the tables alone", theirs - ours)):
        if names:
            few = ", ".join(sorted(names)[:3])
            result.differences[kind].append(f"{change_id}: {len(names)}, {few}")


def _answer(result: Compared, what: str, change: Row, told: Row, found: tuple[str, datetime | None]) -> None:
    theirs = (told["outcome"], told["production_at"])
    if theirs == found:
        result.agree += 1
        return
    said = " ".join(filter(None, (told["outcome"], told["outcome_reason"], told["mapped_by"])))
    kind = f"{what.partition(' ')[0]}: {found[0]} by git, {said} in the tables"
    result.differences[kind].append(f"{change['change_id']} {what}: {found[1]} by git, {theirs[1]}")


def _whole(arrivals: Iterable[tuple[str, datetime | None]]) -> tuple[str, datetime | None]:
    """A change is in production with the last of its services, and unknown where it is in one."""
    outcomes = list(arrivals)
    if not outcomes:
        return "nothing_to_deploy", None
    for outcome in ("unknown", "waiting", "no_deployments"):
        if any(one[0] == outcome for one in outcomes):
            return outcome, None
    return "production", max(at for _, at in outcomes if at)


def _firsts(tags: Iterable[tuple[datetime, str, str]]) -> set[str]:
    """Single numbers that are the first version of their line: `v1` before `v1.1`, `v1.2` and all others."""
    begun: dict[tuple[str, str], datetime] = {}
    singles = []
    for at, name, _ in tags:
        if match := re.fullmatch(r"(v?)(\d+)(\.\d+)*", name):
            if match[3]:
                line = (match[1], match[2])
                begun[line] = min(at, begun.get(line, at))
            else:
                singles.append((at, name, (match[1], match[2])))
    return {name for at, name, line in singles if line in begun and at < begun[line]}


def _releases(
    tags: Iterable[tuple[datetime, str, str]], wholes: set[str], pattern: str, *, several: bool
) -> Iterator[Tag]:
    """The tags that are releases; `wholes`: words in front of a version of the whole repository."""
    tags = list(tags)
    firsts = _firsts(tags)
    for at, name, sha in tags:
        match = _TAG.fullmatch(name)
        if (pattern and re.search(pattern, name)) or (name in firsts and not pattern):
            yield Tag(at, name, sha, "")
        elif match and _RELEASED.fullmatch(match["rest"]):
            part = (match["part"] or "").rstrip("/@_-")  # one tag in hundreds has a separator more
            whole = part.lower() in wholes
            if whole and not pattern:
                yield Tag(at, name, sha, "")
            elif several:
                yield Tag(at, name, sha, part)


def _beside_parts(tags: Iterable[tuple[datetime, str, str]], name: str) -> set[str]:
    """The name of the repository, where parts have tags of its form at the same time, a tenth as many; else none."""
    times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for at, tag, _ in tags:
        if (match := _TAG.fullmatch(tag)) and match["part"] and _RELEASED.fullmatch(match["rest"]):
            times[match["part"].lower(), tag[len(match["part"])]].append(at)
    for mark in "@/-_":
        own = times.get((name, mark), [])
        beside = [
            len(some)
            for (part, other), some in times.items()
            if other == mark
            and part not in _WHOLE
            and part != name
            and own
            and some[0] <= own[-1]
            and some[-1] >= own[0]
        ]
        if own and 10 * sum(beside) >= len(own):
            return {name}
    return set()


def _silent(times: list[datetime], newest: datetime) -> datetime | None:
    """The last time, if nothing came for four times the usual longest gap, and 30 days; of one or two for 90 days."""
    if len(times) < 3:
        return times[-1] if times and newest - times[-1] > timedelta(days=90) else None
    gaps = sorted(after - before for before, after in pairwise(times))
    usual = gaps[min(len(gaps) - 1, int(0.9 * len(gaps)))]
    return times[-1] if newest - times[-1] > max(timedelta(days=30), 4 * usual) else None


_QUERIES = {
    "services": "select * from services order by service",
    "service_lead_times": "select change_id, service, outcome, outcome_reason, mapped_by, production_at::timestamptz as"
    " production_at from service_lead_times",
    "changes": "select change_id, change_key, landing_sha, coalesce(change_landings.head_sha, '') as head_sha,"
    " change_landings.landed_by, outcome, outcome_reason, mapped_by, code_complete_at::timestamptz as code_complete_at,"
    " production_at::timestamptz as production_at from lead_times inner join change_landings on"
    " lead_times.repo_id = change_landings.repo_id and change_id = provider || ':' || repo || change_key"
    " where landing_sha is not null order by landed_at",
    "landed_commits": "select change_key, sha from landed_commits",
    "change_commits": "select change_key, sha from change_commits",
}


def main() -> None:
    """Print what agrees, and the first differences of each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--tags", default="", help="pattern of the tags that release the whole repository")
    arguments = parser.parse_args()
    published = arguments.warehouse / (arguments.warehouse / "CURRENT").read_text(encoding="utf-8").strip()
    with duckdb.connect(str(published), read_only=True) as connection:
        tables = read(connection)
    result = compare(Repository(Clone(arguments.clone), tables, arguments.tags))
    total = sum(result.outcomes.values()) + result.in_doubt
    print(f"{len(tables['services'])} services, {total:,} changes: {dict(result.outcomes)}")
    print(f"{result.in_doubt} in doubt (not compared)")
    print(f"{result.agree:,} answers agree, {sum(map(len, result.differences.values())):,} differ")
    for kind, differences in sorted(result.differences.items()):
        print(f"{kind}: {len(differences)}")
        for line in differences[:SHOWN]:
            print("   ", line)
    sys.exit(bool(result.differences))


def read(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Row]]:
    """The tables of one repository."""
    connection.execute("set timezone = 'UTC'")
    tables = {}
    for name, query in _QUERIES.items():
        cursor = connection.execute(query)
        columns = [column[0] for column in cursor.description or ()]
        tables[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return tables


if __name__ == "__main__":
    main()
