"""What of a history is read closer: manifests, files of releases and source code, chosen while the log goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from collectors.git.process.log import Paths
from collectors.git.readers.added_lines import COPIED_PATH, MANIFEST_PATH
from collectors.git.readers.commits import Read
from collectors.git.readers.file_changes import Aside, each_side, matching
from collectors.git.readers.imports import MOST_COMMITS, NOT_OWN_PATH, SOURCE_PATH
from collectors.git.readers.version_changes import NOT_READ_PATH, Candidates

__all__ = ["Selection"]


@dataclass
class Selection:
    """File changes that are to be read, each commit's once."""

    lines: bool
    """Manifests and releases are wanted."""
    imports: bool
    """Source code is wanted."""
    manifests: Aside = field(default_factory=Aside)
    """Of commits that touch a manifest and are not likely to be releases: these have their lines read anyway."""
    likely: Aside = field(default_factory=Aside)
    """Of commits that are likely to be releases."""
    doubtful: Aside = field(default_factory=Aside)
    """Of commits that may be."""
    sources: Aside = field(default_factory=Aside)
    releases: Candidates = field(default_factory=Candidates)
    too_old: int = 0
    """Commits with source code that are left out, being older than as many as are read."""
    _room: int = field(default_factory=lambda: MOST_COMMITS)
    _taken: set[str] = field(default_factory=set)

    def add(self, read: Read, landed: pa.BooleanArray | None) -> None:
        """Choose of some commits, newest first; `landed` says which have landed, None that all have.

        Only what has landed, on any branch, can be depended on or depend: of pull requests no source code is read.
        """
        if not read.files.num_rows:
            return
        paths = Paths(read.files["path"].combine_chunks())
        if self.lines:
            self._add_lines(read, paths)
        if self.imports:
            self._add_sources(read, paths, landed)

    def close(self) -> None:
        """Let go what was put aside."""
        for aside in (self.manifests, self.likely, self.doubtful, self.sources):
            aside.close()

    def room_for(self, shas: Sequence[str]) -> Sequence[str]:
        """As many of some commits with source code as are still to be read; the others are counted."""
        chosen = shas[: self._room]
        self._room -= len(chosen)
        self.too_old += len(shas) - len(chosen)
        return chosen

    def _add_lines(self, read: Read, paths: Paths) -> None:
        likely, doubtful = map(self._new, self.releases.add(read.commits, read.files, paths))
        manifest = pc.and_not(paths.match(MANIFEST_PATH), paths.match(COPIED_PATH))
        touching = self._new(pc.unique(read.files["sha"].filter(manifest)).to_pylist(), but=likely)
        self.manifests.add(matching(_changes(read, touching, manifest), MANIFEST_PATH, but=COPIED_PATH))
        for shas, aside in ((likely, self.likely), (doubtful, self.doubtful)):
            aside.add(matching(_changes(read, shas), "", but=NOT_READ_PATH))
        self._taken.update(likely, doubtful, touching)

    def _add_sources(self, read: Read, paths: Paths, landed: pa.BooleanArray | None) -> None:
        source = paths.match(SOURCE_PATH)
        if landed is not None:
            shas = read.commits["sha"].filter(landed)
            source = pc.and_(source, pc.is_in(read.files["sha"], shas.combine_chunks()).combine_chunks())
        shas = self.room_for(pc.unique(read.files["sha"].filter(source)).to_pylist())
        self.sources.add(matching(_changes(read, shas, source), SOURCE_PATH, but=NOT_OWN_PATH))

    def _new(self, shas: Sequence[str], *, but: Sequence[str] = ()) -> list[str]:
        """Those that the log did not list before, as it may where clocks were wrong."""
        return [sha for sha in shas if sha not in self._taken and sha not in set(but)]


def _changes(read: Read, shas: Sequence[str], paths: pa.BooleanArray | None = None) -> pa.Table:
    """The file changes of some commits, at some paths or wherever a file moved."""
    chosen = pc.is_in(read.files["sha"], pa.array(shas, pa.string())).combine_chunks()
    if paths is not None:
        chosen = pc.and_(chosen, pc.or_(paths, pc.is_valid(read.files["old_path"]).combine_chunks()))
    return each_side(read.files, read.metas, chosen)
