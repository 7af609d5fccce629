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
