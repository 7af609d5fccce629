"""The four tiles of the pulse check: a verdict each, its numbers, and how they were in the period before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from analytics.comparison import Comparison
from analytics.durations import in_one_unit
from analytics.pulse.pulse import Pulse
from analytics.text import targets, verdicts, wording
from analytics.text.targets import TargetResult
from analytics.text.verdicts import Verdict
from dashboard.answers.view import View
from dashboard.parts.stability import failure_verdict

__all__ = ["QUARTER", "Tile", "ask_tiles", "period_days", "period_name", "tiles"]

QUARTER = 90
"""Days of the newest period that is compared with the one before it, beside the chosen one."""
_MISSING = "–"
_NONE_NEEDS = "None needs a decision before others"
_OTHER_MIX = "The medians differ by the mix of repositories and months"
_WHAT_SHARES = {1: "Rework: of the changes, within 30 days", 2: "Failed: of the deployments with such work"}


@dataclass(frozen=True)
class Tile:
    """A tile: its question, verdict, a table of `rows` under `columns`, and lines on the period before and targets.

    The first row is of AI work. Each of `before`: a text, and whether it is better (True), worse (False) or neither.
    """

    name: str
    title: str
    verdict: Verdict
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    before: Sequence[tuple[str, bool | None]] = ()


def ask_tiles(view: View) -> None:
    """Ask what the tiles ask besides the pulse."""
    view.comparisons()
    days = period_days(view)
    if days is not None:
        _of_before(view)
    for length in _lengths(days):
        view.trend(length)
    view.attention()
    if view.targets.failure_share:
        view.report("dora")
    view.report("dora", by=view.axis)
    view.report("rework", by=view.axis)


def _of_before(view: View) -> Pulse | None:
    earlier = view.before()
    return None if earlier is None else earlier.pulse()


def period_days(view: View) -> int | None:
    """How many days the chosen period has; None for all time."""
    since, end = view.filters.since, view.as_of
    return None if since is None or end is None else (end - since).days


def period_name(days: int) -> str:
    """A number of days as text."""
    return "12 months" if days == 365 else f"{days} days"


def _lengths(days: int | None) -> list[int]:
    """The newest periods that are compared with the one before: the chosen one, and the last quarter."""
    return [] if days is None else [days] if days <= QUARTER else [days, QUARTER]


def tiles(view: View, pulse: Pulse) -> None:
    """Draw the four tiles."""
    comparison = next(one for one in view.comparisons() if one.contrast.axis == view.axis)
    before = _of_before(view)
    drawn = (
        _lead_time(view, pulse, comparison),
        _waiting(view, pulse, before),
        _week(view, pulse, comparison, before),
        _stability(view),
    )
    for column, tile in zip(st.columns(len(drawn), gap="small"), drawn, strict=True):
        with column, st.container(border=True, height="stretch", key=f"tile-{tile.name}", gap="xsmall"):
            st.html(_html(tile))


def _lead_time(view: View, pulse: Pulse, comparison: Comparison) -> Tile:
    shown = pulse.compared
    times = [estimate.value for group in shown for estimate in (group.median_hours, group.p85_hours)]
    texts = iter(in_one_unit(times, view.clock, missing="not yet"))
    rows = [(group.name, f"**{next(texts)}", next(texts)) for group in shown]
    mix = [(_OTHER_MIX, None)] if len(shown) > 1 and verdicts.differs_from_medians(comparison) else []
    return Tile(
        "lead-time",
        "Code complete to production",
        verdicts.lead_time(comparison),
        ("all changes", "half by", "85% by"),
        rows,
        [*mix, *_trends(view), *_against(targets.lead_times(pulse, view.targets))],
    )


def _trends(view: View) -> Iterator[tuple[str, bool | None]]:
    for days in _lengths(period_days(view)):
        compared = view.trend(days)
        verdict = compared and verdicts.trend(compared, period_name(days))
        if verdict:
            yield verdict.sentence, verdict.pair[0] < verdict.pair[1] if verdict.pair else None


def _waiting(view: View, pulse: Pulse, before: Pulse | None) -> Tile:
    attention = view.attention()
    ai = attention.ai.get(view.axis, 0)
    counts = (ai, attention.waiting - ai) if len(pulse.compared) > 1 else (attention.waiting,)
    after, then = _horizon(pulse), before.everything.waiting_share if before else None
    rows = [
        (group.name, f"**{count:,}", _MISSING if group.waiting_share is None else _percent(group.waiting_share))
        for group, count in zip(pulse.compared, counts, strict=True)
    ]
    waits = wording.counted(attention.waiting, "change")
    verdict = f"{waits} {'waits' if attention.waiting == 1 else 'wait'} now" if attention.waiting else "Nothing waits"
    if attention.stuck:
        verdict = f"{attention.stuck:,} of {waits} {'needs' if attention.stuck == 1 else 'need'} a decision"
    return Tile(
        "waiting",
        "Still waiting",
        Verdict(verdict, wording.capital(attention.decisions) or _NONE_NEEDS * bool(attention.waiting)),
        ("all changes", "now", f"after {after}"),
        rows,
        [
            *_changed(f"All work after {after}", pulse.everything.waiting_share, then),
            *_against(targets.waiting(attention.longer, view.targets, view.clock)),
        ],
    )


def _week(view: View, pulse: Pulse, comparison: Comparison, before: Pulse | None) -> Tile:
    verdict = verdicts.within_a_week(comparison)
    shown = pulse.compared
    alike = verdict.pair if len(shown) > 1 else None
    shares = alike or [group.arrived_after(pulse.week_hours).value for group in shown]
    rows = [
        (group.name, _MISSING if share is None else f"**{_percent(share)}")
        for group, share in zip(shown, shares, strict=True)
    ]
    now = pulse.everything.arrived_after(pulse.week_hours).value
    then = before.everything.arrived_after(before.week_hours).value if before else None
    title = "In production within 7 days" if view.clock == "wall" else "In production within a week of work"
    return Tile(
        "week",
        title,
        verdict,
        ("like for like" if alike else "all changes", "share"),
        rows,
        [
            *_changed("All work, not matched" if alike else "All work", now, then),
            *_against(targets.within_a_week(pulse, view.targets)),
        ],
    )


def _stability(view: View) -> Tile:
    failed, repaired = view.report("dora", by=view.axis), view.report("rework", by=view.axis)
    verdict, rows = failure_verdict(failed, repaired, view.axis)
    heads = ("all changes", "rework", "failed")
    present = [place for place in (1, 2) if any(row[place].strip("*") != _MISSING for row in rows)]
    shares = [(row[0], *(row[place] for place in present)) for row in rows] if present else []
    notes: list[tuple[str, bool | None]] = [(_WHAT_SHARES[place], None) for place in present]
    if view.targets.failure_share:
        notes += _against(targets.failures(view.report("dora").to_dicts(), view.targets))
    columns = (heads[0], *(heads[place] for place in present))
    return Tile("stability", "Needed rework or failed", verdict, columns, shares, notes)


def _changed(what: str, now: float | None, then: float | None) -> Iterator[tuple[str, bool | None]]:
    """A share of all work now and in the period before."""
    if now is not None and then is not None:
        yield f"{what}: {_percent(now)} ({_percent(then)} in the period before)", None


def _against(results: Iterable[TargetResult]) -> Iterator[tuple[str, bool | None]]:
    """Targets of all work, each with its result."""
    for result in results:
        yield result.sentence, result.met


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _horizon(pulse: Pulse) -> str:
    return f"{pulse.horizon_hours / 24.0:.0f} d" if pulse.clock == "wall" else f"{pulse.horizon_hours:.0f} h"


def _html(tile: Tile) -> str:
    heads = "".join(f"<th scope='col'>{escape(column)}</th>" for column in tile.columns)
    lines = []
    for place, (name, *cells) in enumerate(tile.rows):
        kind = "whole" if len(tile.rows) == 1 else "first" if place == 0 else "second"
        texts = "".join(f"<td>{_cell(cell)}</td>" for cell in cells)
        lines.append(f"<tr class='{kind}'><th scope='row'>{escape(name)}</th>{texts}</tr>")
    basis = f"<p class='basis'>{escape(tile.verdict.basis)}</p>" if tile.verdict.basis else ""
    kinds = {True: "trend better", False: "trend worse", None: "trend"}
    trend = "".join(f"<p class='{kinds[better]}'>{escape(text)}</p>" for text, better in tile.before)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>" if lines else ""
    return (
        f"<section class='tile'><h2>{escape(tile.title)}</h2>"
        f"<div class='answer'><p class='verdict'>{escape(tile.verdict.sentence)}</p>{basis}</div>"
        f"{table}{trend}</section>"
    )


def _cell(text: str) -> str:
    """A text, in bold where it begins with two asterisks."""
    return f"<strong>{escape(text.removeprefix('**'))}</strong>" if text.startswith("**") else escape(text)
