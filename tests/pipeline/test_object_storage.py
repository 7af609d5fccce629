"""Several hosts collect into one bucket, one of them builds, and the numbers are those of one host with a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headway.source import Shard
from tests.builders.bucket import SECRET, Bucket, serving
from tests.pipeline.running import Headway, deployed, program, rows, shas, shop, write

NUMBERS = "select * exclude (as_of, age_hours) from lead_times order by change_id"


@pytest.fixture(scope="module")
def buckets() -> Iterator[Callable[[], Bucket]]:
    """Makes buckets."""
    with serving() as make:
        yield make


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


def company(folder: Path, path: str) -> None:
    """Five repositories with deployments, and settings whose raw rows go to `path`."""
    sources = ["events:records.ndjson"]
    records = []
    for number in range(5):
        repo = shop(folder / f"shop{number}", url=f"https://github.com/acme/shop{number}.git")
        name = f"github:acme/shop{number}"
        records.append(deployed(f"d{number}", shas(repo)[2], "2026-01-03T12:00:00Z", repo=name))
        sources.append(f"file://{folder}/shop{number}")
    write(folder / "records.ndjson", records)
    text = "".join(f'[[sources]]\ntarget = "{source}"\n' for source in sources)
    (folder / "headway.toml").write_text(f'[warehouse]\npath = "{path}"\n{text}', encoding="utf-8")


def on_host(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Be on a host with its own disk."""
    monkeypatch.setenv("HEADWAY_WAREHOUSE_LOCAL", name)


def test_each_source_is_in_one_part() -> None:
    """Every source is in exactly one of the parts, the same one each time, and the parts are about even."""
    names = [f"git:https://example.com/acme/{number}" for number in range(1000)]
    parts = [Shard.parse(f"{number}/4") for number in range(1, 5)]
    assert [sum(part.has(name) for part in parts) for name in names] == [1] * 1000
    assert all(200 < sum(part.has(name) for name in names) < 300 for part in parts)
    # By hand: the first eight bytes of `printf git:shop | sha256sum`, modulo 4, are 0.
    assert [part.has("git:shop") for part in parts] == [True, False, False, False]
    assert Shard.parse("1/1").has("anything")


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b", "1/0", "-1/2", "1/2/3"])
def test_part_that_is_none_is_refused(headway: Headway, tmp_path: Path, text: str) -> None:
    """A part that does not exist is wrong use, and nothing is read."""
    company(tmp_path, "headway-data")
    ran = headway("collect", "--shard", text)
    assert (ran.code, "--shard 2/8" in ran.err) == (2, True)


@pytest.mark.slow
def test_hosts_with_a_part_each_make_the_numbers_of_one(
    headway: Headway, tmp_path: Path, buckets: Callable[[], Bucket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hosts read a part each into a bucket and a third builds: the same changes, deployments and hours."""
    company(tmp_path, "folder")
    assert headway("collect").code == 0
    expected = rows(headway, NUMBERS)
    assert len(expected) == 20
    bucket = buckets()
    config = tmp_path / "headway.toml"
    config.write_text(config.read_text().replace('"folder"', f'"{bucket.url}"'))
    for host in ("1/2", "2/2"):
        on_host(monkeypatch, host.replace("/", "of"))
        ran = headway("collect", "--shard", host)
        assert (ran.code, "headway build" in ran.err) == (0, True), ran.err
        assert not list(tmp_path.glob(f"{host.replace('/', 'of')}/*.duckdb"))
    on_host(monkeypatch, "builder")
    assert headway("doctor").out.count(f"{bucket.url} can be read and written") == 1
    ran = headway("build")
    assert ran.code == 0, ran.err
    assert rows(headway, NUMBERS) == expected
    assert bucket.url in headway("status").out
    assert not [key for key in bucket.objects() if not key.startswith("raw/")]
    # With another number of hosts everything goes on where it was: nothing is new, and nothing is read twice.
    on_host(monkeypatch, "1of1")
    before = {key for key in bucket.objects() if key.endswith(".parquet")}
    assert headway("collect", "--shard", "1/1").code == 0
    assert {key for key in bucket.objects() if key.endswith(".parquet")} == before


@pytest.mark.slow
def test_the_way_back_is_a_backup(
    headway: Headway, tmp_path: Path, buckets: Callable[[], Bucket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup of the bucket is restored to a folder, which goes on with the same numbers."""
    bucket = buckets()
    company(tmp_path, bucket.url)
    on_host(monkeypatch, "host")
    assert headway("collect").code == 0
    expected = rows(headway, NUMBERS)
    assert headway("backup", "all.tar").code == 0
    assert headway("restore", "all.tar").code == 2
    config = tmp_path / "headway.toml"
    config.write_text(config.read_text().replace(bucket.url, "folder"))
    assert headway("restore", "all.tar").code == 0
    assert rows(headway, NUMBERS) == expected
    assert headway("collect").code == 0
    assert rows(headway, NUMBERS) == expected


@pytest.mark.parametrize("path", ["https://example.com/x", "s3://", f"s3://key:{SECRET}@bucket/x", "S3://bucket"])
def test_address_that_is_no_bucket_is_refused(headway: Headway, tmp_path: Path, path: str) -> None:
    """An address that cannot be used is wrong settings, and is not printed: it may hold a secret."""
    company(tmp_path, path)
    ran = headway("status")
    assert (ran.code, "s3://BUCKET/PREFIX" in ran.err, SECRET in ran.err) == (2, True, False)


@pytest.mark.slow
def test_secrets_are_in_no_output_and_no_file(
    headway: Headway, tmp_path: Path, buckets: Callable[[], Bucket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the bucket is there or not, no command prints or stores what gives access to it."""
    bucket = buckets()
    printed = ""
    for url in (bucket.url, "s3://there-is-no-such-bucket"):
        company(tmp_path / url[-4:], url)
        monkeypatch.chdir(tmp_path / url[-4:])
        for command in (("collect",), ("doctor",), ("status",), ("--debug", "build")):
            ran = headway(*command)
            printed += ran.out + ran.err
    assert "NoSuchBucket" in printed
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    texts = [printed, *(path.read_bytes().decode(errors="replace") for path in files)]
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"):
        assert not [True for text in texts if os.environ[name] in text]
