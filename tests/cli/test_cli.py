"""The program from outside: what it prints, where, and with which exit code."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from analytics.reports.published import LEAD_TIME_COLUMNS
from cli.main import COMMANDS, main
from pipeline.session import Session
from tests.builders.demo import tiny_demo
from warehouse.store import RawStore


@pytest.fixture
def company_to_collect(tmp_path: Path) -> Path:
    """A tiny company that a test may change, collect and build again: its sources are known by their folder."""
    return tiny_demo(tmp_path / "demo").folder


@pytest.fixture
def own_company(company: Session, tmp_path: Path) -> Path:
    """A copy of the tiny company that a test may change."""
    return shutil.copytree(company.folder, tmp_path / "demo", symlinks=True)


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one run."""
    capfd.readouterr()
    code = main(arguments)
    out, err = capfd.readouterr()
    return code, out, err


def on(company: Session | Path, *arguments: str) -> list[str]:
    """Arguments for a company's settings."""
    folder = company if isinstance(company, Path) else company.folder
    return ["--config", str(folder / "headway.toml"), *arguments]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_one_real_example(capfd: pytest.CaptureFixture[str], name: str) -> None:
    """`--help` of each command says what it does and shows an example."""
    code, out, _ = run(capfd, name, "--help")
    assert code == 0
    assert "Example:" in out
    assert f"headway {name}" in out


def test_export_writes_the_contract_columns_in_order(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """The lead-time report begins with the fixed columns, one row per change, ordered by id."""
    code, out, _ = run(capfd, *on(company, "export", "lead-time"))
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert out.splitlines()[0].split(",")[: len(LEAD_TIME_COLUMNS)] == list(LEAD_TIME_COLUMNS)
    ids = [row["change_id"] for row in rows]
    assert ids == sorted(set(ids))
    assert {row["outcome"] for row in rows} >= {"production", "waiting", "abandoned"}
    assert {row["built_with_ai"] for row in rows} <= {"agent", "assisted", "none", "automation"}
    assert {row["builds_ai"] for row in rows} == {"true", "false"}
    assert all(row["as_of"].endswith("Z") for row in rows)


@pytest.mark.slow
def test_the_same_warehouse_gives_the_same_bytes(capfd: pytest.CaptureFixture[str], company_to_collect: Path) -> None:
    """A report does not depend on the build that it reads: built again, it is the same to the byte."""
    reports = ("lead-time", "deployments", "coverage", "classification")
    first = [run(capfd, *on(company_to_collect, "export", report)) for report in reports]
    assert run(capfd, *on(company_to_collect, "build"))[0] == 0
    assert [run(capfd, *on(company_to_collect, "export", report)) for report in reports] == first


@pytest.mark.slow
def test_as_of_the_watermark_is_the_published_report(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """Rebuilt in memory as of the very end, the report is the published one."""
    published = run(capfd, *on(company, "export", "lead-time"))
    assert run(capfd, *on(company, "export", "lead-time", "--as-of", "2030-01-01")) == published


@pytest.mark.slow
def test_an_earlier_as_of_knows_nothing_later(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """Nothing in a report as of a time happened after it, and what had not arrived then waits."""
    code, out, _ = run(capfd, *on(company, "export", "lead-time", "--as-of", "2026-06-15T00:00:00Z"))
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert rows
    times = [name for name in LEAD_TIME_COLUMNS if name.endswith("_at")]
    assert max(row[name] for row in rows for name in times) <= "2026-06-15T00:00:00Z"
    assert any(row["outcome"] == "waiting" for row in rows)


def test_period_and_repository_choose_rows(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """`--since`, `--until` and `--repo` keep what was code complete then and there."""
    arguments = ("--since", "2026-06-10", "--until", "2026-06-20", "--repo", "acme/check*")
    _, out, _ = run(capfd, *on(company, "export", "lead-time", *arguments))
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["repo"] for row in rows} == {"acme/checkout"}
    assert all("2026-06-10" <= row["code_complete_at"] < "2026-06-20" for row in rows)


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_export_to_a_file(capfd: pytest.CaptureFixture[str], company: Session, tmp_path: Path, form: str) -> None:
    """`--out` writes the report to a file and nothing to standard output."""
    out_file = tmp_path / f"report.{form}"
    code, out, _ = run(capfd, *on(company, "export", "coverage", "--format", form, "--out", str(out_file)))
    assert (code, out) == (0, "")
    assert out_file.stat().st_size > 0


def test_summary_fits_a_screen_and_says_it_is_simulated(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """Headline, groups, bottleneck and what was left out in under 24 lines."""
    code, out, _ = run(capfd, *on(company, "summary"))
    assert code == 0
    assert "SIMULATED" in out
    assert "AI work" in out
    assert "human" not in out.lower()
    assert "\nInitiatives: " in out
    assert len(out.splitlines()) < 24


def test_explain_names_the_initiatives(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """A change of an initiative says of which and why; one that begins to use an initiative says that."""
    query = "select min(change_id) as change_id from initiative_changes where initiative_id = 'concierge'"
    _, out, _ = run(capfd, *on(company, "sql", query, "--format", "csv"))
    _, out, _ = run(capfd, *on(company, "explain", out.splitlines()[1]))
    assert "\ninitiatives:\n  Concierge (named in the settings): " in out
    assert " files match experiments/concierge/, app/concierge/" in out


def test_initiatives_are_exported(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """One row for each, with what it rests on."""
    code, out, _ = run(capfd, *on(company, "export", "initiatives"))
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(out))}
    assert code == 0
    assert rows["Concierge"]["origin"] == "named"
    assert rows["Concierge"]["evidence"]
    code, _, _ = run(capfd, *on(company, "export", "initiatives", "--by", "team"))
    assert code == 2


def test_explain_shows_milestones_evidence_and_deployment(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """A change in production names its deployment and how that contains it."""
    _, out, _ = run(capfd, *on(company, "export", "lead-time"))
    row = next(row for row in csv.DictReader(io.StringIO(out)) if row["deployment_id"] and row["ai_evidence"])
    code, out, _ = run(capfd, *on(company, "explain", row["change_id"]))
    assert code == 0
    assert row["deployment_id"] in out
    assert "production_at" in out
    assert "AI work:" in out


def test_explain_of_an_unknown_change_names_what_is_near(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """A wrong id is an error of two lines that offers the right one."""
    code, out, err = run(capfd, *on(company, "explain", "acme/checkout#999999"))
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 2
    assert "github:acme/" in err


@pytest.mark.slow
def test_status_and_doctor_speak_of_every_source(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """Each source with its watermark; each check with what to do."""
    code, out, _ = run(capfd, *on(company, "status"))
    assert code == 0, out
    assert "github:acme/checkout" in out
    assert "events:" in out
    _, out, _ = run(capfd, *on(company, "doctor"))
    assert "git version" in out
    assert "FAIL" in out, "the company was last read long ago"


@pytest.mark.slow
def test_collecting_twice_changes_nothing(capfd: pytest.CaptureFixture[str], company_to_collect: Path) -> None:
    """A second night without news brings no row, and the report stays the same."""
    assert run(capfd, *on(company_to_collect, "collect"))[0] == 0
    store = RawStore(company_to_collect / "headway-data")
    rows = sum(sum(commit.rows.values()) for commit in store.commits())
    before = run(capfd, *on(company_to_collect, "export", "lead-time", "--as-of", "2026-06-01"))
    assert run(capfd, *on(company_to_collect, "collect"))[0] == 0
    assert sum(sum(commit.rows.values()) for commit in store.commits()) == rows
    assert run(capfd, *on(company_to_collect, "export", "lead-time", "--as-of", "2026-06-01")) == before


@pytest.mark.slow
def test_one_source_that_fails_takes_nothing_from_the_others(
    capfd: pytest.CaptureFixture[str], company_to_collect: Path
) -> None:
    """The rest is in, the failed one is named with what to do, and the exit code is 3."""
    shutil.rmtree(company_to_collect / "repos" / "checkout.git")
    with (company_to_collect / "events.ndjson").open("a", encoding="utf-8") as file:
        file.write("not json\n")
    code, out, err = run(capfd, *on(company_to_collect, "collect"))
    assert (code, out) == (3, "")
    assert err.count("FAILED") == 2
    assert "hint:" in err
    assert "built headway-" in err
    code, out, _ = run(capfd, *on(company_to_collect, "status"))
    assert code == 1
    assert "failed" in out


def test_status_of_nothing_is_no_success(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A monitor of a warehouse that is not there learns so by the exit code."""
    code, out, _ = run(capfd, "--warehouse", str(tmp_path / "nothing"), "status")
    assert code == 1
    assert "hint: headway collect" in out


def test_a_source_that_is_no_repository_is_two_lines(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nothing could be read the exit code says that it failed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    code, out, err = run(capfd, "collect", "empty")
    assert (code, out) == (1, "")
    assert "hint:" in err
    assert "Traceback" not in err


def test_only_one_collector_at_a_time(capfd: pytest.CaptureFixture[str], own_company: Path) -> None:
    """A second collector on the same warehouse ends with exit code 4 and touches nothing."""
    with RawStore(own_company / "headway-data").collecting():
        code, _, err = run(capfd, *on(own_company, "collect"))
    assert code == 4
    assert len(err.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["collect"], 2),
        (["collect", "--", "-u"], 2),
        (["collect", "ext::sh -c evil"], 2),
        (["export", "lead-time"], 1),
        (["export", "nothing"], 2),
        (["summary", "--since", "yesterday"], 2),
        (["export", "lead-time", "--by", "team"], 2),
        (["no-such-command"], 2),
        (["--config", "missing.toml", "summary"], 2),
    ],
)
def test_wrong_use_is_two_lines_and_the_exit_code_of_the_contract(
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
) -> None:
    """What happened and what to do, never a traceback."""
    monkeypatch.chdir(tmp_path)
    found, out, err = run(capfd, *arguments)
    assert (found, out) == (code, ""), err
    assert len(err.splitlines()) == 2, err


def test_debug_shows_the_traceback(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--debug` adds it."""
    monkeypatch.chdir(tmp_path)
    _, _, err = run(capfd, "--debug", "summary")
    assert "Traceback" in err


def test_init_writes_settings_that_change_nothing(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is valid, says what each setting means, and is never overwritten."""
    monkeypatch.chdir(tmp_path)
    assert run(capfd, "init")[0] == 0
    text = (tmp_path / "headway.toml").read_text()
    assert "max_branch_commits" in text
    assert run(capfd, "doctor")[1].count("0 sources") == 1
    assert run(capfd, "init")[0] == 2
    assert (tmp_path / "headway.toml").read_text() == text


def test_classify_writes_the_contract_columns(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Records in, verdicts out; with labels, a score of each class."""
    records = tmp_path / "commits.ndjson"
    records.write_text(
        '{"repo":"a/b","sha":"1","author_name":"Ann","author_email":"ann@example.com",'
        '"message":"Add a prompt\\n\\nCo-Authored-By: Claude <noreply@anthropic.com>","files":["app/llm/prompt.py"]}\n'
    )
    code, out, _ = run(capfd, "classify", str(records))
    assert code == 0
    assert out.splitlines()[0] == "repo,sha,builds_ai,built_with_ai,confidence,evidence"
    assert out.splitlines()[1].startswith("a/b,1,")
    labels = tmp_path / "labels.csv"
    labels.write_text("repo,sha,axis_a,axis_b\na/b,1,ai,ai_initiative\n")
    code, out, _ = run(capfd, "classify", str(records), "--labels", str(labels))
    assert code == 0
    assert "precision" in out


@pytest.mark.slow
def test_the_program_runs_as_a_process_and_stops_with_its_reader(company: Session) -> None:
    """A reader that has had enough (`| head`) ends it without a complaint."""
    program = [sys.executable, "-m", "cli.main", *on(company, "export", "lead-time")]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_demo_never_removes_what_is_no_demo(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with something else in it is refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headway-demo").mkdir()
    (tmp_path / "headway-demo" / "mine.txt").write_text("precious")
    code, _, err = run(capfd, "demo", "--no-open")
    assert code == 2
    assert len(err.splitlines()) == 2
    assert (tmp_path / "headway-demo" / "mine.txt").read_text() == "precious"


@pytest.mark.slow
def test_a_tiny_demo_is_the_same_each_time(company: Session, tmp_path: Path) -> None:
    """Simulated again, the company has the same truth to the byte."""
    again = tiny_demo(tmp_path / "again")
    for name in ("truth.csv", "events.ndjson", "headway.toml"):
        assert (again.folder / name).read_bytes() == (company.folder / name).read_bytes()


@pytest.mark.slow
def test_working_clock(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """`--clock working` tells fewer hours, and says on which clock they are told."""
    for report in ("stages", "occupancy", "bottlenecks", "waiting"):
        by = ["--by", "builds_ai"] if report != "waiting" else []
        wall = run(capfd, *on(company, "export", report, *by))
        working = run(capfd, *on(company, "export", report, *by, "--clock", "working"))
        assert wall[0] == working[0] == 0
        tables = [list(csv.DictReader(io.StringIO(out))) for _, out, _ in (wall, working)]
        assert [{row["clock"] for row in table} for table in tables] == [{"wall"}, {"working"}]
    code, out, _ = run(capfd, *on(company, "summary", "--clock", "working"))
    assert code == 0
    assert "in working hours" in out
    assert "first 168 working hours" in out


def test_statistics_can_be_grouped(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """`--by` a column that a report cannot group by is an error that names the choices; other kinds join if asked."""
    code, out, err = run(capfd, *on(company, "export", "stages", "--by", "title"))
    assert (code, out) == (2, "")
    assert "builds_ai" in err.splitlines()[1]
    counts = []
    for flags in ((), ("--automation",)):
        _, out, _ = run(capfd, *on(company, "export", "stages", *flags))
        told = csv.DictReader(io.StringIO(out))
        counts.append({tuple(int(row[name]) for name in ("changes", "automation", "releases")) for row in told})
    ((work, bots, releases),), ((everything, *none),) = counts
    assert work + bots + releases == everything
    assert min(bots, releases) > 0
    assert none == [0, 0]


def test_published_file_of_another_version_is_explained(
    company: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table that an older version did not publish leads to `headway build`, not to a report of a defect."""
    warehouse = tmp_path / "warehouse"
    shutil.copytree(company.settings.warehouse_folder, warehouse)
    file = warehouse / (warehouse / "CURRENT").read_text(encoding="utf-8").strip()
    with duckdb.connect(str(file)) as connection:
        (change,) = connection.sql("select change_id from lead_times order by 1 limit 1").fetchall()[0]
        connection.execute("drop table reported_commits")
    assert main(["--warehouse", str(warehouse), "explain", change]) == 1
    assert "run `headway build`" in capsys.readouterr().err
