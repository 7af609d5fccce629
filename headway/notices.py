"""What collectors and the warehouse notice, and what to do about it: each kind of notice is declared here, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["NOTICES", "Notice", "NoticeLedger"]

_ACCESS = "give the token read access to {}, then run `headway collect --full`; else it is tried again within a week"
_FULL = "run `headway collect --full`"
_CONTENTS = "fetch the contents (`git fetch --refetch` without a filter), or let Headway clone the URL"


class Notice(NamedTuple):
    """What a kind of notice means for the numbers, and the step that ends it."""

    meaning: str
    remedy: str
    failure: bool = False
    """Whether `headway doctor` reports it as a failure."""
    told: bool = False
    """Whether `headway collect` and `headway doctor` report it before other notices that are no failure."""


NOTICES: Mapping[str, Notice] = {
    "added_lines_cut": Notice(
        "lines added to package manifests were cut or left out: too long, or too many in one commit",
        "nothing: the rules about package manifests see less of these commits",
    ),
    "another_name": Notice(
        "GitHub has renamed the repository; here, and in records, it keeps the name that it was first collected under",
        "use its new name in `[[sources]]`, above a line for its owner, then run `headway collect`",
        failure=True,
    ),
    "changed_deployments": Notice(
        "a file of records says now that deployments succeeded later than it said before, or that they failed",
        "nothing, if the file was corrected; else report each run under an id of its own, or append lines instead of"
        " replacing them",
        told=True,
    ),
    "commits_incomplete": Notice(
        "pull requests changed each time they were read: some of their commits may be missing", _FULL
    ),
    "commits_on_no_branch": Notice(
        "deployments name commits that are in no branch or tag of the clone, as the test merges of pull requests"
        " (refs/pull/N/merge) are: what they shipped is unknown",
        "report the commit of the default branch that was deployed, then run `headway collect`",
        failure=True,
    ),
    "deployed_before_commit": Notice(
        "deployments ended before their commit was made",
        "check their times and commits; a time that ends in Z is UTC",
        failure=True,
    ),
    "deployments_without_status": Notice(
        "it is not known whether these deployments succeeded, so nothing is said to wait for them",
        "report how each ended (GitHub: create a deployment status), or set another `from` in [[deployments]]",
        failure=True,
    ),
    "deployments_unreadable": Notice(
        "GitHub could not return these deployments, even one by one: they are missing",
        f"{_FULL}; or collect them as records",
    ),
    "doubtful_default_branch": Notice(
        "the default branch may be another one than the branch that is read",
        "set `branch` of the source in [[sources]] to the branch on which changes land, then run `headway collect`",
        failure=True,
    ),
    "empty": Notice("the repository has no commits", "nothing: commits appear as soon as there are any"),
    "events_not_used": Notice(
        "events without a meaning for Headway were left out", "docs/records.md lists the events that have a meaning"
    ),
    "flagged_though_named": Notice(
        "these environments are flagged as production and named as something else; by their name they are not"
        " production where GitHub flags them, in records they are",
        "set `environments` in [production], or in [[deployments]] for this repository, to a pattern of its production",
        failure=True,
    ),
    "future_dates": Notice(
        "commits have a date after the run that read them; the dates are stored unchanged",
        "nothing: correct the clock of the machine that made the commits",
    ),
    "future_times": Notice(
        "lines have a time after the run that read them; the watermark ignores these times",
        "correct the clock of the system that wrote the lines",
    ),
    "history_rewritten": Notice(
        "the default branch was rewritten: commits that were on it no longer are",
        f"{_FULL}, if commits that left the branch should not count",
    ),
    "imports_cut": Notice(
        "import statements were left out: of commits before the newest 50,000, or too many in one commit",
        "nothing: what depends on these files is derived from the imports that were read",
    ),
    "imports_missing": Notice(
        "contents of source files are missing in the clone: their imports are unknown",
        _CONTENTS,
    ),
    "manifest_conflicts": Notice(
        "several files of the manifests give different versions to one application in one environment: the one that"
        " changed last counts",
        "separate the files by a group `environment` or `application` in `path` of [[sources.manifests]]",
        failure=True,
    ),
    "local_times": Notice(
        "deployments ended before their commit was made, all by less than half a day: perhaps local times are written"
        " as UTC (Z)",
        "write the offset of the zone, such as -05:00, instead of Z, then run `headway collect`",
        failure=True,
    ),
    "missing_blobs": Notice(
        "this clone has no file contents: package manifests, imports and patch ids were not read", _CONTENTS
    ),
    "near_name": Notice(
        "deployments are reported of this repository, but it has no commits; a repository of almost this name has"
        " commits and no deployments",
        "use one name for both: in the records, or with `name` in `[[sources]]`",
        failure=True,
    ),
    "no_access_deployments": Notice(
        "the token may not read deployments: these numbers include none", _ACCESS.format("deployments"), failure=True
    ),
    "no_access_environments": Notice(
        "the token may not read environments: gates before deployments are unknown",
        _ACCESS.format("actions and environments"),
        failure=True,
    ),
    "no_access_history": Notice(
        "the token may not read contents: GitHub cannot say which commits a deployment contains",
        f"{_ACCESS.format('contents')}; or collect the Git repository too",
        failure=True,
    ),
    "no_access_releases": Notice(
        "the token may not read releases: these numbers include none", _ACCESS.format("contents"), failure=True
    ),
    "no_access_runs": Notice(
        "the token may not read Actions, or they are disabled: these numbers include no CI",
        _ACCESS.format("actions"),
        failure=True,
    ),
    "no_production_environment": Notice(
        "no environment is taken for production; there are",
        'set `environments` in [production], or in [[deployments]] with from = "records" for this repository, to a'
        " pattern of its production environments; `headway deployments` prints the lines, and what else may be taken",
        failure=True,
    ),
    "not_flagged_though_named": Notice(
        "records say that these environments are not production, and their names say that they are; the records count",
        "leave `production` out of the records, or set `environments` in [[deployments]] for this repository",
        failure=True,
    ),
    "not_collected": Notice(
        "deployments are reported of this repository, and its code is not collected",
        "collect the repository too, or correct its name in the records",
        told=True,
    ),
    "notes_other_form": Notice(
        "notes under refs/notes/ai have another format, or are longer than 1 MB, and were ignored",
        "write notes in the format of git-ai; `[git] ai_notes = false` stops reading them",
    ),
    "notes_unreadable": Notice(
        "the notes under refs/notes/ai could not be read; the rest of the repository was",
        "inspect the clone: `git notes --ref=ai list`",
    ),
    "other_separator": Notice(
        "columns are separated by semicolons or tabs, not by commas; they were read so", "nothing", told=True
    ),
    "pull_heads_unavailable": Notice(
        "pull_heads is set, and the clone has no remote from which to fetch heads of pull requests",
        "collect the URL rather than a clone without a remote",
    ),
    "pull_requests_incomplete": Notice("GitHub counts more pull requests than it returned", _FULL),
    "pull_requests_unreadable": Notice(
        "GitHub could not return these pull requests, even one by one: they are missing",
        f"{_FULL}; or collect them as records",
    ),
    "raw_files_missing": Notice(
        "files of collected rows are missing or damaged: what they held is not counted, all else is",
        "run `headway collect --full` for this source; it reads again what is missing",
        failure=True,
    ),
    "rejected_lines": Notice(
        "lines were rejected; the reject file has the reasons",
        "fix the lines that the reject file names, then run `headway collect`",
    ),
    "renamed_services": Notice(
        "a name of deployments began when another one ended: they are taken for one service that was renamed",
        "nothing, if it was; else paste the services that `headway doctor` prints, each with its own `applications`",
        told=True,
    ),
    "repeated_ids": Notice(
        "several deployments have one id: each environment, commit and application counts as a deployment of its own",
        "nothing, if they are; else give each deployment an id of its own",
        told=True,
    ),
    "restated_deployments": Notice(
        "several lines say how one deployment ended: all of its states count, and its first success is its date",
        "nothing, if it ran several times; to correct a line, change it, or retract it with `deleted` before the right"
        " one",
        told=True,
    ),
    "reports_not_used": Notice(
        "deployments are reported to no environment that is production, and are not used",
        "nothing, if its releases are read from the right place; else `headway deployments` prints the settings that"
        " take an environment for production",
        told=True,
    ),
    "runs_incomplete": Notice(
        "runs were deleted while they were read, or too many began in one second: some may be missing", _FULL
    ),
    "several_names_of_production": Notice(
        "production has several names, which count as several environments",
        "use one name in the records",
        told=True,
    ),
    "parts_apart": Notice(
        "tags are of single parts, released apart or less than half of the repository, and nothing says which changes"
        " belong to which part: what such a tag shipped is unknown",
        "name the parts and their paths in [[services]], or set `tags` in [[deployments]] to the tags that ship all",
        failure=True,
    ),
    "parts_without_folder": Notice(
        "tags release parts of which no folder is known, so that their changes count for other services",
        "paste the services that `headway doctor` prints, and add each name to `applications` of the one that it"
        " releases, or a service with its paths; in a clone without file contents, fetch them",
        failure=True,
    ),
    "shallow": Notice(
        "the history is cut off: commits before the cut are unknown, and so is what deployments contain of them",
        "fetch the whole history: `git fetch --unshallow`, then run `headway collect`",
    ),
    "stale_default_branch": Notice(
        "the clone names a default branch that is out of date",
        "run `git remote set-head origin --auto` in the clone (bare: `git symbolic-ref HEAD refs/heads/BRANCH`), or"
        " set `branch` of the source in [[sources]]",
        failure=True,
    ),
    "stale_clone": Notice(
        "another source has a newer default branch, which counts",
        "fetch this clone, or take it out of [[sources]]",
        failure=True,
    ),
    "statuses_incomplete": Notice(
        "deployments changed status while they were read: some statuses may be missing", _FULL
    ),
    "superseded_lines": Notice(
        "several lines are about one row: the last line counts", "nothing, if the last line is correct"
    ),
    "times_after_file": Notice(
        "lines have a time after the file was written, by less than a day: perhaps local times are written as UTC (Z)",
        "write the offset of the zone, such as +09:00, instead of Z, then run `headway collect`",
        failure=True,
    ),
    "tags_apart": Notice(
        "release tags lead to commits that share no history with the default branch: what they shipped is unknown",
        "take deployments from records, workflows or releases with a rule in `[[deployments]]`",
        failure=True,
    ),
    "tags_ignored": Notice(
        "tags with a version are newer than the newest that counts as a release",
        "if they are releases, set `tags` of the repository in `[[deployments]]`: table `tag_families` has the pattern",
        failure=True,
    ),
    "tags_moved": Notice(
        "release tags were moved: what they shipped before they were first read has a later date, that of the move (a"
        " lightweight tag: of the commit that it leads to now)",
        "set a release tag once, and collect every day",
        told=True,
    ),
    "trimmed_names": Notice(
        "names of environments have blanks around them, which were removed", "write them without blanks", told=True
    ),
    "unknown_fields": Notice("fields that no record has were left out", "use the names of fields in docs/records.md"),
    "unreachable": Notice(
        "the repository is gone, or the token may no longer read it: its numbers end where it was last read",
        "check its name and the access of the token, or remove it from `[[sources]]`; its data stays",
        failure=True,
    ),
}
"""By kind. Collectors and models of the warehouse emit no other kind, and each of these is emitted by one."""


class NoticeLedger:
    """The notices of one source with their counts, against those of the run before: only what changed is a row.

    `before` are the counts at the end of the run before; `again`: everything is read again, so that counting begins at
    zero, and a notice that still applies is a row once more.
    """

    def __init__(self, before: Mapping[str, int], *, again: bool = False) -> None:
        self._written = dict(before)
        self._counts = {kind: 0 if again or kind not in NOTICES else count for kind, count in before.items()}
        self._repeated = set(before) if again else set()

    def state(self, kind: str, count: int) -> None:
        """Set the count of a kind; 0 withdraws an earlier notice."""
        self._counts[kind] = count

    def add(self, kind: str, count: int, *, forever: bool = False) -> None:
        """Add to the count of a kind; `forever`: what earlier runs counted stays, also where all is read again."""
        earlier = self._written.get(kind, 0) if forever else self._counts.get(kind, 0)
        self._counts[kind] = earlier + count

    @property
    def counts(self) -> dict[str, int]:
        """The notices that apply now, for the next run."""
        return {kind: count for kind, count in sorted(self._counts.items()) if count}

    def rows(self, source: str, specifics: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """A row for each notice that is new, changed or withdrawn (count 0) since the last call.

        `specifics` says, by kind, what of this source a notice is about; it follows the meaning.
        """
        for kind in sorted(self._counts.keys() | self._written.keys()):
            count = self._counts.get(kind, 0)
            if count != self._written.get(kind, 0) or (count and kind in self._repeated):
                meaning = NOTICES[kind].meaning if kind in NOTICES else kind
                special = (specifics or {}).get(kind, "") if count else ""
                detail = f"{meaning}: {special}" if special else meaning
                yield {"source": source, "kind": kind, "detail": detail, "count": count}
        self._written, self._repeated = self.counts, set()
