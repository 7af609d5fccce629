"""One simulated repository as a real one: branches, landings of every style, reverts, cherry-picks, tags."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from collectors.simulate.company.model import Change, Commit, Deployment, Repo, Touch
from collectors.simulate.company.people import BOTS, FORGE, TEAMS
from collectors.simulate.company.plan import PLANS
from collectors.simulate.events.clock import DAY, HOUR, MINUTE
from collectors.simulate.events.dice import Dice
from collectors.simulate.events.messages import landing_message, picked_text, revert_text, update_message
from collectors.simulate.events.rare import note_of
from collectors.simulate.writers.contents import Contents, Lines, Patch, count_lines, overlay, render
from collectors.simulate.writers.fast_import import FastImport, create_bare

__all__ = ["write_repository"]


_AT_FAULT = ("pull_request", "direct")
_FAR = 400  # landings back that a fix may reach
_HALF_LIFE_DAYS = 15.0
_TANGLED = 0.15


@dataclass(slots=True)
class _Branch:
    """What a branch did to the files since it left main at the landing `start`, or another branch that did `under`."""

    start: int
    tip: Commit | None = None
    under: Patch = field(default_factory=dict)
    patch: Patch = field(default_factory=dict)
    steps: list[Patch] = field(default_factory=list)  # by own commit
    base: int = -1  # the landing that it contains by now

    def __post_init__(self) -> None:
        self.base = self.start


class _Writer:
    """Writes one repository; `undo` holds what each landing did, so that it can be reverted or repaired."""

    def __init__(self, repo: Repo, folder: Path, dice: Dice) -> None:
        self.repo = repo
        self.git = FastImport(folder)
        self.contents = Contents(dice)
        self.landed_at: list[int] = []
        self.tips: list[Commit] = []
        self.landed_paths: list[dict[str, int | None]] = []
        self.undo: dict[int, dict[str, tuple[Lines, Lines]]] = {}
        self.patches: dict[int, list[Patch]] = {}
        self.branches: dict[Change, _Branch] = {}
        self.shipped = 0

    def _file(self, path: str, lines: Lines) -> int | None:
        return self.git.blob(render(path, lines)) if lines else None

    def _view(self, branch: _Branch, path: str) -> Lines:
        return overlay(self._below(branch, path), branch.patch.get(path, {}))

    def _below(self, branch: _Branch, path: str) -> Lines:
        lines = self.contents.at(path, branch.base)
        return overlay(lines, branch.under[path]) if path in branch.under else lines

    def write_branch(self, change: Change) -> _Branch:
        """The change's own commits, once, on top of what its branch left."""
        if change in self.branches:
            return self.branches[change]
        branch = self.branches[change] = self._start(change)
        if change.is_fix and change.repairs is None:
            self.blame(change, branch.base)
        for commit in change.commits:
            assert branch.tip is not None  # noqa: S101 only the root has nothing below it
            parents = [branch.tip]
            files: dict[str, int | None] = {}
            if commit.updates_from:
                step = self._join(change, commit, branch, parents, files)
            else:
                step = self._step(change, commit, branch)
                branch.steps.append(step)
            for path, done in step.items():
                branch.patch.setdefault(path, {}).update(done)
                files[path] = self._file(path, self._view(branch, path))
            branch.tip = self.git.commit(commit, parents, files, side=change.way.how not in ("direct", "forward"))
        self._count(change, branch)
        return branch

    def _start(self, change: Change) -> _Branch:
        """A branch without commits: from main as it was then, from another branch, or written anew on main's tip."""
        began_at, below = change.commits[0].authored_at, change.stacked_on
        if below is None:
            base = bisect_right(self.landed_at, began_at) - 1
            if change.way.rebased and change.position is not None:
                base = len(self.tips) - 1
            return _Branch(base, self.tips[base])
        there = self.branches.get(below) or self.write_branch(below)
        commits = [commit for commit in below.own_commits if commit.committed_at <= began_at]
        branch = _Branch(there.start, commits[-1])
        for step in there.steps[: len(commits)]:
            for path, done in step.items():
                branch.under.setdefault(path, {}).update(done)
        return branch

    def _join(
        self, change: Change, commit: Commit, branch: _Branch, parents: list[Commit], files: dict[str, int | None]
    ) -> Patch:
        """A merge into a branch: of main, whose `files` come with it, or of another pull request, which is returned."""
        if commit.brings is not None:
            patch = self.write_branch(commit.brings).patch
            parents.append(commit.brings.commits[-1])
            commit.message = landing_message(commit.brings)
            return patch
        base = bisect_right(self.landed_at, commit.committed_at) - 1
        for paths in self.landed_paths[branch.base + 1 : base + 1]:
            files |= paths
        branch.base = base
        parents.append(self.tips[base])
        commit.message = update_message(change)
        return {path: {} for path in branch.patch if path in files}

    def blame(self, change: Change, base: int) -> None:
        """Choose which earlier change of its files a fix repairs, sooner a recent one; none where nothing is left."""
        paths = {touch.path for commit in change.commits for touch in commit.touches}
        weights: dict[Change, float] = {}
        for position in range(max(base - _FAR, 1), base + 1):
            culprit = self.repo.landed[position]
            at_fault = culprit.kind in _AT_FAULT and not culprit.release and not culprit.riders
            if at_fault and culprit.built_with_ai != "automation":
                age = change.started_at - self.landed_at[position]
                if any(self._left(position, path, base) for path in paths & self.undo[position].keys()):
                    weights[culprit] = 0.5 ** (age / (_HALF_LIFE_DAYS * DAY))
        if weights:
            change.repairs = self.contents.dice.weighted(tuple(weights), tuple(weights.values()))
            change.tangled = self.contents.dice.chance(_TANGLED)

    def _left(self, position: int, path: str, base: int) -> bool:
        """Whether a line of code that a landing wrote is still there at `base`."""
        now = self.contents.at(path, base)
        return any(now.get(slot) == text for slot, text in _written(*self.undo[position][path]).items())

    def _count(self, change: Change, branch: _Branch) -> None:
        for path in branch.patch:
            added, removed = count_lines(path, self._below(branch, path), self._view(branch, path))
            change.additions += added
            change.deletions += removed
            change.files += bool(added or removed)
            change.paths |= {path} if added or removed else set()

    def _step(self, change: Change, commit: Commit, branch: _Branch) -> Patch:
        """What one commit does to the files."""
        undo = self._undo(change.reverts or change.repairs)
        if change.reverts:
            commit.message = revert_text(commit.message, change.reverts, self.git.sha(change.reverts.landing[-1]))
            return {path: _restored(self._view(branch, path), *states) for path, states in undo.items()}
        step: Patch = {}
        commit.touches = tuple(touch for one in commit.touches for touch in self._each_file(one, branch))
        for touch in commit.touches:
            if touch.gone:
                step[touch.path] = dict.fromkeys(self._view(branch, touch.path))
                continue
            lines = overlay(self._view(branch, touch.path), step.get(touch.path, {}))
            written = _written(*undo.get(touch.path, ({}, {})))
            edit = self.contents.repair if change.repairs and not change.tangled else self.contents.edit
            step.setdefault(touch.path, {}).update(edit(touch, lines, written))
        return step

    def _each_file(self, touch: Touch, branch: _Branch) -> list[Touch]:
        """A touch, or where it is one of a folder that goes, those of its files."""
        if not (touch.gone and touch.path.endswith("/")):
            return [touch]
        return [Touch(path, gone=True) for path in self.contents.under(touch.path, branch.base)]

    def _undo(self, culprit: Change | None) -> dict[str, tuple[Lines, Lines]]:
        return self.undo.get(culprit.position, {}) if culprit and culprit.position is not None else {}

    def land(self, change: Change) -> None:
        """Put the change on main in its style."""
        position = len(self.tips)
        self.landed_paths.append({})
        assert change.merged_at is not None  # noqa: S101 only landed changes get here
        branch = self.write_branch(change) if self.tips else self._root(change)
        if change.style == "direct":
            change.landing = [change.commits[0]]
        elif change.way.how == "forward":
            change.landing = list(change.commits)
        elif change.way.how == "rebase":
            for commit, step in zip(change.own_commits, branch.steps, strict=True):
                by = change.merged_by or FORGE
                copy = Commit(commit.author, commit.authored_at, by, change.merged_at, commit.message)
                self._advance(copy, [step], [], change, position)
        else:
            self._land_whole(change, branch, position)
        for rider in change.riders:
            rider.landing = change.landing
        self._settle(change, branch, position)

    def _land_whole(self, change: Change, branch: _Branch, position: int) -> None:
        """One commit for the whole pull request, and for others that land with it: a merge or a squash."""
        assert change.merged_at is not None  # noqa: S101
        merges = change.way.how == "merge"
        by, at = change.merged_by or FORGE, change.merged_at
        heads = [self._squash(change, branch) if change.way.squashed else change.commits[-1]] if merges else []
        patches = [branch.patch]
        for rider in change.riders:
            if rider.way.together == "batch":
                patches.append(self.write_branch(rider).patch)
                heads.append(rider.commits[-1])
        committer = by if change.way.words in ("hand", "script") else FORGE
        commit = Commit(by if merges else change.author, at, committer, at, landing_message(change))
        self._advance(commit, patches, heads, change, position)
        for patch in patches[1:]:
            for path, done in patch.items():
                branch.patch.setdefault(path, {}).update(done)

    def _squash(self, change: Change, branch: _Branch) -> Commit:
        """A squash of the branch where it left main, made when merge was pressed: this is what the merge brings."""
        by, at = change.merged_by or FORGE, change.merged_at or 0
        files = {path: self._file(path, self._view(branch, path)) for path in branch.patch}
        commit = Commit(change.author, at, by, at, change.title)
        return self.git.commit(commit, [self.tips[branch.base]], files, side=True)

    def _advance(
        self, commit: Commit, patches: list[Patch], heads: list[Commit], change: Change, position: int
    ) -> None:
        tip = change.landing[-1] if change.landing else self.tips[-1]
        files: dict[str, int | None] = {}
        for patch in patches:
            for path, done in patch.items():
                lines = overlay(self.contents.at(path, position), done)
                self.contents.land(path, position, lines)
                files[path] = self._file(path, lines)
        self.landed_paths[position] |= files
        change.landing.append(self.git.commit(commit, [tip, *heads], files))

    def _root(self, change: Change) -> _Branch:
        branch = _Branch(-1)
        commit = change.commits[0]
        step = self._step(change, commit, branch)
        branch.patch = step
        self.git.commit(commit, [], {path: self._file(path, self._view(branch, path)) for path in step})
        self._count(change, branch)
        return branch

    def _settle(self, change: Change, branch: _Branch, position: int) -> None:
        states = {path: self.contents.at(path, position - 1) for path in branch.patch}
        if change.way.how in ("direct", "forward"):
            for path, done in branch.patch.items():
                lines = overlay(states[path], done)
                self.contents.land(path, position, lines)
                self.landed_paths[position][path] = self._file(path, lines)
        self.undo[position] = {path: (lines, self.contents.at(path, position)) for path, lines in states.items()}
        if change.way.how != "merge":
            change.paths = frozenset(path for path, (before, after) in self.undo[position].items() if before != after)
        self.patches[position] = branch.steps if change.way.how in ("rebase", "forward") else [branch.patch]
        self.landed_at.append(change.landing[-1].committed_at)
        self.tips.append(change.landing[-1])

    def ship(self, deployment: Deployment) -> None:
        """The release branch with its cherry-picks, or the merge into the production branch."""
        main = deployment.change.landing[-1]
        if deployment.picks:
            tip = main
            picked: dict[str, Lines] = {}
            for change in deployment.picks:
                tip = self._pick(change, tip, deployment, picked)
            deployment.commit = self.repo.branches[f"release/{_line_of(deployment.version)}"] = tip
        elif self.repo.deploys == "branch":
            tip = self.repo.branches.get("production", self.tips[0])
            message = "Merge branch 'main' into production"
            at = deployment.created_at
            commit = Commit(BOTS["release"], at, BOTS["release"], at, message)
            position = deployment.change.position or 0
            files = self._catch_up(position)
            deployment.commit = self.repo.branches["production"] = self.git.commit(
                commit, [tip, main], files, side=True
            )
            self.shipped = position

    def _catch_up(self, position: int) -> dict[str, int | None]:
        files: dict[str, int | None] = {}
        for paths in self.landed_paths[self.shipped + 1 : position + 1]:
            files |= paths
        return files

    def _pick(self, change: Change, tip: Commit, deployment: Deployment, picked: dict[str, Lines]) -> Commit:
        """Cherry-pick a landed change with `-x` onto a release branch, whose own state of files is `picked`."""
        by = TEAMS[self.repo.team][0]
        at = deployment.created_at - 20 * MINUTE
        base = deployment.change.position or 0
        for landed, patch in zip(change.landing, self.patches[change.position or 0], strict=True):
            message = picked_text(change, landed.message, self.git.sha(landed))
            for path, done in patch.items():
                picked[path] = overlay(picked.get(path, self.contents.at(path, base)), done)
            files = {path: self._file(path, picked[path]) for path in patch}
            tip = self.git.commit(Commit(landed.author, landed.authored_at, by, at, message), [tip], files, side=True)
        return tip


def _line_of(version: str) -> str:
    """The name of the release line of a version: `1.2` of `v1.2.1`."""
    return version.rpartition(".")[0].removeprefix("v").removeprefix("release-")


def _written(before: Lines, after: Lines) -> dict[int, str]:
    """The lines of a file that a landing wrote."""
    return {slot: text for slot, text in after.items() if before.get(slot) != text}


def _restored(now: Lines, before: Lines, after: Lines) -> dict[int, str | None]:
    """What reverts a landing in a file, in the lines that nothing has changed since."""
    slots = {slot for slot in {*before, *after} if before.get(slot) != after.get(slot)}
    return {slot: before.get(slot) for slot in sorted(slots) if now.get(slot) == after.get(slot)}


def write_repository(repo: Repo, folder: Path, dice: Dice, until: int) -> None:
    """Write `repo` as the new bare repository `folder` and fill the ids of everything in it."""
    create_bare(folder, f"{repo.url}.git")
    writer = _Writer(repo, folder, dice)
    for change in repo.landed:
        writer.land(change)
    for change in repo.changes:
        if change.position is None:
            writer.write_branch(change)
            if change.abandoned_at is None:
                repo.branches[change.branch] = change.commits[-1]
    for deployment in repo.deployments:
        if deployment.production:
            writer.ship(deployment)
    _tag(repo, writer, until)
    notes = [(commit, note) for change in repo.changes if (note := note_of(change)) for commit in change.commits]
    writer.git.notes("refs/notes/ai", notes, BOTS["release"], until)
    repo.branches["main"] = writer.tips[-1]
    refs = [(f"refs/heads/{name}", commit) for name, commit in repo.branches.items()]
    refs += [(f"refs/tags/{name}", commit) for name, commit in repo.tags.items()]
    refs += [(repo.head_ref(one.number), one.commits[-1]) for one in repo.changes if one.number is not None]
    writer.git.finish(refs)


def _tag(repo: Repo, writer: _Writer, until: int) -> None:
    repo.tags |= {version: change.landing[-1] for version, change in repo.builds.items()}
    for deployment in sorted(repo.deployments, key=lambda one: one.created_at):
        if repo.deploys == "tags" and deployment.version:
            repo.tags[deployment.version] = deployment.commit or deployment.change.landing[-1]
            writer.git.tag(
                deployment.version,
                repo.tags[deployment.version],
                BOTS["release"],
                deployment.created_at,
                f"Release {deployment.version}",
            )
    if PLANS[repo.name].tag_forms:
        _tag_candidates(repo, writer)
    repo.tags["nightly"] = writer.tips[-1]
    writer.git.tag("nightly", writer.tips[-1], BOTS["release"], until, "Nightly build")


def _tag_candidates(repo: Repo, writer: _Writer) -> None:
    """A release candidate two hours before each release, and a name that moves on to each."""
    for deployment in [one for one in repo.deployments if not one.picks]:
        name, commit = f"{deployment.version}-rc.1", deployment.change.landing[-1]
        repo.tags[name] = repo.tags["stable"] = commit
        at = max(deployment.created_at - 2 * HOUR, commit.committed_at)
        writer.git.tag(name, commit, BOTS["release"], at, f"Try {name}")
