"""Both storages of raw rows: a folder, and a bucket on a real S3 server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders.bucket import Bucket, serving
from warehouse.store import RawStore


@pytest.fixture(scope="session")
def buckets() -> Iterator[Callable[[], Bucket]]:
    """Makes buckets."""
    with serving() as make:
        yield make


@pytest.fixture
def bucket(buckets: Callable[[], Bucket]) -> Bucket:
    """A bucket of its own."""
    return buckets()


@pytest.fixture(params=["folder", "bucket"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], RawStore]:
    """The same raw store as each host sees it; in a folder there is one host."""
    if request.param == "folder":
        return lambda _: RawStore(tmp_path)
    bucket: Bucket = request.getfixturevalue("bucket")
    return lambda name: bucket.store(tmp_path / name)
