from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cli.main import main
from tests.builders.repositories import Repository


def repository(folder: Path) -> Repository:
    """A release, a change of code, another release, and a fix of that change."""
    repo = Repository(folder)
    repo.commit("Begin\n", {"a.py": "one = 1\ntwo = 2\n"})
    repo.tag("v1.0", message="first")
    repo.commit("Add three (#1)\n", {"a.py": "one = 1\ntwo = 2\nthree = 4\n"})
    repo.tag("v1.1", message="second")
    repo.commit("fix: three (#2)\n", {"a.py": "one = 1\ntwo = 2\nthree = 3\n"})
    repo.tag("v1.2", message="third")
    return repo


class Ran(NamedTuple):
    """Exit code, standard output and standard error of one run."""

    code: int
    out: str
    err: str


Headway = Callable[..., Ran]


@pytest.fixture
def headway(folder: Path, capfd: pytest.CaptureFixture[str]) -> Headway:
    """Runs the program on the settings of the folder."""

    def run(*arguments: str) -> Ran:
        capfd.readouterr()
        code = main(["--config", str(folder / "headway.toml"), *arguments])
        return Ran(code, *capfd.readouterr())

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Settings that enable rework, beside the repository."""
    (tmp_path / "headway.toml").write_text('[rework]\nenabled = true\n[[sources]]\ntarget = "shop"\n')
    return tmp_path


@pytest.mark.slow
def test_fixes_are_traced_once(folder: Path, headway: Headway) -> None:
    """The first night traces what there is, the next one nothing, and then what is new; --full all of it again."""
    repo = repository(folder / "shop")
    first = headway("collect")
    assert first.code == 0, first.out
    assert "repairs in shop: 1 repair, 1 traced fix" in first.err
    assert "repairs in" not in headway("collect").err
    repo.commit("fix: two (#3)\n", {"a.py": "one = 1\ntwo = 22\nthree = 3\n"})
    assert "repairs in shop: 1 repair, 1 traced fix" in headway("collect").err
    assert "repairs in shop: 2 repairs, 2 traced fixes" in headway("collect", "--full").err
    shown = headway("sql", "select fix_key, change_key, lines from repairs order by 1", "--format", "csv").out
    begin = repo.git("rev-list", "--max-parents=0", "HEAD")
    assert shown.split() == ["fix_key,change_key,lines", "#2,#1,1", f"#3,'@{begin},1"]


@pytest.mark.slow
def test_off_unless_the_settings_say_so(folder: Path, headway: Headway) -> None:
    """Without the setting nothing is traced, and the reports say that nothing was."""
    repository(folder / "shop")
    (folder / "headway.toml").write_text('[[sources]]\ntarget = "shop"\n')
    assert "repairs in" not in headway("collect").err
    report = headway("export", "rework", "--format", "json")
    assert report.code == 0, report.out
    assert report.out.strip() == "[]"


@pytest.mark.slow
def test_maintainability_is_measured_where_it_is_asked_for(folder: Path, headway: Headway) -> None:
    """Commits of what landed are measured, so many a night."""
    repository(folder / "shop")
    (folder / "headway.toml").write_text(
        '[rework]\nenabled = true\nmaintainability = true\ncommits_per_run = 2\n[[sources]]\ntarget = "shop"\n'
    )
    assert "2 commit quality" in headway("collect").err
    assert "1 commit quality" in headway("collect").err
    assert "commit quality" not in headway("collect").err


@pytest.mark.slow
def test_explain_shows_both_sides(folder: Path, headway: Headway) -> None:
    """The change says by what it was repaired, the fix what it repairs, and why it is a fix."""
    repository(folder / "shop")
    headway("collect")
    mended = headway("explain", "git:shop#1").out
    assert "  repaired by #2 0.0 days after production, 1 line: fix: three" in mended
    fix = headway("explain", "git:shop#2").out
    assert "  it is a fix: type 'fix'\n  repairs #1, 1 line (100% of what it removed): Add three" in fix


@pytest.mark.slow
def test_export_of_both_reports(folder: Path, headway: Headway) -> None:
    """Both have their columns and say under which definition; options that are another report's are errors."""
    repository(folder / "shop")
    headway("collect")
    dora = headway("export", "dora", "--window", "month", "--definition", "all", "--by", "service")
    assert dora.code == 0, dora.out
    assert dora.out.startswith("group,window,begins_at,ends_at,whole,definition,measure,value,lower,upper,unit,")
    assert {line.split(",")[0] for line in dora.out.splitlines()[1:]} == {"shop"}
    rework = headway("export", "rework")
    assert rework.out.startswith("group,measure,days,value,lower,upper,changes,repaired,at_risk,")
    for wrong in (
        "coverage --window month",
        "dora --clock working",
        "dora --definition mine",
        "dora --window fortnight",
        "rework --by size",
    ):
        found = headway("export", *wrong.split())
        assert found.code == 2, found.out


@pytest.mark.slow
def test_clone_that_is_gone_fails_alone(folder: Path, headway: Headway) -> None:
    """A fix that cannot be traced because the folder is gone is a failed source; what was collected stays."""
    repo = repository(folder / "shop")
    (folder / "headway.toml").write_text('[[sources]]\ntarget = "shop"\n')
    headway("collect")
    (folder / "headway.toml").write_text('[rework]\nenabled = true\n[[sources]]\ntarget = "shop"\n')
    repo.path.rename(folder / "elsewhere")
    found = headway("collect")
    assert found.code != 0
    assert "FAILED" in found.err
    assert headway("export", "lead-time").code == 0
