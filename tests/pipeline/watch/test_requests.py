"""How many requests a source sent, as the server counted them."""

from __future__ import annotations

from pathlib import Path

from headway.progress import SilentProgress
from headway.settings import load
from headway.source import Access
from pipeline.collect import run_all
from pipeline.sources import sources_of
from pipeline.watch.history import RunHistory
from tests.builders.github import FakeGitHub, Fault, Faults, bulk, kinds
from warehouse.store import RawStore


def test_requests_of_a_run_are_those_that_the_server_got(tmp_path: Path) -> None:
    """Requests that failed and were sent again count too; the history has the number."""
    with FakeGitHub(bulk(pulls=3, deployments=2), schema="excerpt") as server:
        (tmp_path / "headway.toml").write_text(
            f'[github]\nbase_url = "{server.url}"\n[[sources]]\ntarget = "github:acme/bulk"\n', encoding="utf-8"
        )
        settings = load(None, {}, folder=tmp_path)
        access = Access({"HEADWAY_GITHUB_TOKEN": server.token}, server.clock)
        store = RawStore(settings.warehouse_folder)
        sources = sources_of(settings, (), access)
        server.forget()
        server.faults = Faults([Fault(kinds.status(502), at=(2,))])
        (run,) = run_all(store, sources, full=False, jobs=1, began_at=server.clock.now(), progress=SilentProgress())
        assert run.error == ""
        assert run.requests == server.count() > 3
        assert server.count(status=502) == 1
    (recorded,) = RunHistory(settings.warehouse_folder).runs().iter_rows(named=True)
    assert recorded["requests"] == run.requests
