from __future__ import annotations

from pathlib import Path

import pytest

from headway.errors import UsageError
from headway.settings import InitiativeSettings, Settings, load
from headway.settings.initiatives import settings_to_paste


def read(tmp_path: Path, text: str) -> Settings:
    """The settings of a file with this text."""
    file = tmp_path / "headway.toml"
    file.write_text(text)
    return load(file, {}, folder=tmp_path)


def test_initiatives_and_rungs_are_read(tmp_path: Path) -> None:
    """Everything that can be said of an initiative, and what the rungs mean."""
    found = read(
        tmp_path,
        """
        [rungs]
        sandbox_paths = ["labs/"]
        window_days = 30
        [[initiatives]]
        name = "Search"
        repo = "acme/*"
        paths = ["app/search/"]
        labels = ["ai"]
        branches = ["ai/*"]
        title = "search"
        topic = "rag"
        builds_ai = true
        [[initiatives]]
        found = "found:github:acme/shop/llm"
        dismiss = true
        """,
    )
    assert (found.rungs.sandbox_paths, found.rungs.window_days, found.rungs.find) == (("labs/",), 30, True)
    assert found.initiatives[0] == InitiativeSettings(
        name="Search",
        repo="acme/*",
        paths=("app/search/",),
        labels=("ai",),
        branches=("ai/*",),
        title="search",
        topic="rag",
        builds_ai=True,
    )
    assert found.initiatives[1].dismiss


@pytest.mark.parametrize(
    ("entry", "what", "to_do"),
    [
        ('paths = ["a/"]', "[[initiatives]] 1 has no name", "give it a name"),
        ('name = "A"', "has no changes", "set one of found, paths, labels, branches, title, topic or builds_ai"),
        ("dismiss = true", "dismisses nothing", "found"),
        ('name = "A"\npath = ["a/"]', "unknown setting 'path' in [[initiatives]] 1", "'paths'"),
        ('name = "A"\ntitle = "("', "title is not a regular expression", "fix"),
        ('name = "A"\npaths = "a/"', "paths is not a list of texts", "write"),
        ('name = "A"\nbuilds_ai = "yes"', "builds_ai should be a bool", "headway init"),
        ('name = "A"\ntopic = "x"\n[[initiatives]]\nname = "a"\ntopic = "y"', "has the name 'a' twice", "keep one"),
        ('found = "x"\nname = "A"\n[[initiatives]]\nname = "B"\nfound = "x"', "has the found 'x' twice", "keep one"),
    ],
)
def test_what_is_not_understood_is_told(tmp_path: Path, entry: str, what: str, to_do: str) -> None:
    """An initiative that says nothing, says two things or is misspelt is an error that says what to do."""
    with pytest.raises(UsageError) as error:
        read(tmp_path, f"[[initiatives]]\n{entry}\n")
    assert what in str(error.value).replace("'bool' or 'None'", "bool")
    assert to_do in error.value.hint


@pytest.mark.parametrize("name", ["Ranker", 'a "b" \\ c', "x\x7f\u202ey\U0001f600", "n" * 300])
def test_settings_to_paste_are_read_as_they_were_meant(tmp_path: Path, name: str) -> None:
    """Each text is settings by itself: one names the detected initiative, one drops it, whatever its name holds."""
    identifier = f"found:github:acme/{name[:20]}/llm"
    named, dismissed = (read(tmp_path, text).initiatives for text in settings_to_paste(identifier, name))
    assert named == (InitiativeSettings(found=identifier, name=name[:100]),)
    assert dismissed == (InitiativeSettings(found=identifier, dismiss=True),)
