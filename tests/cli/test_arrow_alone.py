from __future__ import annotations

import subprocess
import sys

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


def test_lists_become_arrow_without_pandas() -> None:
    """Arrow converts lists without importing pandas, and still makes pandas tables for whoever wants one."""
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)


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


def test_status_imports_nothing_that_only_a_build_needs() -> None:
    """What `headway status` imports leaves out models, readers, and the parts of libraries that take much memory."""
    done = subprocess.run([sys.executable, "-c", READING], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
