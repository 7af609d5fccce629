"""Git repositories: commits, paths, branches, tags, heads of pull requests, and what a manifests repository deployed.

Any clone will do, without a token: a folder, which is only read, or a URL, which is cloned into the cache.
"""

from __future__ import annotations

from collectors.git.collector import collect
from collectors.git.manifests.patterns import ManifestPatterns
from collectors.git.repairs.blame import Limits, Step
from collectors.git.repairs.repairs import Pending, collect_repairs
from collectors.git.repository.source import GitSource, source_id

__all__ = ["GitSource", "Limits", "ManifestPatterns", "Pending", "Step", "collect", "collect_repairs", "source_id"]
