from __future__ import annotations

import io

import pytest

from headway.progress import PartProgress, Progress, SilentProgress, TerminalProgress, progress_on


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        """The time in seconds."""
        return self.seconds


def test_nothing_is_drawn_where_no_terminal_is() -> None:
    """A pipe gets the silent twin, and nothing is written to it."""
    stream = io.StringIO()
    progress = progress_on(stream, Clock())
    progress.step(1, 2, "commits")
    progress.done()
    assert isinstance(progress, SilentProgress)
    assert stream.getvalue() == ""


def test_terminal_is_drawn_on_and_cleared() -> None:
    """Counts are shown with and without a total, and the line is gone at the end."""
    stream = Terminal()
    progress = progress_on(stream, Clock())
    progress.step(1000, None, "commits")
    progress.step(1, 20, "sources")
    progress.step(0, None, "cloning")
    progress.done()
    assert stream.getvalue().split("\r\x1b[K") == ["", "commits 1,000", "sources 1 of 20", "cloning", ""]


def test_drawing_is_limited_by_the_clock() -> None:
    """The same label is drawn again only after a tenth of a second."""
    stream, clock = Terminal(), Clock()
    progress = TerminalProgress(stream, clock)
    for count in range(50):
        progress.step(count + 1, None, "commits")
        clock.seconds += 0.01
    assert stream.getvalue().count("commits") == 5


def test_drawing_is_limited_where_several_sources_are_read_at_a_time() -> None:
    """Labels that take turns are drawn as rarely as one; a new one is drawn at once."""
    stream, clock = Terminal(), Clock()
    progress = TerminalProgress(stream, clock)
    for count in range(50):
        progress.step(count + 1, None, ("commits", "imports")[count % 2])
        clock.seconds += 0.01
    progress.step(1, 2, "manifests")
    assert 5 <= stream.getvalue().count("\r") - 1 <= 6
    assert stream.getvalue().endswith("manifests 1 of 2")


def test_a_part_of_a_run_says_which_it_is() -> None:
    """What is read of one of several sources has the source's number; one alone has none, and no part ends the run."""
    stream = Terminal()
    run = progress_on(stream, Clock())
    PartProgress(run, 2, 3).step(1, 20, "shop commits")
    PartProgress(run, 2, 3).done()
    PartProgress(run, 1, 1).step(1, 20, "api commits")
    PartProgress(run, 2, 3).note("waiting")
    assert stream.getvalue().split("\r\x1b[K")[1:] == ["2 of 3: shop commits 1 of 20", "api commits 1 of 20", "waiting"]
    assert PartProgress(run, 1, 2).drawn
    assert not PartProgress(SilentProgress(), 1, 2).drawn


def test_done_without_a_step_writes_nothing() -> None:
    """A run with nothing to report leaves the terminal alone."""
    stream = Terminal()
    TerminalProgress(stream, Clock()).done()
    assert stream.getvalue() == ""


@pytest.mark.parametrize(("label", "shown"), [("a\x1b[31m\nb", "a [31m b 1"), ("x" * 100, "x" * 59 + "… 1")])
def test_label_cannot_steer_the_terminal(label: str, shown: str) -> None:
    """Control characters become blanks and a long label is cut."""
    stream = Terminal()
    progress: Progress = TerminalProgress(stream, Clock())
    progress.step(1, None, label)
    assert stream.getvalue() == "\r\x1b[K" + shown


def test_state_that_lasts_is_a_line_of_a_log() -> None:
    """Where nothing is drawn, a rate limit is said all the same, on a line that nothing in it can break."""
    stream = io.StringIO()
    progress = progress_on(stream, Clock())
    progress.step(1, 2, "rows")
    progress.note("rate limit until 12:00:00 UTC: acme/shop\x1b[31m\n")
    progress.done()
    assert stream.getvalue() == "rate limit until 12:00:00 UTC: acme/shop [31m \n"


def test_time_left_is_told_of_what_has_a_total() -> None:
    """After two seconds the pace of a label says how long its rest takes, in seconds, minutes or hours."""
    stream, clock = Terminal(), Clock()
    progress = TerminalProgress(stream, clock)
    for label, total in (("files", 100), ("lines", 3_000), ("blobs", 90_000), ("commits", None)):
        for done in (0, 10, 20):
            progress.step(done, total, label)
            clock.seconds += 1.5
    shown = [line for line in stream.getvalue().split("\r\x1b[K") if "20" in line]
    assert shown == [
        "files 20 of 100, 3 s elapsed, 12 s left", "lines 20 of 3,000, 3 s elapsed, 7 min left",
        "blobs 20 of 90,000, 3 s elapsed, 3 h 45 min left", "commits 20, 3 s elapsed",
    ]  # fmt: skip


def test_several_that_run_side_by_side_have_their_own_pace() -> None:
    """What began in between does not change how long the first takes; a later run of the same begins anew."""
    stream, clock = Terminal(), Clock()
    progress = TerminalProgress(stream, clock)
    progress.step(50, 100, "a")
    clock.seconds += 1.5
    progress.step(0, 100, "b")
    clock.seconds += 0.5
    progress.step(60, 100, "a")
    progress.done()
    clock.seconds += 3600
    progress.step(60, 100, "a")
    shown = stream.getvalue().split("\r\x1b[K")
    assert shown[1:4] == ["a 50 of 100", "b 0 of 100", "a 60 of 100, 2 s elapsed, 8 s left"]
    assert shown[-1] == "a 60 of 100"


def test_a_total_is_worth_counting_only_where_it_is_seen() -> None:
    """Who counts for nobody's eyes would make the run longer."""
    assert progress_on(Terminal(), Clock()).drawn
    assert not progress_on(io.StringIO(), Clock()).drawn
