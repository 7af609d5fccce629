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


COLLECTING = """
import sys
import cli.commands.collect, collectors.git.collector, pipeline.build, pipeline.collect, pipeline.watch.recorded
assert "polars" not in sys.modules
"""


def test_reading_and_building_start_without_polars() -> None:
    """Collect and build load no Polars, which only reports need and which takes a quarter of a second."""
    subprocess.run([sys.executable, "-c", COLLECTING], check=True)
