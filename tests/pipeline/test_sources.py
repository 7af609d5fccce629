from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from headway.errors import UsageError
from headway.settings import ManifestsSettings, Settings, SourceSettings
from headway.settings.sections import SECRETS, PrivacySettings, WarehouseSettings
from pipeline.sources import KINDS, kind_of_id, sources_of


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("gitlab:group/project", ""),
        ("bitbucket:team/shop", ""),
        ("jira:SHOP", ""),
        ("GitLab:group/project", ""),
        ("azure:org/project", ""),
        ("records:deployments.csv", ""),
        ("https:/github.com/acme/shop", ""),
        ("githb:acme/shop", "github"),
        ("GitHub:acme/shop", "github"),
        ("event:deployments.ndjson", "events"),
    ],
)
def test_unknown_kind_of_target_is_named_with_what_there_is(tmp_path: Path, target: str, near: str) -> None:
    """Another system, or a misspelt prefix, is no host to look up: the error says which targets there are."""
    word = target.partition(":")[0]
    with pytest.raises(UsageError) as refused:
        sources_of(Settings(base=tmp_path), (target,))
    suggestion = f"; did you mean `{near}:`?" if near else ""
    assert str(refused.value) == f"there is no kind of source `{word}:`{suggestion}"
    for form in ("a clone URL", "github:OWNER/NAME", "events:FILE", f"ssh://{word}/PATH"):
        assert form in refused.value.hint


@pytest.mark.parametrize(
    ("target", "id_"),
    [
        ("git@host:acme/shop", "git:host:acme/shop"),
        ("git@gitlab:group/project", "git:gitlab:group/project"),
        ("gitlab.com:group/project.git", "git:gitlab.com:group/project"),
        ("work:acme/shop", "git:work:acme/shop"),
        ("github-work:acme/shop", "git:github-work:acme/shop"),
        ("github2:acme/shop", "git:github2:acme/shop"),
        ("ssh://gitlab/group/project", "git:ssh://gitlab/group/project"),
        ("ssh://git@jira/shop", "git:ssh://jira/shop"),
        ("https://gitlab.com/group/project", "git:https://gitlab.com/group/project"),
        (r"C:\work\shop", r"git:C:\work\shop"),
        ("github:acme/shop", "github:acme/shop"),
    ],
)
def test_what_git_and_ssh_call_a_host_is_still_a_repository(tmp_path: Path, target: str, id_: str) -> None:
    """Addresses of SSH, hosts of its config, URLs and drives are no kinds of source."""
    assert [source.id for source in sources_of(Settings(base=tmp_path), (target,))] == [id_]


@pytest.mark.parametrize("name", ["gitlab:export", "jira:old/shop"])
def test_folder_with_a_colon_is_a_repository(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that exists wins over the look of a kind, on the command line and in the settings."""
    (tmp_path / name).mkdir(parents=True)
    configured = Settings(base=tmp_path, sources=(SourceSettings(target=name),))
    assert [source.id for source in sources_of(configured)] == [f"git:{tmp_path / name}"]
    monkeypatch.chdir(tmp_path)
    assert [source.id for source in sources_of(Settings(base=Path("elsewhere")), (name,))] == [f"git:{tmp_path / name}"]


def test_kinds_of_source_do_not_overlap() -> None:
    """One kind takes what has no prefix, and no id begins as that of two kinds."""
    assert [kind.prefix for kind in KINDS].count("") == 1
    ids = [kind.id_prefix for kind in KINDS]
    assert [other for prefix in ids for other in ids if prefix is not other and prefix.startswith(other)] == []
    assert kind_of_id("repairs:git:/srv/shop") is None


def test_secrets_of_kinds_are_those_that_the_settings_leave_alone() -> None:
    """What a kind reads from the environment as a secret is no setting, nor are those of the warehouse."""
    of_kinds = [name for kind in KINDS for name in kind.secrets]
    assert sorted((*of_kinds, *PrivacySettings.SECRETS, *WarehouseSettings.SECRETS)) == sorted(SECRETS)


def test_entries_of_one_source_add_up(tmp_path: Path) -> None:
    """However a folder is spelled, it is one source with the manifests of all its entries, in their order."""
    (tmp_path / "fleet").mkdir()
    first, second = ManifestsSettings(preset="helm"), ManifestsSettings(preset="flux")
    entries = (
        SourceSettings(target="fleet", manifests=(first,), team="ops"),
        SourceSettings(target="./fleet", manifests=(second, first)),
        SourceSettings(target="https://github.com/acme/shop"),
        SourceSettings(target=str(tmp_path / "fleet"), team="ops"),
    )
    settings = Settings(base=tmp_path, sources=entries)
    sources = sources_of(settings)
    assert [(source.label, source.team) for source in sources] == [
        ("fleet", "ops"),
        ("https://github.com/acme/shop", ""),
    ]
    for chosen in (sources, sources_of(settings, ("./fleet",))):
        assert isinstance(chosen[0].collect, partial)
        assert [patterns.preset for patterns in chosen[0].collect.args[0].manifests] == ["helm", "flux"]


def test_entries_of_one_source_may_not_contradict(tmp_path: Path) -> None:
    """Two teams of one source are refused, with the numbers of the entries."""
    entries = (
        SourceSettings(target="https://github.com/acme/shop", team="a"),
        SourceSettings(target="events:x.csv"),
        SourceSettings(target="https://github.com/acme/shop", team="b"),
    )
    with pytest.raises(UsageError, match=r"\[\[sources\]\] 1 and \[\[sources\]\] 3 are one source.*team: a, b"):
        sources_of(Settings(base=tmp_path, sources=entries))
