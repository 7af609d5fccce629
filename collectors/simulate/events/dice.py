"""Draws that come out the same on every machine and every Python.

Only `random()` of the standard generator is used, whose sequence for a seed Python promises to keep; everything else is
an inverse distribution function of it, rounded to whole seconds by those who use it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from statistics import NormalDist
from typing import TypeVar

__all__ = ["Dice"]

_NORMAL = NormalDist()
_SMALLEST = 2.0**-54

Item = TypeVar("Item")


class Dice:
    """One stream of draws, named by what it is for, so that streams do not disturb each other."""

    def __init__(self, *name: object) -> None:
        """Start the stream of this name, such as `Dice(7, "checkout", "flow")`."""
        self.uniform = Random("/".join(str(part) for part in name)).random

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.uniform() < probability

    def whole(self, lowest: int, highest: int) -> int:
        """A whole number from `lowest` to `highest`, both included, all equally likely."""
        return lowest + int(self.uniform() * (highest - lowest + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """One of `items`, all equally likely."""
        return items[int(self.uniform() * len(items))]

    def weighted(self, items: Sequence[Item], weights: Sequence[float]) -> Item:
        """One of `items` in proportion to `weights`."""
        left = self.uniform() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        return items[-1]

    def sample(self, items: Sequence[Item], count: int) -> list[Item]:
        """Up to `count` different ones of `items`, in random order."""
        rest = list(items)
        return [rest.pop(int(self.uniform() * len(rest))) for _ in range(min(count, len(rest)))]

    def geometric(self, mean_extra: float, most: int) -> int:
        """How often something happens again, `mean_extra` times on average, at most `most` times."""
        again = mean_extra / (1 + mean_extra)
        count = 0
        while count < most and self.uniform() < again:
            count += 1
        return count

    def lognormal(self, median: float, sigma: float) -> float:
        """A lognormal draw with this median and this standard deviation of its logarithm."""
        return median * math.exp(sigma * _NORMAL.inv_cdf(self.uniform() or _SMALLEST))

    def weibull(self, scale: float, shape: float) -> float:
        """A Weibull draw; a shape below 1 has a heavy tail, and shape 1 is the exponential distribution."""
        return float(scale * (-math.log(1 - self.uniform())) ** (1 / shape))

    def exponential(self, rate: float) -> float:
        """The time to an event of this constant hazard; infinite for a hazard of zero."""
        return self.weibull(1 / rate, 1.0) if rate else math.inf
