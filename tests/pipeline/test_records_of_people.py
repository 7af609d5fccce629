"""What people write into records: each mistake is told with its line, by `collect` and by `doctor`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.running import Headway, deployed, program, rows, shas, shop, write

HEADER = "type;repo;id;environment;sha;created_at;state;finished_at"


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


@pytest.mark.slow
def test_mistakes_are_told_with_their_lines(headway: Headway, tmp_path: Path) -> None:
    """Local times as UTC, a test merge's commit, odd names, another repository and an id twice, in one file."""
    commits = shas(shop(tmp_path / "shop", days=8))
    # Deployed two hours after the landing at 10:00Z, in a zone five hours behind: written as 07:00Z.
    records = [deployed(f"d{n}", commits[n], f"2026-01-{n + 1:02}T07:00:00Z") for n in (1, 2, 3, 4)]
    records += [
        deployed("d5", commits[5], "2026-01-06T12:00:00Z", environment=" production "),
        deployed("d6", commits[6], "2026-01-07T12:00:00Z", environment="PRD"),
        deployed("d7", "f" * 40, "2026-01-08T12:00:00Z"),
        deployed("d6", commits[7], "2026-01-08T13:00:00Z"),
        deployed("d9", commits[8], "2026-01-09T13:00:00Z", repo="github:acme/workshop"),
    ]
    write(tmp_path / "d.ndjson", records)
    collected = headway("collect", "shop", "events:d.ndjson")
    assert collected.code == 0
    for said in (collected.err, headway("doctor").out):
        assert "perhaps local times are written as UTC" in said
        assert "4 deployments: d1 by 3.0 h (d.ndjson line 1)" in said
        assert "with 3 h added none would be" in said
        assert (
            "refs/pull/N/merge) are: what they shipped is unknown: 1 deployments: ffffffffffff (d.ndjson line 7)"
            in said
        )
        assert "line 5 ' production '" in said
        assert "PRD (1) (d.ndjson line 6), where 7 say production" in said
        assert "1 ids, 2 deployments: d6 to PRD (d.ndjson line 6), d6 to production (d.ndjson line 8)" in said
        assert (
            "github:acme/workshop: deployments are reported of this repository, and its code is not collected" in said
        )
        assert "(d.ndjson line 9); the nearest collected name is github:acme/shop" in said


@pytest.mark.slow
def test_spreadsheets_are_read_and_their_dates_told(headway: Headway, tmp_path: Path) -> None:
    """A byte order mark, semicolons and capitals are read; dates that a spreadsheet rewrote are one reason."""
    commits = shas(shop(tmp_path / "shop"))
    good = f"deployment;github:acme/shop;d1;production;{commits[1]};2026-01-02T12:00:00Z;success;2026-01-02T12:00:00Z"
    bad = f"deployment;github:acme/shop;d%d;production;{commits[2]};02.01.2026 12:00;success;02.01.2026 12:%02d"
    lines = [HEADER.replace("type", "Type"), good, *(bad % (n, n % 60) for n in range(3000))]
    (tmp_path / "d.csv").write_text("\ufeff" + "\r\n".join(lines) + "\r\n", encoding="utf-8")
    dry = headway("collect", "--dry-run", "events:d.csv")
    assert not (tmp_path / "headway-data").exists()
    ran = headway("collect", "shop", "events:d.csv")
    assert (dry.code, ran.code) == (3, 3)
    assert rows(headway, "select deployment_id from deployments") == ["d1"]
    for said in (dry.out, ran.err):
        assert "line 3: `created_at` must be a time such as 2026-01-02T03:04:05Z, not '02.01.2026 12:00'" in said
        assert "as a spreadsheet writes it (and 2,999 more like it)" in said
        assert "semicolons" in said
    assert "semicolons" in headway("doctor").out


@pytest.mark.slow
def test_dry_run_shows_repositories_and_environments(headway: Headway, tmp_path: Path) -> None:
    """Deployments by repository and environment, what is production, and what is not collected; nothing is written."""
    commits = shas(shop(tmp_path / "shop"))
    records = [deployed("a", commits[1], "2026-01-02T12:00:00Z"), deployed("b", commits[2], "2026-01-03T12:00:00Z")]
    records += [deployed("c", commits[2], "2026-01-03T11:00:00Z", environment="shop (Preview)")]
    records += [deployed("d", commits[2], "2026-01-03T11:00:00Z", environment="k8s", repo="github:acme/shoop")]
    write(tmp_path / "d.ndjson", records)
    assert headway("collect", "shop").code == 0
    before = sorted((tmp_path / "headway-data").rglob("*"))
    said = headway("collect", "--dry-run", "events:d.ndjson", "shop")
    assert said.code == 0
    assert (
        "production: 2 deployments, 2 succeeded, 2026-01-02T12:00:00Z to 2026-01-03T12:00:00Z, production (line 1)"
        in (said.out)
    )
    assert "shop (Preview): 1 deployment, 1 succeeded" in said.out
    assert "github:acme/shoop: its code is not collected; the nearest name is github:acme/shop" in said.out
    assert "no environment is taken for production" in said.out
    assert "would be read from where it stood" in said.out
    assert sorted((tmp_path / "headway-data").rglob("*")) == before


@pytest.mark.slow
def test_one_run_with_several_environments_overwrites_nothing(headway: Headway, tmp_path: Path) -> None:
    """A pipeline run's id for staging and two regions is three deployments, in one file or in two, and in CDEvents."""
    commits = shas(shop(tmp_path / "shop"))
    first = [deployed("run-1", commits[0], "2026-01-01T12:00:00Z")]
    regions = ("staging", "production-eu", "production-us")
    first += [deployed("run-2", commits[1], f"2026-01-02T1{n}:30:00Z", environment=e) for n, e in enumerate(regions)]
    write(tmp_path / "a.ndjson", first)
    write(tmp_path / "b.ndjson", [deployed("run-2", commits[2], "2026-01-03T12:00:00Z", environment="production-eu")])
    assert headway("collect", "shop", "events:a.ndjson", "events:b.ndjson").code == 0
    names = rows(headway, "select deployment_id from deployments order by created_at")
    assert len(names) == 5
    assert names[:2] == ["run-1", "run-2 (staging)"]
    assert names[3] == "run-2 (production-us)"
    # The run as a whole is retracted by its id, one of its deployments by environment and commit.
    gone = {"type": "deployment", "repo": "github:acme/shop", "id": "run-2", "deleted": True}
    write(tmp_path / "c.ndjson", [gone | {"environment": "staging", "sha": commits[1]}])
    assert headway("collect", "events:c.ndjson").code == 0
    assert len(rows(headway, "select deployment_id from deployments")) == 4
    write(tmp_path / "c.ndjson", [gone])
    assert headway("collect", "events:c.ndjson").code == 0
    assert rows(headway, "select deployment_id from deployments") == ["run-1"]


@pytest.mark.slow
def test_folder_of_files_is_read(headway: Headway, tmp_path: Path) -> None:
    """`events:FOLDER` reads each file of records in it; other files are none."""
    commits = shas(shop(tmp_path / "shop"))
    for day in (1, 2):
        write(
            tmp_path / "exports" / f"{day}.ndjson", [deployed(f"d{day}", commits[day], f"2026-01-0{day + 1}T12:00:00Z")]
        )
    (tmp_path / "exports" / "README.md").write_text("notes")
    assert headway("collect", "shop", "events:exports").code == 0
    assert rows(headway, "select count(*) from deployments") == ["2"]


@pytest.mark.slow
def test_collect_prints_each_notice_in_words(headway: Headway, tmp_path: Path) -> None:
    """Whatever its kind, in the words of `doctor`: the first few of a kind, and how many more there are."""
    commits = shas(shop(tmp_path / "shop"))
    for number in range(5):
        record = deployed(f"d{number}", commits[1], "2026-01-02T12:00:00Z", titel="x")
        write(tmp_path / "exports" / f"{number}.ndjson", [record])
    change = {"type": "change", "repo": "github:acme/shop", "number": 1}
    write(tmp_path / "c.ndjson", [change, change | {"merged_at": "2999-01-01T00:00:00Z"}])
    collected = headway("collect", "shop", "events:exports", "events:c.ndjson")
    doctor = headway("doctor").out
    assert collected.err.count("'titel' (perhaps 'title')") == 3
    assert doctor.count("'titel' (perhaps 'title')") == 5
    assert "2 more of this kind: `headway doctor` lists them" in collected.err
    for said in (collected.err, doctor):
        assert "several lines are about one row: the last line counts: line 2 '#1'" in said
        assert "the watermark ignores these times: line 2 '2999-01-01T00:00:00Z'" in said
    assert "1 notice" not in collected.err
