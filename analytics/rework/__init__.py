"""Rework: which changes are repaired by later ones, and how soon after they reached production."""
