"""The difference of two groups within cells, such as a repository in a month: an estimate and two named intervals."""

from analytics.comparison.within.contrast import WithinCells, within_cells

__all__ = ["WithinCells", "within_cells"]
