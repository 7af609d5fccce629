"""No change of source code is a release, whatever else is true of it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders.repositories import Files, Repository
from tests.builders.rows import built
from tests.warehouse.test_change_kinds import PACKAGE, collected

_CHANGES = st.fixed_dictionaries(
    {"src/app.js": st.sampled_from(["let a = 1;\n", "let b = 2;\n"])},
    optional={
        "package.json": st.sampled_from([PACKAGE.format(own=own, pad="1") for own in ("1.1.0", "2.0.0")]),
        "CHANGELOG.md": st.just("## 1.1.0\n"),
        "VERSION": st.just("1.1.0\n"),
        ".changeset/quick-cats.md": st.none(),
    },
)
_SUBJECTS = st.sampled_from(["v1.1.0", "chore(main): release 1.1.0", "Version Packages", "Bump version to 1.1.0"])
_CASES = st.lists(st.tuples(_CHANGES, _SUBJECTS, st.booleans(), st.booleans()), min_size=7, max_size=7)


@pytest.mark.slow
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cases=_CASES)
def test_a_change_of_source_code_is_never_a_release(
    tmp_path_factory: pytest.TempPathFactory, cases: list[tuple[Files, str, bool, bool]]
) -> None:
    """Whatever else it changes, whatever its subject says, with its tag or without, with its lines or without."""
    start: Files = {"package.json": PACKAGE.format(own="1.0.0", pad="1"), ".changeset/quick-cats.md": "x\n"}
    parts, shas = [], {}
    for number, (files, subject, tagged, content) in enumerate(cases):  # each a repository of one build
        folder, name = tmp_path_factory.mktemp("source"), f"acme/shop{number}"
        repo = Repository(folder / "shop")
        repo.commit("Start\n", {**start, "src/app.js": "let c = 3;\n", "VERSION": "1.0.0\n"})
        shas[name] = repo.commit(f"{subject}\n", files)
        if tagged:
            repo.tag("v1.1.0")
        clone = repo.path if content else repo.clone(folder / "blobless", "--filter=blob:none", "--bare")
        parts.append(collected(clone, name))
    with built(*parts) as tables:
        rows = tables("select repo, sha, kind from lead_times")
    kinds = {row["repo"]: row["kind"] for row in rows if row["sha"] == shas[row["repo"]]}
    assert kinds == dict.fromkeys(shas, "work")
