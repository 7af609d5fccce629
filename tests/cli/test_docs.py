from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import click
import pytest

from cli.main import COMMANDS, program
from cli.reference_docs import pages
from headway.raw_tables import TABLES
from headway.settings import sections as settings
from warehouse.build import Sources, all_models

ROOT = Path(__file__).resolve().parents[2]
MODELS = all_models(settings.Settings(base=Path()), Sources({}, {}, {}), None)
HEADERS = [header for model in MODELS for header in model.headers]
NAMES = ("tables.md", "settings.md", "reports.md", "joins.md", "commands.md", "headway.schema.json")


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The pages as they should be."""
    return pages()


@pytest.mark.parametrize("name", NAMES)
def test_committed_page_is_current(name: str, made: dict[str, str]) -> None:
    """What a header, a raw table or a setting says is what its page says; else run `python -m cli.reference_docs`."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == made[name]


def test_every_table_and_column_is_there(made: dict[str, str]) -> None:
    """Published and raw tables have a heading, and each column a line with its meaning."""
    page = made["tables.md"]
    for header in HEADERS:
        assert f"\n### {header.table}\n" in page
        for column, meaning in header.columns.items():
            assert f"| {column} | " in page
            assert meaning.replace("|", "\\|") in page
    for table in TABLES.values():
        assert f"\n### {table.name}\n" in page


def test_every_setting_is_there(made: dict[str, str]) -> None:
    """Each setting has a line with its meaning, and those of sections the variable that goes over the file."""
    page = made["settings.md"]
    for name, cls in settings.SECTIONS.items():
        for spec in fields(cls):
            plain = spec.metadata["tables"] is None and not spec.metadata["numbers"]
            assert (f"`HEADWAY_{name}_{spec.name}`".upper() in page) == plain
    for cls in (*settings.SECTIONS.values(), *settings.LISTS.values(), settings.ManifestsSettings):
        for spec in fields(cls):
            if spec.name != "manifests" or cls is not settings.SourceSettings:
                assert f"| `{settings.SPELLED.get(spec.name, spec.name)}` | " in page
                assert spec.metadata["doc"].replace("|", "\\|") in page


def test_every_command_is_there(made: dict[str, str]) -> None:
    """Each command has a line in the table, and below it its help with every option and an example."""
    page = made["commands.md"]
    for name in COMMANDS:
        assert f"| [`headway {name}`](#headway-{name}) | " in page
        assert f"\n## headway {name}\n\n```text\nUsage: headway {name} " in page
        options = [option for parameter in command_of(name).params for option in parameter.opts if option[0] == "-"]
        assert [option for option in options if option not in page] == []
    assert page.count("  Example:\n") == len(COMMANDS) + 1


def command_of(name: str) -> click.Command:
    """A command of the program."""
    command = program.get_command(click.Context(program), name)
    assert command is not None
    return command


def test_tables_are_tables(made: dict[str, str]) -> None:
    """Every line of a table has as many cells as its heading, whatever bars its text has."""
    for page in made.values():
        width = 0
        for line in re.sub(r"```.*?```", "", page, flags=re.DOTALL).splitlines():
            cells = line.replace("\\|", "").count("|")
            assert cells in (0, width) or not width
            width = cells


@pytest.mark.slow
def test_command_writes_the_pages(tmp_path: Path) -> None:
    """`python -m cli.reference_docs` writes what the test asks for, and says nothing."""
    before = {name: (ROOT / "docs" / name).read_bytes() for name in NAMES}
    done = subprocess.run([sys.executable, "-m", "cli.reference_docs"], cwd=ROOT, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert {name: (ROOT / "docs" / name).read_bytes() for name in before} == before
