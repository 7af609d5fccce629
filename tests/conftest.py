"""What every test stands on: nothing of the person who runs it leaks in."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from pipeline.session import Session
from tests.builders.demo import full_demo, tiny_demo

# Same input, same verdict: examples are drawn from a fixed seed, and a slow machine is no failure.
settings.register_profile("headway", deadline=None, derandomize=True)
settings.load_profile("headway")

_PERSONAL = ("AWS_", "GIT_", "GH_", "GITHUB_", "HEADWAY_", "STREAMLIT_", "XDG_")


@pytest.fixture(autouse=True, scope="session")
def sealed_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the tests an empty home, no tokens, no settings, and a Git that reads no one's configuration."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(_PERSONAL)]:
            patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session on the tiny company, for tests that only read. Tests that change anything make their own."""
    return tiny_demo(tmp_path_factory.mktemp("company") / "demo")


@pytest.fixture(scope="session")
def whole_company(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session on the company that `headway demo` shows, for tests that only read; one for all processes."""
    folder = tmp_path_factory.getbasetemp()
    return full_demo((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "whole_company")
