"""Which tests belong to which code: what a mutant is run against.

The longest beginning of a path counts. Its tests are the ones that compute what the code computes, most direct first:
narrow enough that a mutant takes seconds, so a survivor may still be noticed by the other tests.
"""

from __future__ import annotations

__all__ = ["PACKAGES", "tests_of"]

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
_DEPLOYMENTS = (
    "warehouse/test_deployments_seen.py",
    "warehouse/test_deployment_rules.py",
    "warehouse/test_environments.py",
    "warehouse/test_sources.py",
    "warehouse/test_peer_cases.py",
)


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
        "analytics/test_reference_reports.py",
    ),
    "analytics/cohort/working_time.py": ("analytics/test_working.py",),
    "analytics/whatif": ("analytics/whatif", "analytics/test_levers.py", "analytics/test_cadences.py"),
    "analytics/worklist": (
        "analytics/test_waiting.py",
        "analytics/test_attention.py",
        "analytics/test_earlier_stays.py",
        "analytics/test_held_out.py",
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
    "warehouse/models": (*_OUTCOMES, "warehouse/test_peer_cases.py", _APART),
    "warehouse/models/arrivals": (
        "warehouse/test_arrivals.py",
        "warehouse/test_arrivals_properties.py",
        "warehouse/test_deployment_chain.py",
        "warehouse/test_services.py",
        _APART,
    ),
    "warehouse/models/changes": (*_OUTCOMES, *_FORGE, "warehouse/test_peer_cases.py", _APART),
    "warehouse/models/changes/change_outcomes.sql": (
        "warehouse/test_stage_arithmetic.py",
        *_OUTCOMES,
        "warehouse/test_services.py",
        "warehouse/test_doubts.py",
        "warehouse/forge/test_elsewhere.py",
        _APART,
    ),
    "warehouse/models/changes/landings": ("warehouse/landings",),
    "warehouse/models/changes/changes_from_git.py": ("warehouse/landings",),
    "warehouse/models/changes/classification.py": ("warehouse/classify/test_built.py", "warehouse/classify"),
    "warehouse/models/changes/commit_messages.py": (
        "warehouse/test_commit_messages.py",
        "warehouse/test_forge_reverts.py",
    ),
    "warehouse/models/changes/kinds": ("warehouse/test_change_kinds.py",),
    "warehouse/models/changes/change_friction.sql": (*_FORGE, "warehouse/forge/test_ci.py", _APART),
    "warehouse/models/ci": (
        "warehouse/forge/test_ci.py",
        "warehouse/forge/test_gates.py",
        "warehouse/test_deployment_rules.py",
        _APART,
    ),
    "warehouse/models/deployments": (*_DEPLOYMENTS, *_OUTCOMES, "warehouse/forge/test_gates.py", _APART),
    "warehouse/models/deployments/deployment_notices.py": _DEPLOYMENTS,
    "warehouse/models/deployments/manifest_applications.py": (*_DEPLOYMENTS, "warehouse/test_repository_spellings.py"),
    "warehouse/models/deployments/manifest_bases.py": (*_DEPLOYMENTS, "warehouse/test_repository_spellings.py"),
    "warehouse/models/deployments/production_deployments.sql": (
        "warehouse/test_failure_signs.py",
        "warehouse/test_sources.py",
        "warehouse/test_services.py",
        _APART,
    ),
    "warehouse/models/deployments/silence.py": ("warehouse/test_silence.py", *_DEPLOYMENTS),
    "warehouse/models/deployments/tag_families": ("warehouse/test_tag_families.py", "warehouse/test_release_tags.py"),
    "warehouse/models/doubts": ("warehouse/test_doubts.py",),
    "warehouse/models/initiatives": ("warehouse/initiatives",),
    "warehouse/models/marts": (*_OUTCOMES, *_SERVICES, *_FORGE, "warehouse/test_sources.py", _APART),
    "warehouse/models/pull_requests": (
        *_FORGE,
        "warehouse/test_forge_reverts.py",
        "warehouse/landings/test_open_stacks.py",
        _APART,
    ),
    "warehouse/models/rework": (
        "warehouse/test_failure_signs.py",
        "warehouse/test_repairs.py",
        "warehouse/test_fix_rules.py",
        "warehouse/test_forge_reverts.py",
        _APART,
    ),
    "warehouse/models/services": (*_SERVICES, _APART),
    "warehouse/models/settings": (
        "warehouse/test_registry.py",
        *_DEPLOYMENTS,
        "warehouse/test_repository_spellings.py",
    ),
    "warehouse/models/staging": (
        "warehouse/forge/test_staging.py",
        "warehouse/test_sources.py",
        "warehouse/test_stale_clones.py",
        "warehouse/test_older_files.py",
        "warehouse/test_determinism.py",
        "warehouse/forge/test_gates.py",
        *_OUTCOMES,
        _APART,
    ),
    "warehouse/models/staging/tags": ("warehouse/test_release_tags.py", "warehouse/test_sources.py", _APART),
    "warehouse/classify": ("warehouse/classify",),
    "collectors/git": _git("incremental", "nights", "bad_input", "clones", "default_branch"),
    "collectors/git/doctor.py": ("pipeline/test_doctor.py",),
    "collectors/git/source_kind.py": ("pipeline/test_doctor.py", *_git("address", "clones")),
    "collectors/git/manifests": ("collectors/git/manifests",),
    "collectors/git/process": _git("log", "hostile", "bad_input", "commits", "splits"),
    "collectors/git/readers": _git("commits", "refs", "notes", "patches", "lines", "version_changes", "hostile"),
    "collectors/git/readers/attribution.py": _git("attribution", "notes"),
    "collectors/git/readers/components.py": _git("components"),
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
    """The tests that belong to a file."""
    owner = max((owner for owner in _TESTS if path == owner or path.startswith(f"{owner}/")), key=len)
    return tuple(f"tests/{name}" for name in dict.fromkeys(_TESTS[owner]))
