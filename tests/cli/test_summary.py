"""The summary fits one screen, and says the most important thing first."""

from __future__ import annotations

import pytest

from analytics.cohort.filters import Filters
from analytics.pulse.pulse import pulse, slowest_waiting
from analytics.text.findings import findings_in
from cli.commands.summary import lines
from pipeline.session import Session
from warehouse.publish import open_published


@pytest.mark.parametrize(("above", "listed"), [(0, True), (9, False)])
def test_a_finding_goes_before_the_list_of_single_changes(company: Session, above: int, listed: bool) -> None:
    """Where both do not fit, the changes that wait longest are left out, and the first finding is there."""
    with open_published(company.settings.warehouse_folder) as connection:
        findings = findings_in(connection, Filters())
        text = lines(
            pulse(connection, Filters()),
            pulse(connection, Filters(), axis="built_with_ai"),
            slowest_waiting(connection, Filters(), 2),
            findings,
            closed_work_is_seen=True,
            above=["a repository is in doubt"] * above,
        )
    assert len(text) <= 23
    joined = " ".join(line.strip() for line in text)
    assert findings
    assert any(finding.sentence in joined for finding in findings)
    assert ("Waiting longest" in joined) == listed
