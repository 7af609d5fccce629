from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.errors import UsageError
from headway.settings.reader import FILE_NAME, load
from headway.settings.sections import (
    LISTS,
    SECTIONS,
    SPELLED,
    DeploymentRule,
    ManifestsSettings,
    Settings,
    SourceSettings,
)
from headway.settings.written.template import commented

EVERYTHING = r"""
[warehouse]
path = "data"
[report]
code_complete = "first_approval"
[git]
pull_heads = true
patch_ids = true
added_lines = false
max_branch_commits = 40
[production]
environments = '^live$'
[ai]
ai_identities = ["robot@example.com", "robot"]
not_ai_paths = []

[[sources]]
target = "https://github.com/acme/checkout"
team = "payments"
pull_heads = false

[[sources]]
target = "../deploy"
name = "acme/deploy"
[sources.manifests]
path = 'apps/(?P<environment>[^/]+)/(?P<application>[^/]+)\.yaml$'
version = 'image_tag:\s*(?P<version>\S+)'

[[deployments]]
repo = "acme/checkout"
from = "manifests"
[[deployments]]
repo = "acme/*"
from = "branch"
branch = "live"
"""


def read(folder: Path, text: str | None, **environment: str) -> Settings:
    """The settings of a folder whose file has this text."""
    if text is not None:
        (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return load(None, environment, folder=folder)


def complaint(folder: Path, text: str | None, **environment: str) -> tuple[str, str]:
    """What is said of settings that are not understood, and what to do."""
    with pytest.raises(UsageError) as caught:
        read(folder, text, **environment)
    assert caught.value.exit_code == 2
    return str(caught.value), caught.value.hint


def test_nothing_set_is_the_defaults(tmp_path: Path) -> None:
    """No file, an empty one and one of comments alone are the same."""
    default = Settings(base=tmp_path)
    assert read(tmp_path, None) == read(tmp_path, "") == read(tmp_path, "# nothing\n") == default
    assert default.warehouse_folder == tmp_path / "headway-data"
    assert default.deployment_rules("acme/shop") == ()


def test_every_setting_is_read(tmp_path: Path) -> None:
    """Sections, lists and the table inside a source become what they say."""
    found = read(tmp_path, EVERYTHING)
    assert found.warehouse_folder == tmp_path / "data"
    assert found.report.code_complete == "first_approval"
    assert (found.git.pull_heads, found.git.patch_ids, found.git.added_lines, found.git.max_branch_commits) == (
        True,
        True,
        False,
        40,
    )
    assert found.production.environments == "^live$"
    assert found.ai.ai_identities == ("robot@example.com", "robot")
    assert found.sources == (
        SourceSettings(target="https://github.com/acme/checkout", team="payments", pull_heads=False),
        SourceSettings(
            target="../deploy",
            name="acme/deploy",
            manifests=(
                ManifestsSettings(
                    path=r"apps/(?P<environment>[^/]+)/(?P<application>[^/]+)\.yaml$",
                    version=r"image_tag:\s*(?P<version>\S+)",
                ),
            ),
        ),
    )
    assert found.deployment_rules("acme/checkout") == (DeploymentRule(repo="acme/checkout", source="manifests"),)
    assert found.deployment_rules("acme/other") == (DeploymentRule(repo="acme/*", source="branch", branch="live"),)
    assert found.deployment_rules("other/other") == ()


def test_warehouse_is_relative_to_the_file(tmp_path: Path) -> None:
    """A named file elsewhere brings its own folder; absolute and home paths stay."""
    elsewhere = tmp_path / "conf" / "my.toml"
    elsewhere.parent.mkdir()
    elsewhere.write_text('[warehouse]\npath = "data"\n')
    assert load(elsewhere, {}, folder=tmp_path).warehouse_folder == elsewhere.parent / "data"
    elsewhere.write_text('[warehouse]\npath = "/srv/data"\n')
    assert load(elsewhere, {}, folder=tmp_path).warehouse_folder == Path("/srv/data")
    elsewhere.write_text('[warehouse]\npath = "~/data"\n')
    assert load(elsewhere, {}, folder=tmp_path).warehouse_folder == Path("~/data").expanduser()


def test_environment_goes_over_the_file(tmp_path: Path) -> None:
    """`HEADWAY_<SECTION>_<KEY>` replaces what the file says, in its type; what Kubernetes sets does not."""
    environment = {
        "HEADWAY_WAREHOUSE_PATH": "/srv/other",
        "HEADWAY_GIT_PULL_HEADS": "FALSE",
        "HEADWAY_GIT_ADDED_LINES": "1",
        "HEADWAY_GIT_MAX_BRANCH_COMMITS": "7",
        "HEADWAY_COMPARISON_SMALLEST_HOURS": "2.5",
        "HEADWAY_AI_AI_IDENTITIES": " one , two,, ",
        "HEADWAY_PRODUCTION_ENVIRONMENTS": "^x$",
        "HEADWAY_GITHUB_TOKEN": "never a setting",
        "HEADWAY_GITHUB_TOKEN_FILE": "/run/secrets/token",
        "HEADWAY_SERVICE_HOST": "10.0.0.1",
        "HEADWAY_SERVICE_PORT_HTTP": "8501",
        "HEADWAY_PORT": "tcp://10.0.0.1:8501",
        "HEADWAY_PORT_8501_TCP_ADDR": "10.0.0.1",
        "HEADWAYISH": "not ours",
        "PATH": "/bin",
    }
    for text in (EVERYTHING, None):
        found = read(tmp_path, text, **environment)
        assert found.warehouse_folder == Path("/srv/other")
        assert (found.git.pull_heads, found.git.added_lines, found.git.max_branch_commits) == (False, True, 7)
        assert found.comparison.smallest_hours == 2.5
        assert found.ai.ai_identities == ("one", "two")
        assert found.production.environments == "^x$"
        assert "never a setting" not in repr(found)
        (tmp_path / FILE_NAME).unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("text", "key", "where", "near"),
    [
        ("[warehose]\n", "warehose", FILE_NAME, "warehouse"),
        ("[[source]]\n", "source", FILE_NAME, "sources"),
        ('[warehouse]\npaht = "x"\n', "paht", "[warehouse]", "path"),
        ("[git]\nmax_commits = 1\n", "max_commits", "[git]", "max_branch_commits"),
        ('[[sources]]\ntarget = "x"\n[[sources]]\ntraget = "y"\n', "traget", "[[sources]] 2", "target"),
        ('[[sources]]\n[sources.manifests]\nverison = "y"\n', "verison", "manifests", "version"),
        ('[[deployments]]\nsource = "tags"\n', "source", "[[deployments]] 1", "from"),
        ("xyzzy = 1\n", "xyzzy", FILE_NAME, ""),
        ("github_token = 'secret'\n", "github_token", FILE_NAME, "git"),
    ],
)
def test_unknown_key_names_the_nearest(text: str, key: str, where: str, near: str, tmp_path: Path) -> None:
    """A slip of the pen is an error that says where it is and what was probably meant, and shows no value."""
    what, hint = complaint(tmp_path, text)
    assert f"unknown setting {key!r}" in what
    assert where in what
    assert re.fullmatch(r"did you mean '\w+'\?", hint)
    assert near in hint
    assert "secret" not in what + hint


def test_unknown_variable_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt variable is no silent default."""
    what, hint = complaint(tmp_path, None, HEADWAY_WAREHOUSE="x")
    assert "HEADWAY_WAREHOUSE" in what
    assert hint == "did you mean 'HEADWAY_WAREHOUSE_PATH'?"


def test_variable_that_is_not_a_number_is_refused(tmp_path: Path) -> None:
    """Neither words nor numbers below zero are taken for hours."""
    for text in ("two", "-1", "1e3", ""):
        what, _ = complaint(tmp_path, None, HEADWAY_COMPARISON_SMALLEST_HOURS=text)
        assert what == f"HEADWAY_COMPARISON_SMALLEST_HOURS is not a number: {text!r}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[git]\npull_heads = 1\n", "[git] pull_heads should be a bool: 1"),
        ("[git]\nmax_branch_commits = true\n", "[git] max_branch_commits should be a int: True"),
        ('[git]\nmax_branch_commits = "7"\n', "[git] max_branch_commits should be a int: '7'"),
        ("[warehouse]\npath = 7\n", "[warehouse] path should be a str: 7"),
        ('[[sources]]\npull_heads = "yes"\n', "[[sources]] 1 pull_heads should be a bool: 'yes'"),
        ('[ai]\nai_paths = "x"\n', "[ai] ai_paths is not a list of texts"),
        ("[ai]\nai_paths = [1]\n", "[ai] ai_paths is not a list of texts"),
        ('[report]\ncode_complete = "done"\n', "[report] code_complete is not one of last_commit, "),
        ('[[deployments]]\nfrom = "git"\n', "[[deployments]] 1 from is not one of tags, "),
        ('[production]\nenvironments = "("\n', "[production] environments is not a regular expression: "),
        ('[[deployments]]\ntags = "a{99999999999999}"\n', "[[deployments]] 1 tags is not a regular expression: "),
        (
            '[[sources]]\n[sources.manifests]\npath = "["\n',
            "[[sources]] 1 manifests path is not a regular expression: ",
        ),
        ('[[sources]]\nmanifests = "x"\n', "[[sources]] 1 manifests is not a list of tables"),
        ("warehouse = 7\n", "[warehouse] is not a table"),
        ("[[warehouse]]\n", "[warehouse] is not a table"),
        ('sources = "x"\n', "sources is not a list of tables"),
        ('sources = ["x"]\n', "[[sources]] 1 is not a table"),
        ("[sources]\n", "sources is not a list of tables"),
        ("[git\n", "is not valid TOML"),
        ("[git]\n[git]\n", "is not valid TOML"),
    ],
)
def test_value_that_cannot_be_is_told(text: str, said: str, tmp_path: Path) -> None:
    """A wrong type, choice, pattern or shape is an error that names the setting."""
    what, hint = complaint(tmp_path, text)
    assert said in what
    assert hint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEADWAY_GIT_PULL_HEADS", "yes"),
        ("HEADWAY_GIT_MAX_BRANCH_COMMITS", "many"),
        ("HEADWAY_GIT_MAX_BRANCH_COMMITS", "-1"),
        ("HEADWAY_GIT_MAX_BRANCH_COMMITS", "9" * 5000),
        ("HEADWAY_REPORT_CODE_COMPLETE", "done"),
        ("HEADWAY_PRODUCTION_ENVIRONMENTS", "("),
    ],
)
def test_variable_that_cannot_be_is_told(name: str, value: str, tmp_path: Path) -> None:
    """The environment is held to the same rules as the file."""
    what, hint = complaint(tmp_path, None, **{name: value})
    assert name in what or name.removeprefix("HEADWAY_").partition("_")[2].lower() in what
    assert hint


def test_variable_over_a_broken_section_is_told(tmp_path: Path) -> None:
    """A section that is no table is told also where a variable would go into it."""
    for text in ("warehouse = 7\n", "[[warehouse]]\n"):
        assert "[warehouse] is not a table" in complaint(tmp_path, text, HEADWAY_WAREHOUSE_PATH="x")[0]


def test_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A named file that is not there, a folder, and bytes that are no text."""
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(UsageError, match="cannot read the settings"):
            load(path, {}, folder=tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not valid TOML"):
        load(tmp_path / "bytes.toml", {}, folder=tmp_path)


def test_commented_file_changes_nothing(tmp_path: Path) -> None:
    """What `headway init` writes says the defaults and sets none."""
    assert read(tmp_path, commented()) == Settings(base=tmp_path)


def test_commented_file_uncommented_is_the_defaults(tmp_path: Path) -> None:
    """Every line that shows a default, uncommented, is accepted and is that default."""
    text = re.sub(r"^# (\w+ = )", r"\1", commented(), flags=re.MULTILINE)
    text = re.sub(r"^# (\[\[?[a-z.]+\]\]?)$", r"\1", text, flags=re.MULTILINE)
    found = read(tmp_path, text)
    for name in SECTIONS:
        assert getattr(found, name) == getattr(Settings(base=tmp_path), name)
    assert found.deployments == (DeploymentRule(repo="acme/*"),)


def test_commented_file_names_every_setting() -> None:
    """Each setting is in it with its meaning, and with its choices."""
    text = commented()
    for cls in (*SECTIONS.values(), *LISTS.values(), ManifestsSettings):
        for spec in fields(cls):
            if spec.name != "manifests" or cls is not SourceSettings:
                assert f"# {SPELLED.get(spec.name, spec.name)}: {spec.metadata['doc']}" in text
            assert all(choice in text for choice in spec.metadata["choices"])


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["path", "target", "from", "manifests", "y"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.slow
@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from([*SECTIONS, *LISTS, "x"]), VALUE, max_size=4))
def test_any_file_is_settings_or_a_complaint(raw: dict[str, object]) -> None:
    """Whatever TOML says, the answer is settings or a complaint of two lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headway.settings.reader._read", lambda _: raw)
        complaint = "none"
        try:
            load(Path("any.toml"), {"HEADWAY_WAREHOUSE_PATH": "x"}, folder=Path())
        except UsageError as error:
            complaint = error.hint
        assert complaint
