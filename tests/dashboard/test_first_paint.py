from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.charts import first_paint
from tests.dashboard.opening import opened


@pytest.mark.slow
def test_a_session_waits_once(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the first page waits a moment after its first chart, and nothing waits after that."""
    app = opened(several, monkeypatch)
    waited: list[float] = []
    monkeypatch.setattr(first_paint, "SECONDS", 0.125)
    monkeypatch.setattr(first_paint, "time", SimpleNamespace(sleep=waited.append))

    def run(**state: Any) -> None:
        for name, value in state.items():
            app.session_state[name] = value
        app.run()

    run()
    assert waited == []
    del app.session_state[first_paint._PAINTED]
    run()
    run(clock="Working time")
    assert waited == [0.125]
