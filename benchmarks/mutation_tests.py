"""Which tests belong to which code: what a mutant is run against.

Test files that name a module or a table come first; then those of the table below, where the longest beginning of a
path counts: the ones that compute what the code computes, most direct first. All are narrow enough that a mutant takes
seconds, so a survivor may still be noticed by the other tests: `wider_than` has those around.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

__all__ = ["PACKAGES", "tests_of", "wider_than"]

MANY = 12
"""So many test files may name a module or a table; of more, only those of the table below, or of the same name."""

_ROOT = Path(__file__).resolve().parent.parent

PACKAGES = {
    "analytics/survival": "*.py",
    "analytics/comparison": "*.py",
    "analytics/cohort": "*.py",
    "analytics/whatif": "*.py",
    "analytics/worklist": "*.py",
    "analytics/dora": "*.py",
    "analytics/rework": "*.py",
    "analytics/reports": "*.py",
    "warehouse/models py": "*.py",
    "warehouse/models sql": "*.sql",
    "warehouse/classify": "*.py",
    "collectors/git": "*.py",
    "collectors/github": "*.py",
    "collectors/records_file": "*.py",
}
"""What is drawn from: a folder, with the ending where it is drawn from twice, and its files."""

_APART = "warehouse/test_repositories_apart.py"
_OUTCOMES = (
    "warehouse/test_outcomes.py",
    "warehouse/test_stages.py",
    "warehouse/test_milestones.py",
    "warehouse/test_records_alone.py",
)
_FORGE = (
    "warehouse/forge/test_one_change.py",
    "warehouse/forge/test_reviews.py",
    "warehouse/forge/test_ready_and_ends.py",
    "warehouse/forge/test_code_complete.py",
    "warehouse/forge/test_either_alone.py",
    "warehouse/forge/test_elsewhere.py",
    "warehouse/forge/test_peers.py",
)
_SERVICES = ("warehouse/test_services.py", "warehouse/test_inferred_services.py")


def _warehouse(*names: str) -> tuple[str, ...]:
    return tuple(f"warehouse/{name if '/' in name else f'test_{name}'}.py" for name in names)


def _git(*names: str) -> tuple[str, ...]:
    return tuple(f"collectors/git/test_{name}.py" for name in names)


def _github(*names: str) -> tuple[str, ...]:
    return tuple(f"collectors/github/test_{name}.py" for name in names)


_TESTS = {
    "analytics/survival": ("analytics/survival",),
    "analytics/comparison": ("analytics/comparison",),
    "analytics/cohort": (
        "analytics/test_filters.py",
        "analytics/test_groups.py",
        "analytics/test_grids.py",
        "analytics/test_observations.py",
        "analytics/test_working.py",
        "analytics/test_evidence.py",
        "analytics/test_teams.py",
        "analytics/test_cache.py",
        "analytics/test_horizon_and_intervals.py",
        "analytics/test_units.py",
        "analytics/test_reference_reports.py",
    ),
    "analytics/cohort/working_time.py": ("analytics/test_working.py",),
    "analytics/whatif": ("analytics/whatif", "analytics/test_levers.py", "analytics/test_cadences.py"),
    "analytics/worklist": (
        "analytics/test_turns.py",
        "analytics/test_landmarks.py",
        "analytics/test_corrections.py",
        "analytics/test_held_out.py",
        "analytics/test_attention.py",
        "analytics/test_waits_for.py",
        "analytics/test_earlier_stays.py",
        "analytics/test_waiting.py",
    ),
    "analytics/dora": ("analytics/dora",),
    "analytics/rework": ("analytics/rework",),
    "analytics/reports": (
        "analytics/test_arrivals.py",
        "analytics/test_trend.py",
        "analytics/test_week.py",
        "analytics/test_friction.py",
        "analytics/test_lists.py",
        "analytics/test_reports.py",
        "analytics/test_reference_reports.py",
        "analytics/test_levers.py",
        "analytics/test_catalog.py",
        "pipeline/test_repositories.py",
        "cli/test_services_in_doubt.py",
    ),
    "analytics/reports/doubts.py": (
        "cli/test_services_in_doubt.py",
        "warehouse/test_doubts.py",
        "pipeline/test_doctor.py",
    ),
    "warehouse/models": (_APART, *_OUTCOMES),
    "warehouse/models/arrivals": _warehouse(
        "arrivals", "arrivals_properties", "deployment_chain", "services", "repositories_apart"
    ),
    "warehouse/models/changes": (_APART, *_FORGE, "warehouse/test_milestones.py", "warehouse/test_stages.py"),
    "warehouse/models/changes/change_outcomes.sql": (
        "warehouse/test_stage_arithmetic.py",
        _APART,
        *_OUTCOMES,
        *_warehouse("services", "doubts", "forge/test_elsewhere"),
    ),
    "warehouse/models/changes/landings": ("warehouse/landings",),
    "warehouse/models/changes/changes_from_git.py": ("warehouse/landings",),
    "warehouse/models/changes/classification.py": _warehouse("classify/test_built", "classify/test_repository_map"),
    "warehouse/models/changes/commit_messages.py": _warehouse("commit_messages", "forge_reverts"),
    "warehouse/models/changes/kinds": _warehouse("change_kinds"),
    "warehouse/models/ci": _warehouse("forge/test_ci", "deployment_rules", "repositories_apart"),
    "warehouse/models/deployments": _warehouse("deployments_seen", "sources", "environments", "repositories_apart"),
    "warehouse/models/deployments/seen": _warehouse("deployments_seen", "deployment_rules", "sources"),
    "warehouse/models/deployments/deployment_friction.sql": _warehouse("forge/test_gates", "repositories_apart"),
    "warehouse/models/deployments/deployment_notices.py": _warehouse(
        "deployment_rules", "release_tags", "services", "sources", "environments", "repository_spellings"
    ),
    "warehouse/models/deployments/deployments_seen.py": _warehouse("deployments_seen", "deployment_rules", "sources"),
    "warehouse/models/deployments/environments.py": _warehouse("environments", "services"),
    "warehouse/models/deployments/manifest_applications.py": _warehouse("sources", "repository_spellings"),
    "warehouse/models/deployments/manifest_bases.py": _warehouse("sources", "repository_spellings"),
    "warehouse/models/deployments/production_deployments.sql": _warehouse(
        "failure_signs", "sources", "services", "repositories_apart"
    ),
    "warehouse/models/deployments/repository_stages.sql": (*_OUTCOMES, "warehouse/test_services.py", _APART),
    "warehouse/models/deployments/silence.py": _warehouse("silence", "sources"),
    "warehouse/models/deployments/tag_families": _warehouse("tag_families", "release_tags"),
    "warehouse/models/doubts": _warehouse("doubts"),
    "warehouse/models/initiatives": ("warehouse/initiatives",),
    "warehouse/models/marts": (
        _APART,
        *_warehouse("stages", "services", "sources", "records_alone", "stale_clones"),
        *_warehouse("forge/test_one_change", "forge/test_elsewhere", "outcomes"),
    ),
    "warehouse/models/pull_requests": (_APART, *_FORGE, *_warehouse("forge_reverts", "landings/test_open_stacks")),
    "warehouse/models/rework": _warehouse(
        "failure_signs", "repairs", "fix_rules", "forge_reverts", "repositories_apart"
    ),
    "warehouse/models/services": (_APART, *_SERVICES, *_warehouse("environments", "records_alone")),
    "warehouse/models/settings": _warehouse("registry", "repository_spellings", "deployment_rules", "sources"),
    "warehouse/models/staging": _warehouse(
        "forge/test_staging", "sources", "stale_clones", "determinism", "repositories_apart", "older_files"
    ),
    "warehouse/models/staging/deployments": _warehouse(
        "sources", "forge/test_gates", "repositories_apart", "determinism", "deployments_seen"
    ),
    "warehouse/models/staging/pull_requests": _warehouse(
        "forge/test_staging", "determinism", "repositories_apart", "forge/test_forge_as_of", "forge/test_one_change"
    ),
    "warehouse/models/staging/tags": _warehouse("release_tags", "sources", "repositories_apart"),
    "warehouse/classify": ("warehouse/classify",),
    "warehouse/classify/rules": ("warehouse/classify", "headway/test_ai_settings.py"),
    "collectors/git": _git("incremental", "nights", "bad_input", "clones", "default_branch"),
    "collectors/git/doctor.py": ("pipeline/test_doctor.py",),
    "collectors/git/source_kind.py": (
        "pipeline/test_sources.py",
        "pipeline/test_doctor.py",
        *_git("address", "clones"),
    ),
    "collectors/git/manifests": ("collectors/git/manifests",),
    "collectors/git/process": _git("log", "hostile", "bad_input", "commits", "splits"),
    "collectors/git/readers": _git("commits", "refs", "notes", "patches", "lines", "version_changes", "hostile"),
    "collectors/git/readers/attribution.py": _git("attribution", "notes"),
    "collectors/git/readers/components.py": _git("components"),
    "collectors/git/readers/file_versions.py": _git("file_versions"),
    "collectors/git/readers/import_statements.py": _git("statements", "imports"),
    "collectors/git/readers/imports.py": _git("imports", "statements"),
    "collectors/git/readers/ref_changes.py": _git("refs", "incremental", "forge_refs"),
    "collectors/git/readers/version_changes.py": _git("version_changes"),
    "collectors/git/readers/version_lines.py": _git("version_changes"),
    "collectors/git/repairs": _git("blame", "repairs", "detail"),
    "collectors/git/repository": _git("address", "default_branch", "refs", "forge_refs", "clones"),
    "collectors/github": _github("source", "owners", "history", "nights", "rare", "identity", "runs"),
    "collectors/github/api": _github("answers", "windows", "limits", "source", "runs", "rare", "faults"),
    "collectors/github/rows": _github("parsing", "recorded", "history"),
    "collectors/records_file": ("collectors/records_file",),
}


def tests_of(path: str) -> tuple[str, ...]:
    """The test files that belong to a file: first those that name it, wherever they are, then those of the table."""
    owner = max((owner for owner in _TESTS if path == owner or path.startswith(f"{owner}/")), key=len)
    listed = [file for name in _TESTS[owner] for file in _files(name)]
    named = _that_name(path)
    called = [file for file in named if file.endswith(f"/test_{_stem(path)}.py")]
    near = [file for file in listed if file in named]
    return tuple(dict.fromkeys((*called, *near, *(named if len(named) <= MANY else []), *listed)))


def wider_than(path: str) -> tuple[str, ...]:
    """The test files around these: every other one of the layer, and of what shows its numbers."""
    layer = path.partition("/")[0]
    around = [file for name in dict.fromkeys((layer, "pipeline", "cli")) for file in _files(name)]
    return tuple(file for file in around if file not in tests_of(path))


def _that_name(path: str) -> list[str]:
    """Test files that import the module, or name the table of the model."""
    stem, module = _stem(path), path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    parent = module.rpartition(".")[0]
    patterns = [rf"\b{re.escape(module)}\b", rf"\bfrom {re.escape(parent)} import (?:\([^)]*|[^\n]*)\b{stem}\b"]
    if path.startswith("warehouse/models/"):
        patterns = [*patterns, rf"(?:[\"']|\b(?:from|join) ){stem}\b"]
    pattern = re.compile("|".join(patterns))
    return [file for file, text in _texts().items() if stem in text and pattern.search(text)]


def _stem(path: str) -> str:
    return path.removesuffix("/__init__.py").rpartition("/")[2].partition(".")[0]


@cache
def _texts() -> dict[str, str]:
    return {file: (_ROOT / file).read_text(encoding="utf-8") for file in _files(".")}


@cache
def _files(name: str) -> tuple[str, ...]:
    """A test file, or all of a folder of tests; files whose tests need a browser or Spark are skipped by pytest."""
    path = _ROOT / "tests" / name
    files = sorted(path.rglob("test_*.py")) if path.is_dir() else [path]
    return tuple(file.relative_to(_ROOT).as_posix() for file in files)
