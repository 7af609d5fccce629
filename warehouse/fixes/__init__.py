"""What is a fix, and who wrote what: rules that are data, and the functions that read them."""

from __future__ import annotations

from warehouse.fixes.rules import FixRules, Said

__all__ = ["FixRules", "Said"]
