"""A simulated company with a known truth, for the demo and for tests; nothing in it is real."""

from collectors.simulate.company.model import (
    Change,
    CiRun,
    Commit,
    Company,
    Deployment,
    Identity,
    Initiative,
    Repo,
    Review,
    Status,
    TimelineEvent,
)
from collectors.simulate.run import simulate
from collectors.simulate.writers.truth import MILESTONES, STAGES

__all__ = [
    "MILESTONES",
    "STAGES",
    "Change",
    "CiRun",
    "Commit",
    "Company",
    "Deployment",
    "Identity",
    "Initiative",
    "Repo",
    "Review",
    "Status",
    "TimelineEvent",
    "simulate",
]
