from __future__ import annotations

from pathlib import Path

import pytest

from cli.main import main
from pipeline.doctor import checkup
from pipeline.session import Session
from tests.builders.rows import END, Raw, hour, stored

SETTINGS = """
[warehouse]
path = "data"
[ai]
ai_repos = ["acme/shop"]
[[initiatives]]
found = "found:git:acme/shpo"
dismiss = true
"""


@pytest.mark.slow
def test_an_id_that_nothing_has_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A slip of the pen in an id is said after a build and by the doctor, with the id that is nearest."""
    config = tmp_path / "headway.toml"
    config.write_text(SETTINGS)
    raw = Raw().commits("a b c d e")
    for name in "abcde":
        raw.files(name, "src/a.py")
    stored(tmp_path / "data", raw)
    assert main(["--config", str(config), "build"]) == 0
    what = "[[initiatives]] dismisses found:git:acme/shpo: there is no initiative of this id"
    todo = "the nearest id is found:git:acme/shop; `headway export initiatives` has the ids"
    assert capfd.readouterr().err.endswith(f"{what}\n  hint: {todo}\n")
    session = Session(config=config, warehouse=None, debug=False, folder=tmp_path, environment={}, now=hour(END))
    assert [one.hint for one in checkup(session) if not one.ok and one.what == what] == [todo]
