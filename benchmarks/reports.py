"""How long each report takes over millions of changes, and how much memory, against reading its columns at all.

    python benchmarks/reports.py                    a million changes, every registered report
    python benchmarks/reports.py 10000000 stages    ten million, one report
    python benchmarks/reports.py --statistics       a million, the statistics alone, and their sum
    python benchmarks/reports.py --by team          grouped, where a report has groups
    python benchmarks/reports.py --clock working    each report with working hours, after itself on the wall clock

Makes a DuckDB file as a build publishes it (kept in the folder for temporary files and used again), with `lead_times`
of 200 repositories, and runs each report in a process of its own. The baseline is a plain `select` of the columns of
`lead_times` that the statistics need, into Polars, in a process of its own in the same run: the figures to keep are the
ratios to it. Seconds are those from opening the file to the table, CPU seconds those of all cores in that time, and the
peak is that of the whole process. The last line adds up the statistics, without reports that list what there is.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

REPOSITORIES = 200
BASELINE = "(baseline)"
# Reports of tables that the made file has not.
ELSEWHERE = ("initiatives", "dora", "rework", "returned", "members")
# Reports that list what there is: their size is that of the answer, so they are no statistics.
LISTS = ("lead-time", "classification", "deployments", "coverage", "longest", "left-out")
STAGES = ("pickup", "review", "merge", "build", "staging", "release", "deploy")
# Mean hours of each stage: a change's own are drawn from an exponential, slower for AI work and by repository.
MEANS = {"pickup": 14, "review": 20, "merge": 6, "build": 0.6, "staging": 9, "release": 55, "deploy": 0.4}
SHARE_ABANDONED = 0.08


def main() -> None:
    """Print one table, or be one of its measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("changes", nargs="?", type=int, default=1_000_000)
    parser.add_argument("reports", nargs="*")
    parser.add_argument("--statistics", action="store_true")
    parser.add_argument("--by")
    parser.add_argument("--clock", choices=["wall", "working"], default="wall")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure, given.file, given.by, given.clock)
        return
    file = published(given.changes)
    names = given.reports or [name for name in registered() if not (given.statistics and name in LISTS)]
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"{given.changes:,} changes in {REPOSITORIES} repositories, {file.stat().st_size / 1e6:,.0f} MB")
    print(
        f"{cores} cores, on which {load:.1f} processes wanted to run when this began: seconds are those of idle cores"
    )
    print("only where that is below 1. Ratios are of CPU seconds, to those of the baseline.")
    print(f"{'report':<16}{'rows':>12}{'seconds':>10}{'CPU s':>9}{'ratio':>8}{'peak MB':>10}")
    base = line(BASELINE, apart(BASELINE, file, None))
    if given.clock == "working":
        from analytics.reports.catalog import CLOCK, REPORTS

        clocked = [name for name in names if name not in LISTS and CLOCK in REPORTS[name].honours]
        beside(file, clocked, given.by, base)
        return
    told = {name: line(name, apart(name, file, given.by), base) for name in names}
    sums = [measured for name, measured in told.items() if name not in LISTS]
    if not sums:
        return
    seconds, cpu, peak = (each(one[at] for one in sums) for at, each in ((1, sum), (2, sum), (3, max)))
    line("all statistics", (sum(one[0] for one in sums), seconds, cpu, peak), base)


def beside(file: Path, names: list[str], by: str | None, base: Measured) -> None:
    """Each report on the wall clock, and then in working time with its CPU seconds as a ratio to that."""
    sums = [0.0, 0.0]
    for name in names:
        wall = line(name, apart(name, file, by), base)
        working = line("  working / wall", apart(name, file, by, "working"), wall)
        sums = [sums[0] + wall[2], sums[1] + working[2]]
    print(
        f"CPU seconds in sum: {sums[0]:.2f} on the wall clock, {sums[1]:.2f} in working time: {sums[1] / sums[0]:.2f} x"
    )


Measured = tuple[int, float, float, float]


def line(name: str, measured: Measured, base: Measured | None = None) -> Measured:
    """Print what was measured, and hand it on."""
    rows, seconds, cpu, peak = measured
    ratio = cpu / (base or measured)[2]
    print(f"{name:<16}{rows:>12,}{seconds:>10.2f}{cpu:>9.2f}{ratio:>8.1f}{peak:>10,.0f}", flush=True)
    return measured


def registered() -> list[str]:
    """The reports that there are of the tables in the made file."""
    from analytics.reports.catalog import REPORTS

    return [name for name in REPORTS if name not in ELSEWHERE]


def apart(name: str, file: Path, by: str | None, clock: str = "wall") -> Measured:
    """One report in a fresh process: rows, seconds from opening the file to the table, of all cores, peak megabytes."""
    asked = ["--measure", name, "--file", str(file), "--clock", clock, *(["--by", by] if by else [])]
    command = [sys.executable, __file__, *asked]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, seconds, cpu, peak = done.stdout.split()
    return int(rows), float(seconds), float(cpu), float(peak)


def measure(name: str, file: Path, by: str | None, clock: str) -> None:
    """Print rows, seconds, seconds of all cores and peak megabytes of one report."""
    from analytics.cohort.filters import Filters
    from analytics.cohort.options import Options
    from analytics.reports.catalog import BY, REPORTS
    from warehouse.publish import open_file

    began, began_cpu = time.perf_counter(), time.process_time()
    with open_file(file) as connection:
        if name == BASELINE:
            columns = ", ".join(["repo", "builds_ai", "built_with_ai", "outcome", *(f"{s}_hours" for s in STAGES)])
            table = connection.sql(f"select {columns} from lead_times").pl()  # noqa: S608  (names of ours)
        else:
            report = REPORTS[name]
            table = report(connection, Filters(), Options(by=by if BY in report.honours else None, clock=clock))
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    print(len(table), seconds, cpu, peak_megabytes())


def peak_megabytes() -> float:
    """The most memory that this process ever held (where Linux tells, without what its parent held at the fork)."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(
            float(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM")
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def published(changes: int) -> Path:
    """A file as a build publishes it, with so many changes; made once."""
    file = Path(tempfile.gettempdir(), f"headway-benchmark-{changes}-kinds.duckdb")
    if file.exists():
        return file
    from headway.progress import SilentProgress
    from headway.settings import Settings
    from warehouse.build import Sources, build_tables
    from warehouse.engines import DuckDBEngine

    unfinished = file.with_suffix(".making")
    unfinished.unlink(missing_ok=True)
    with duckdb.connect(str(unfinished)) as connection:
        # All tables that a build makes, empty; then the changes.
        build_tables(
            DuckDBEngine(connection),
            Sources({}, {}, {}),
            Settings(base=ROOT),
            as_of=None,
            progress=SilentProgress(),
        )
        connection.execute(f"create temp macro chance(i, k) as ({_UNIFORM})")
        connection.execute("create temp macro hours_of(u, mean) as (round(-ln(u) * mean * 3600) / 3600)")
        connection.execute("insert into lead_times by name " + _changes(changes))
    unfinished.rename(file)
    return file


# A number in (0, 1) for each change and purpose: the same every time, on every machine.
_UNIFORM = "(hash(i * 32 + k) >> 11)::double / 9007199254740992.0 + 1e-17"


def _changes(changes: int) -> str:
    """The query that makes the rows: drawn, followed through the stages, cut where watching ends."""
    ends = []
    for position, stage in enumerate(STAGES):
        before = " + ".join(["0", *(f"coalesce({earlier}_full, 0)" for earlier in STAGES[:position])])
        ends.append(f"{before} as {stage}_begin")
    whole = " + ".join(f"coalesce({stage}_full, 0)" for stage in STAGES)
    last = " ".join(f"when {stage}_hours is not null then '{stage}'" for stage in reversed(STAGES))
    at = "code_complete_at + to_microseconds(({0} * 3600000000)::bigint)"
    return f"""
with numbered as (
    select i, chance(i, 2) < 0.3 as builds_ai,
        floor(chance(i, 1) * chance(i, 1) * {REPOSITORIES})::integer as repository,
        timestamp '2024-01-01' + to_seconds((chance(i, 3) * 731 * 86400)::bigint) as code_complete_at
    from range({changes}) numbers(i)
), named as (
    select *, true as has_pickup, true as has_review, true as has_merge, true as has_release, true as has_deploy,
        repository % 3 > 0 as has_build, repository % 2 > 0 as has_staging, timestamp '2026-01-01' as as_of,
        (0.5 + (hash(repository) % 1000) / 1000.0) * case when builds_ai then 1.3 else 1.0 end as pace
    from numbered
), drawn as (
    select *, {_drawn()}, case when chance(i, 4) < {SHARE_ABANDONED} then hours_of(chance(i, 5), 60) end as given_up,
        (epoch_us(as_of) - epoch_us(code_complete_at)) / 3600000000e0 as age
    from named
), placed as (select *, {", ".join(ends)}, {whole} as whole from drawn),
cut as (
    select *, least(whole, coalesce(given_up, whole), age) as watched, case
        when whole <= age and whole <= coalesce(given_up, whole) then 'production'
        when given_up <= age then 'abandoned' else 'waiting' end as outcome
    from placed
), timed as (select *, {_hours()} from cut)
select
    'github:acme/service-' || repository || '#' || i as change_id, 'github:acme/service-' || repository as repo_id,
    'github' as provider, 'acme/service-' || repository as repo, i as number, md5(i::varchar) as sha,
    'Change number ' || i || ' of the service' as title, '' as url, 'author-' || (hash(i) % 997) as author,
    'team-' || (repository % 12) as team, builds_ai,
    case when chance(i, 6) < 0.1 then 'automation' when chance(i, 6) < 0.25 then 'agent'
        when chance(i, 6) < 0.4 then 'assisted' else 'none' end as built_with_ai,
    case when chance(i, 6) < 0.1 then 'bot' else 'work' end as kind,
    '' as ai_confidence, '' as ai_evidence, outcome, '' as outcome_reason,
    case when outcome = 'waiting' then case {last} end end as current_stage,
    case when outcome <> 'production' then case {last} end end as last_stage,
    code_complete_at - interval 9 hour as first_commit_at, code_complete_at as opened_at, code_complete_at as ready_at,
    code_complete_at,
    case when build_hours is not null or release_hours is not null then {at.format("build_begin")} end as merged_at,
    case when deploy_hours is not null then {at.format("deploy_begin")} end as deploy_started_at,
    case when outcome = 'production' then {at.format("whole")} end as production_at,
    case when outcome = 'abandoned' then {at.format("given_up")} end as abandoned_at,
    case when outcome = 'production' then 'deployment-' || (hash(i) % 100000) end as deployment_id,
    case when outcome = 'production' then 'ancestor' else '' end as mapped_by,
    case when outcome = 'production' then watched end as lead_time_hours,
    case when outcome = 'waiting' then watched end as age_hours,
    {", ".join(f"{stage}_hours" for stage in STAGES)},
    1 + (hash(i) % 5) as commits, 1 + (hash(i) % 20) as files, (hash(i + 1) % 400) as additions,
    (hash(i + 2) % 200) as deletions, 0 as clamped, 'branch_commits' as code_complete_source, as_of
from timed
"""  # noqa: S608  (names and numbers of ours)


def _drawn() -> str:
    """Columns of the full hours that each stage would take."""
    return ", ".join(
        f"case when has_{stage} then hours_of(chance(i, {k}), {MEANS[stage]} * pace) end as {stage}_full"
        for k, stage in enumerate(STAGES, 10)
    )


def _hours() -> str:
    """Columns of the hours in each stage, cut where watching ends."""
    return ", ".join(
        f"case when {stage}_full is not null and ({stage}_begin < watched or {stage}_begin = 0)"
        f" then least({stage}_full, watched - {stage}_begin) end as {stage}_hours"
        for stage in STAGES
    )


if __name__ == "__main__":
    main()
