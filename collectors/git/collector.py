"""One run over one Git source: what is new since the last, as rows, and then the point to go on from."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from collectors.git.manifests.patterns import fingerprint
from collectors.git.process.failures import os_failures
from collectors.git.readers.added_lines import AddedLine, AddedLines
from collectors.git.readers.ai_notes import NoteReader
from collectors.git.readers.commits import CommitReader, Landed, LandedCommits, Read, landed_since, newest_until
from collectors.git.readers.components import read_components, tip_listing
from collectors.git.readers.file_changes import Step
from collectors.git.readers.imports import IMPORTS_READ, Import, ImportReader
from collectors.git.readers.patch_ids import read_patch_ids
from collectors.git.readers.ref_changes import Movements, compare
from collectors.git.readers.selection import Selection
from collectors.git.readers.version_changes import VERSIONS_READ, VersionChange, VersionReader
from collectors.git.repository.open import Opened, open_source, place_of
from collectors.git.repository.refs import pull_heads
from collectors.git.repository.source import GitSource, source_id
from collectors.git.resume import Resume
from headway.notices import NoticeLedger
from headway.progress import Progress
from headway.raw_tables import Checkpoint, Rows
from headway.raw_tables.batch import stream, stream_tuples

if TYPE_CHECKING:
    from collectors.git.manifests.chain import Deployed

__all__ = ["collect"]

_BATCH_ROWS = 20_000
_SHOWN = 5
_EPOCH = datetime(1970, 1, 1)


def collect(
    source: GitSource,
    *,
    cache: Path,
    collected_at: datetime,
    resume: Mapping[str, Any] | None,
    full: bool,
    progress: Progress,
) -> Iterator[Rows | Checkpoint]:
    """Read what is new in a Git source: some `Rows`, then one `Checkpoint`; only that if nothing changed.

    `collected_at` is when the run began, naive UTC. `resume` is the last checkpoint's, None before the first; `full`
    reads everything again. A folder is never written to; clones of URLs are kept in `cache`. UsageError for a source
    that cannot be one; CollectError (NotARepository, AccessDenied, PartialRead) where it cannot be read: then nothing
    of this run counts.
    """
    with os_failures(source_id(source)):
        opened = open_source(source, cache, progress)
        run = _Run(source, opened, Resume.from_json(resume), collected_at, full=full, progress=progress)
        with closing(run):
            yield from run.rows()


class _Manifests(NamedTuple):
    """What a manifests repository deployed since the last run, and where the next one goes on."""

    deployed: list[Deployed]
    end: Mapping[str, Any] | None
    rewritten: bool
    conflicts: list[str]
    """What several files give different versions to."""


class _Run:
    """What one run knows; `rows` does the work, in order."""

    def __init__(
        self,
        source: GitSource,
        opened: Opened,
        before: Resume,
        collected_at: datetime,
        *,
        full: bool,
        progress: Progress,
    ) -> None:
        self._source, self._opened, self._before = source, opened, before
        self._collected_at, self._progress = collected_at, progress
        self._git = opened.repository.git
        self._repo_id = opened.identity.repo_id
        self._options = _options(source, opened)
        self._again = full or _asks_more(self._options, before.options)
        self._manifests_again = self._again or _manifests_asked(source) != (before.manifests or {}).get("patterns")
        self._notices = NoticeLedger(before.notices, again=self._again)
        self._common = {"repo_id": self._repo_id, "collected_at": collected_at}
        self._read_by = {"source": source_id(source)}
        self._selection = Selection(lines=self._options["added_lines"], imports=bool(self._options["imports"]))
        self._new_commits: set[str] = set()
        self._newest_landed: list[int | None] = []
        self._late: Sequence[str] = ()

    def close(self) -> None:
        """Let go what is on disk for this run alone."""
        self._selection.close()

    def rows(self) -> Iterator[Rows | Checkpoint]:
        """All rows of this run, and its checkpoint."""
        now = compare(self._git, self._opened.listing.oids, self._before, everything=self._again)
        described = {**_described(self._source, self._opened), "manifests_read_at": self._manifests_read_at()}
        if self._again or described != self._before.repository:
            read_at = described["manifests_read_at"]
            row = {**described, "manifests_read_at": datetime.fromisoformat(read_at) if read_at else None}
            yield from self._rows("repositories", [row | self._read_by])
        read_before = set() if self._again else self._before.commits
        reader = CommitReader(self._opened.repository, self._repo_id, self._collected_at)
        yield from self._commits(reader, now, read_before)
        landed = self._landed_now(now)
        moved: list[VersionChange] = []
        yield from self._tuples("added_lines", self._added_lines(moved))
        yield from self._tuples("version_changes", moved)
        yield from self._tuples("imports", self._imports())
        yield from self._rows("patch_ids", self._patch_ids(now.commits() | now.pull_commits(), read_before))
        manifests = self._manifests(now)
        yield from self._rows("manifest_versions", (row._asdict() for row in manifests.deployed))
        yield from self._rows("refs", (row | self._read_by for row in now.rows))
        components = yield from self._components(now)
        noted = self._opened.listing.notes if self._source.ai_notes else ""
        notes = NoteReader(self._git, self._opened.repository.id_length)
        yield from self._rows("ai_notes", notes.rows(noted, self._before.ai_notes, everything=self._again))
        self._notices.add("notes_other_form", notes.other_form)
        self._notices.state("notes_unreadable", int(notes.unreadable))
        self._notices.add("future_dates", reader.future_dates)
        self._notices.state("manifest_conflicts", len(manifests.conflicts))
        self._note_state(now, rewritten=manifests.rewritten)
        default = self._opened.listing.default
        conflicts = ", ".join(manifests.conflicts[:_SHOWN]) + (", …" if len(manifests.conflicts) > _SHOWN else "")
        specifics = {
            "manifest_conflicts": conflicts,
            "stale_default_branch": default.stale,
            "doubtful_default_branch": default.doubtful,
        }
        yield from self._rows("notices", self._notices.rows(source_id(self._source), specifics))
        newest = self._newest(now, reader, landed)
        resume = Resume(
            options=self._options,
            tips=now.tips,
            objects=now.objects,
            repository=described,
            notices=self._notices.counts,
            newest_micros=newest,
            manifests=manifests.end,
            ai_notes=self._before.ai_notes if notes.unreadable else noted,
            tag_objects=True,
            components=components,
            place=place_of(self._source.target),
        )
        yield Checkpoint(resume.to_json(), self._watermark(newest), (self._repo_id,))

    def _commits(self, reader: CommitReader, now: Movements, read_before: set[str]) -> Iterator[Rows]:
        """Commits and their files, a batch at a time, so that memory does not grow with history."""
        tips = now.commits() | now.pull_commits()
        if tips <= read_before:
            return
        listed = self._landed_of(now, read_before)
        tables: list[tuple[pa.Table, pa.Table]] = []
        done = waiting = 0
        total = self._to_read(tips, read_before)
        for read in reader.read(sorted(tips - read_before), sorted(read_before)):
            tables.append((read.commits, read.files))
            self._note_landed(read, None if listed is None else listed.among(read.commits))
            done += read.commits.num_rows
            waiting += read.commits.num_rows
            self._progress.step(done, total, f"{self._repo_id} commits")
            if waiting >= _BATCH_ROWS:
                yield from _joined(tables)
                tables, waiting = [], 0
        yield from _joined(tables)

    def _landed_of(self, now: Movements, read_before: set[str]) -> LandedCommits | None:
        """Which of the commits that are new have landed; None where all have."""
        if now.pull_commits() <= now.commits() | read_before:
            return None
        id_length = self._opened.repository.id_length
        return LandedCommits(self._git, now.commits() - read_before, read_before, id_length=id_length)

    def _note_landed(self, read: Read, landed: pa.BooleanArray | None) -> None:
        self._selection.add(read, landed)
        commits = read.commits if landed is None else read.commits.filter(landed)
        if self._before.commits:
            self._new_commits.update(commits["sha"].to_pylist())
        if self._opened.pulls_borrowed:
            dates = commits["committed_at"].cast(pa.int64()).to_numpy()
            self._newest_landed.append(newest_until(self._collected_at, dates))

    def _to_read(self, tips: set[str], read_before: set[str]) -> int | None:
        """How many commits are new, if anybody wants to know."""
        if not self._progress.drawn:
            return None
        self._progress.step(0, None, f"{self._repo_id} counting commits")
        chosen = "".join([*(f"{sha}\n" for sha in sorted(tips)), *(f"^{sha}\n" for sha in sorted(read_before))])
        return int(self._git.output("rev-list", "--count", "--ignore-missing", "--stdin", stdin=chosen.encode()))

    def _stepper(self, total: int, what: str) -> Step:
        """Shows how many of so many file changes are read."""
        done = 0

        def step(count: int) -> None:
            nonlocal done
            done += count
            self._progress.step(done, max(done, total), f"{self._repo_id} {what}")

        return step

    def _landed_now(self, now: Movements) -> Landed:
        """What landed since the last run; of what was a pull request's then, imports are still to be read."""
        tips, before = now.commits(), self._before.landed
        if self._again or tips <= before or before == self._before.commits:
            return Landed()
        landed = landed_since(self._git, tips, before, self._collected_at)
        if self._options["imports"]:
            self._late = self._selection.room_for([sha for sha in landed.shas if sha not in self._new_commits])
        return landed

    def _imports(self) -> Iterator[Import]:
        if not self._options["imports"]:
            self._notices.state("imports_cut", 0)
            self._notices.state("imports_missing", 0)
            return
        reader = ImportReader(self._git, self._opened.repository.id_length)
        changes = chain(self._selection.sources.read(), reader.changes_of(self._late))
        yield from reader.read(changes, self._stepper(self._selection.sources.rows, "source files"))
        self._notices.add("imports_cut", reader.cut + self._selection.too_old)
        self._notices.add("imports_missing", reader.missing)

    def _added_lines(self, moved: list[VersionChange]) -> Iterator[AddedLine]:
        """Lines added to package manifests; what the same patches show of versions goes into `moved`."""
        if not self._options["added_lines"]:
            self._notices.state("added_lines_cut", 0)
            return
        reader, selection = AddedLines(self._git), self._selection
        step = self._stepper(selection.manifests.rows + selection.likely.rows, "manifests")
        yield from reader.read(selection.manifests.read(), step)
        for reading in VersionReader(self._git, reader).read(selection.likely.read(), selection.releases.likely, step):
            moved += reading.versions
            yield from reading.added
        doubtful = [sha for sha in selection.releases.doubtful if sha in reader.of_versions]
        chosen = (change for change in selection.doubtful.read() if change.sha in reader.of_versions)
        for reading in VersionReader(self._git, AddedLines(self._git)).read(chosen, doubtful):
            moved += reading.versions
        self._notices.add("added_lines_cut", reader.cut)

    def _patch_ids(self, tips: set[str], read_before: set[str]) -> Iterator[dict[str, Any]]:
        if self._options["patch_ids"] and not tips <= read_before:
            for patch in read_patch_ids(self._git, sorted(tips - read_before), sorted(read_before)):
                if patch.sha not in self._opened.repository.shallow:
                    yield patch._asdict()

    def _manifests_read_at(self) -> str | None:
        """When the manifests were last read from the root: rows of before are of other patterns, and count no more."""
        earlier: str | None = self._before.repository.get("manifests_read_at")
        if not self._manifests_again or not (self._source.manifests or self._before.manifests):
            return earlier
        return self._collected_at.isoformat()

    def _manifests(self, now: Movements) -> _Manifests:
        """What the default branch deployed; other patterns than last time mean all of it."""
        manifests = self._source.manifests
        tip = now.tips.get(f"refs/heads/{self._opened.listing.default_branch}")
        if not manifests or tip is None:
            return _Manifests([], None, rewritten=False, conflicts=[])
        from collectors.git.manifests.chain import ChainEnd, read_chain  # few repositories have manifests

        before = None
        if self._before.manifests and not self._manifests_again:
            before = ChainEnd.from_json(self._before.manifests["end"])
        id_length = self._opened.repository.id_length
        read = read_chain(self._git, tip, manifests, id_length=id_length, before=before)
        end = {"patterns": fingerprint(manifests), "end": read.end.to_json()}
        conflicts = [text for versions in read.end.versions for text in versions.conflicts()]
        return _Manifests(read.deployed, end, read.rewritten, conflicts)

    def _components(self, now: Movements) -> Generator[Rows, None, str]:
        """The packages in the tip of the default branch, all of them where one changed; returns what they are."""
        ref = f"refs/heads/{self._opened.listing.default_branch}"
        tip, before = now.tips.get(ref), "" if self._again else self._before.components
        if tip is None or (before and tip == self._before.tips.get(ref)):
            return before
        listing = tip_listing(self._git, tip)
        if listing.fingerprint != before:
            components = read_components(self._git, listing)
            yield from self._rows("components", (component._asdict() for component in components))
        return listing.fingerprint

    def _note_state(self, now: Movements, *, rewritten: bool) -> None:
        opened = self._opened
        default = f"refs/heads/{opened.listing.default_branch}"
        rewritten = rewritten or any(row["rewritten"] for row in now.rows if row["ref"] == default)
        same_default = self._before.repository.get("default_branch") == opened.listing.default_branch
        needs_blobs = self._source.added_lines or self._source.imports or self._source.patch_ids
        self._notices.add("history_rewritten", int(rewritten and same_default), forever=True)
        self._notices.state("stale_default_branch", int(bool(opened.listing.default.stale)))
        self._notices.state("doubtful_default_branch", int(bool(opened.listing.default.doubtful)))
        self._notices.state("empty", int(not any(now.tips.values())))
        self._notices.state("missing_blobs", int(needs_blobs and opened.repository.blobless))
        self._notices.state("pull_heads_unavailable", int(opened.pulls_unavailable))
        self._notices.state("shallow", len(opened.repository.shallow))

    def _newest(self, now: Movements, reader: CommitReader, landed: Landed) -> int | None:
        """The newest commit or tag not after this run; borrowed pull requests say nothing of the clone's age."""
        dates = [landed.newest_micros, now.newest_tag_micros(self._collected_at), *self._newest_landed]
        dates.append(None if self._again else self._before.newest_micros)
        dates.append(None if self._opened.pulls_borrowed else reader.newest_micros)
        return max((date for date in dates if date is not None), default=None)

    def _watermark(self, newest_micros: int | None) -> datetime | None:
        if self._opened.fetched:
            return self._collected_at
        return None if newest_micros is None else _EPOCH + timedelta(microseconds=newest_micros)

    def _rows(self, table: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[Rows]:
        return stream(table, rows, self._common)

    def _tuples(self, table: str, rows: Iterable[tuple[Any, ...]]) -> Iterator[Rows]:
        return stream_tuples(table, rows, self._common)


def _joined(tables: list[tuple[pa.Table, pa.Table]]) -> Iterator[Rows]:
    for name, parts in zip(("commits", "commit_files"), zip(*tables, strict=True), strict=False):
        whole = pa.concat_tables(parts)
        if whole.num_rows:
            yield Rows(name, whole)


def _options(source: GitSource, opened: Opened) -> dict[str, Any]:
    """What decides which rows there are."""
    repository = opened.repository
    cut_off = " ".join(sorted(repository.shallow))
    return {
        "repo_id": opened.identity.repo_id,
        "shallow": hashlib.sha256(cut_off.encode()).hexdigest()[:16] if cut_off else "",
        "added_lines": source.added_lines and not repository.blobless,
        "version_changes": VERSIONS_READ if source.added_lines and not repository.blobless else 0,
        "imports": IMPORTS_READ if source.imports and not repository.blobless else 0,
        "patch_ids": source.patch_ids and not repository.blobless,
    }


def _asks_more(now: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether what was read before lacks something now: another id, another cut, or rows that were not asked for."""
    return any(value and value != before.get(name) for name, value in now.items()) or (
        bool(before.get("shallow")) and not now["shallow"]
    )


def _manifests_asked(source: GitSource) -> str | None:
    return fingerprint(source.manifests) if source.manifests else None


def _described(source: GitSource, opened: Opened) -> dict[str, Any]:
    """The repository's row, without its id and time."""
    requested = source.pull_heads and not opened.pulls_unavailable
    return {
        "provider": opened.identity.provider,
        "repo": opened.identity.repo,
        "url": opened.identity.url,
        "default_branch": opened.listing.default_branch,
        "origin": "fetched" if opened.fetched else "clone",
        "shallow": bool(opened.repository.shallow),
        "pull_heads": requested or bool(pull_heads(opened.listing.oids)),
    }
