from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.repositories import Repository

PROGRAM = """
import sys
from cli.arrow_alone import leave_pandas_out
leave_pandas_out()
import pyarrow as pa
assert pa.array([1, None]).to_pylist() == [1, None]
assert "pandas" not in sys.modules
assert pa.table({"a": [1, 2]}).to_pandas()["a"].sum() == 3
import pandas as pd
assert pa.Table.from_pandas(pd.DataFrame({"a": [1.0, float("nan")]}))["a"].null_count == 1
"""

COLLECT = """
import sys
from cli.main import main
assert main(["collect", "--warehouse", sys.argv[1], sys.argv[2]]) == 0
assert not {"pandas", "polars", "streamlit", "github", "pyspark"} & sys.modules.keys(), sorted(sys.modules)
"""


def test_lists_become_arrow_without_pandas() -> None:
    """Arrow converts lists without importing pandas, and still makes pandas tables for whoever wants one."""
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)


@pytest.mark.slow
def test_git_is_collected_without_what_it_does_not_need(tmp_path: Path) -> None:
    """A collect of a clone with its build imports no library of pages or GitHub: each would cost a tenth of it."""
    repository = Repository(tmp_path / "shop")
    repository.commit("Start", {"README.md": "Hello\n"})
    repository.tag("v1")
    folders = [str(tmp_path / "warehouse"), str(tmp_path / "shop")]
    subprocess.run([sys.executable, "-c", COLLECT, *folders], check=True, capture_output=True)


READING = """
import sys
from cli.commands.watch import status
from pipeline.watch.source_health import source_health
from pipeline.settings_hints import settings_hints
from analytics.explain.ai_tiers import tier_lines
from analytics.reports.doubts import doubts_by_repository
from analytics.reports.published import coverage
from pipeline.healing import clock_lines, gap_lines
from warehouse.publish import open_published
unused = {"pyarrow.compute", "pyarrow.parquet", "scipy.special", "warehouse.build", "collectors.git.collector"}
print(sorted(unused & sys.modules.keys()))
"""


@pytest.mark.slow
def test_status_imports_nothing_that_only_a_build_needs() -> None:
    """What `headway status` imports leaves out models, readers, and the parts of libraries that take much memory."""
    done = subprocess.run([sys.executable, "-c", READING], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
