"""Rebuild the records of labelled changes from public histories, so that anybody can score the rules again.

    python benchmarks/rebuild_records.py LABELS.csv CLONES.tsv > records.ndjson
    headway classify records.ndjson --labels LABELS.csv

LABELS.csv has the columns repo and sha at least; the labels hold no messages and no addresses, so these come from the
clones. CLONES.tsv has a line for each repository: owner/name, a tab, the folder of a full clone (or of its git
directory). A record is one JSON object a line: repo, sha, parents, author, committer, time, message, files with their
counts of lines, lines added to package manifests, and lines added that import something. What a merge changed is what
it changed against its first parent; its message is followed by those of the commits that it brings, at most 50, as a
squash has them. Changes whose repository or commit is not there are left out, and counted on standard error; the exit
code is 1 then.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from collectors.git.readers.added_lines import is_manifest

IMPORT = re.compile(
    r"^\s*(?:@?import\b|from\s+\S+\s+import\b|use\s+[\w:{\\]|using\s+[\w.=\s]+;|require(?:_relative)?[( ]|"
    r"(?:const|let|var)\s.+=\s*(?:await\s+)?(?:require|import)\(|export\s.+\sfrom\s|#\s*include\b|extern crate\b|"
    r"alias\s+[A-Z]|gem\s)|^\s*\}\s*from\s+['\"]|^\s*(?:[\w.]+\s+)?\"[\w.-]+\.\w+/[\w./-]+\"$"
)
MOST_FILES, MOST_LINES, LONGEST_LINE, MOST_BROUGHT = 400, 80, 300, 50
HEAD = ("parents", "author_name", "author_email", "committer_name", "committer_email", "committed_at", "message")
FORM = "--format=%P%x1f%an%x1f%ae%x1f%cn%x1f%ce%x1f%cI%x1f%B"
AGAINST_FIRST = ("--first-parent", "-m", "--format=", "-M100%")


def main() -> int:
    """Print the records; 1 if any is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("clones", type=Path)
    asked = parser.parse_args()
    lines = asked.clones.read_text(encoding="utf-8").splitlines()
    clones = {repo: Path(folder) for repo, _, folder in (line.partition("\t") for line in lines if line)}
    missing: Counter[str] = Counter()
    with asked.labels.open(encoding="utf-8", newline="") as labels:
        for row in csv.DictReader(labels):
            record = rebuilt(clones, row["repo"], row["sha"])
            if record is None:
                missing[row["repo"]] += 1
            else:
                print(json.dumps(record, ensure_ascii=False))
    for repo, count in missing.items():
        print(f"{repo}: {count} changes are not there", file=sys.stderr)
    return 1 if missing else 0


def rebuilt(clones: dict[str, Path], repo: str, sha: str) -> dict[str, Any] | None:
    """The record of one change; none if its repository or commit is not there."""
    if not re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", sha) or repo not in clones:
        return None
    clone = clones[repo]
    head = git(clone, "log", "-1", FORM, sha, may_fail=True)
    if not head:
        return None
    facts: dict[str, Any] = dict(zip(HEAD, head.split("\x1f", len(HEAD) - 1), strict=True))
    parents = facts["parents"].split()
    facts |= {"parents": parents, "is_merge": len(parents) > 1, "message": facts["message"].strip()}
    if len(parents) > 1:
        own = f"--max-count={MOST_BROUGHT}"
        brought = git(clone, "log", own, "--no-merges", "--format=* %B%n%x1e", *parents[1:], f"^{parents[0]}")
        facts["message"] += "".join(f"\n\n{text.strip()}" for text in brought.split("\x1e") if text.strip())
    files = list(touched(clone, sha))
    manifest, imports = added_lines(clone, sha, [file["path"] for file in files])
    lines = {"manifest_added": manifest, "imports_added": imports}
    return {"repo": repo, "sha": sha, **facts, "files": files[:MOST_FILES], "n_files": len(files), **lines}


def touched(clone: Path, sha: str) -> Iterator[dict[str, Any]]:
    """Each touched file: path, the path before if it was only renamed, lines added and deleted.

    The numbers of lines are None for a binary file, and for all files where the clone lacks contents of one.
    """
    counted = git(clone, "show", *AGAINST_FIRST, "--numstat", "-z", sha, may_fail=True)
    if not counted:
        names = git(clone, "show", "--first-parent", "-m", "--format=", "--no-renames", "--name-only", "-z", sha)
        counted = "\0".join(f"-\t-\t{path}" for path in names.split("\0") if path)
    fields = iter(counted.split("\0"))
    for entry in fields:
        added, _, rest = entry.lstrip("\n").partition("\t")
        deleted, _, path = rest.partition("\t")
        if added:
            before = {} if path else {"old_path": next(fields)}
            counts = {"added": _count(added), "deleted": _count(deleted)}
            yield {"path": path or next(fields), **before, **counts}


def _count(text: str) -> int | None:
    return None if text == "-" else int(text)


def added_lines(clone: Path, sha: str, paths: list[str]) -> tuple[list[str], list[str]]:
    """Lines added to package manifests, and lines added elsewhere that import something; no very long ones."""
    manifest: list[str] = []
    imports: list[str] = []
    path = ""
    patch = ("-c", "core.quotepath=off", "show", *AGAINST_FIRST, "-U0", sha)
    text = git(clone, *patch, may_fail=True)
    if not text:  # where contents of one file are missing, the others are still read
        text = "".join(git(clone, *patch, "--", f":(literal){path}", may_fail=True) for path in paths[:MOST_FILES])
    for line in text.split("\n"):
        if line.startswith("+++ "):
            path = line.removeprefix("+++ b/").rstrip("\t")
        elif line.startswith("+") and len(line) <= LONGEST_LINE and line[1:].strip():
            if is_manifest(path):
                manifest.append(line[1:].strip())
            elif IMPORT.search(line[1:]):
                imports.append(line[1:].strip())
    return manifest[:MOST_LINES], imports[:MOST_LINES]


def git(clone: Path, *words: str, may_fail: bool = False) -> str:
    """What git prints, whatever bytes the history holds; nothing if it may fail and does."""
    ran = subprocess.run(["git", "-C", str(clone), *words], check=not may_fail, capture_output=True)
    return ran.stdout.decode("utf-8", "replace") if ran.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
