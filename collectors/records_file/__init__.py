"""Records from anywhere: changes, deployments, incidents and CI runs out of a file (`events:FILE`).

Newline-delimited JSON, CSV, and CDEvents; `docs/records.md` describes them. Good lines are in, bad ones are set aside
and told. A file is small to describe and large to trust: everything in it is taken for hostile until checked.
"""

from __future__ import annotations

from collectors.records_file.collect import collect
from collectors.records_file.rejects import RejectedLines
from collectors.records_file.source import RecordsSource, source_id

__all__ = ["RecordsSource", "RejectedLines", "collect", "source_id"]
