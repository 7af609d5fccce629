"""Pull requests that the graph itself shows to have landed: a head that a merge of the default branch brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from warehouse.graph import NEVER
from warehouse.models.changes.commit_messages import Landing
from warehouse.models.changes.landings.history import History

__all__ = ["MergedHeads", "merged_heads"]


@dataclass(frozen=True)
class MergedHeads:
    """PR heads on the default branch that are not steps of it.

    `merges`: by number the merge that has the head as a further parent. `steps`: by position the numbers that the step
    itself merged. `inside`: by position the numbers whose heads lie deeper in what the step brought.
    """

    merges: dict[int, int] = field(default_factory=dict)
    steps: dict[int, list[int]] = field(default_factory=dict)
    inside: dict[int, list[int]] = field(default_factory=dict)


def merged_heads(history: History, read: Sequence[Landing]) -> MergedHeads:
    """Find the merge that landed each PR head, and where the words of a step contradict it count that.

    `read` is what the message of each step says.
    """
    by_head: dict[int, list[int]] = {}
    for number, head in history.heads.items():
        at = history.position[head]
        if at != NEVER and history.chain[at] != head:
            by_head.setdefault(head, []).append(number)
    if not by_head:
        return MergedHeads()
    merges = _first_merges(history, by_head)
    result = MergedHeads({_likeliest(history, by_head[head], merge): merge for head, merge in merges.items()})
    for number, merge in result.merges.items():
        position = history.position[merge]
        where = result.steps if history.chain[position] == merge else result.inside
        where.setdefault(position, []).append(number)
    for position, numbers in result.steps.items():
        step = history.chain[position]
        order = {parent: place for place, parent in enumerate(history.graph.parents[step])}
        reported = history.reports.merged.get(step)
        numbers.sort(key=lambda n, order=order, first=reported: (n != first, order[history.heads[n]]))  # type: ignore[misc]
        if _contradicted(history, read[position], position, numbers):
            history.doubt_step("contradictions", position)
    for head in sorted(by_head.keys() - merges.keys()):
        numbers = sorted(by_head[head])
        if len(numbers) > 1:
            history.doubt_number("same_head", numbers[-1])
        result.inside.setdefault(history.position[head], []).append(numbers[-1])
    return result


def _first_merges(history: History, by_head: dict[int, list[int]]) -> dict[int, int]:
    """By head the merge that has it as a further parent and came with the same step; of several the first."""
    merges: dict[int, int] = {}
    position = history.position
    for commit, parents in enumerate(history.graph.parents):
        if len(parents) > 1 and position[commit] != NEVER:
            for parent in parents[1:]:
                if parent in by_head and position[parent] == position[commit]:
                    before = merges.get(parent)
                    if before is None or history.depth[commit] < history.depth[before]:
                        merges[parent] = commit
    return merges


def _likeliest(history: History, numbers: list[int], merge: int) -> int:
    """Of pull requests with one head the one that the forge or the message names, else the newest."""
    if len(numbers) == 1:
        return numbers[0]
    reported = (history.reports.merged.get(merge),)
    told = (*reported, *history.read(merge).numbers)
    likeliest = next((number for number in told if number in numbers), max(numbers))
    history.doubt_number("same_head", likeliest)
    return likeliest


def _contradicted(history: History, landing: Landing, position: int, numbers: list[int]) -> bool:
    """Whether the message of a merge names another pull request than those whose heads it merged."""
    named = [number for number in landing.numbers if number in history.heads]
    return bool(named) and not any(
        number in numbers or history.position[history.heads[number]] == position for number in named
    )
