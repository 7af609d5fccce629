"""The raw tables of rework: which lines fixes repair, and how hard commits made the code to maintain."""

from __future__ import annotations

from headway.raw_tables.table import INT, NUMBER, TEXT, RawTable, columns

__all__ = ["REWORK_TABLES"]

REWORK_TABLES = (
    RawTable(
        "traced_fixes",
        "one row per fix whose lines were traced, and time that was tried (only where [rework] is enabled)",
        ("repo_id", "sha"),
        columns(
            ("sha", TEXT, "the commit by which the fix landed"),
            ("base_sha", TEXT, "what the default branch was before it"),
            (
                "outcome",
                TEXT,
                "`traced`, `nothing` (it removed no code), `too_large`, `timeout`, `failed` or `no_contents`",
            ),
            ("files", INT, "files of code from which it removed lines"),
            ("lines", INT, "lines of code that it removed, comments and blank ones aside"),
            ("lines_unknown", INT, "those that lead to where the history is cut off"),
        ),
    ),
    RawTable(
        "repairs",
        "one row per fix, commit whose lines it removed, and path",
        ("repo_id", "sha", "repaired_sha", "path"),
        columns(
            ("sha", TEXT, "the commit by which the fix landed"),
            ("repaired_sha", TEXT, "the commit that wrote the lines"),
            ("path", TEXT, "where they were before the fix"),
            ("lines", INT, "how many"),
        ),
        set_of=("repo_id", "sha"),
    ),
    RawTable(
        "commit_quality",
        "one row per commit that PyDriller measured (only where [rework] maintainability is on)",
        ("repo_id", "sha"),
        columns(
            ("sha", TEXT, "commit"),
            (
                "dmm_unit_size",
                NUMBER,
                "delta maintainability: share of the change in units of low risk by size, 0 to 1",
            ),
            ("dmm_unit_complexity", NUMBER, "likewise by cyclomatic complexity"),
            ("dmm_unit_interfacing", NUMBER, "likewise by number of parameters"),
            ("complexity", INT, "the highest cyclomatic complexity of a file that it changed, after the change"),
        ),
    ),
)
