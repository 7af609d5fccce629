"""A bound of time for texts and histories that must not run away; how fast something is, benchmarks measure."""

from __future__ import annotations

HANG_SECONDS = 30  # linear reading takes a fraction of a second, with coverage too; a quadratic one takes minutes
