"""The one record of weights that a ranking uses, and how its parts make a score. Pure.

A change here is a new version: shortlists keep the version that they were made with. Chosen
on the development cases, as docs/decisions/0004-ranking.md argues.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Values = TypeVar("Values", float, npt.NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of `sector`, `words` and `nearness` add up to one."""

    version: str = "2026-11-2"

    sector: float = 0.89
    words: float = 0.07
    nearness: float = 0.04

    best_sector: float = 0.9
    """Of several ticked sectors, what the best one counts; the rest is the share offered."""
    implied: float = 0.8
    """What a sector is worth when an offer declares none and its words imply it for certain;
    it falls with the root of their probability."""
    implied_by_naf: float = 0.4
    same_group: float = 0.2
    also_spoken_of: float = 0.8
    """Of a sector of the same group, by how likely the need's words make it."""

    covered: float = 1.0
    national: float = 0.98
    edge: float = 0.8
    far_edge: float = 0.3
    edge_km: float = 30.0
    """A radius that enters a zone without reaching its middle covers only its edge: `edge`
    when the middle is just beyond, down to `far_edge` when it is `edge_km` beyond."""
    just_outside_radius: float = 0.3
    just_outside_zone: float = 0.15

    halving_km: float = 30.0
    """Each of these kilometres halves the nearness."""
    unknown_nearness: float = 0.5

    misfit: float = 0.8
    """For an amount or a lead time outside what the offer accepts, each."""
    unconfirmed: float = 0.95
    absent: float = 0.9
    """Until the day when the structure says that it is free again."""
    stale: float = 0.97
    stale_days: int = 365
    """For an offer that was confirmed once, and not since."""
    least_availability: float = 0.8
    patience: float = 4.0
    """Needs answered that a newcomer is credited with."""
    qpv: float = 0.02
    tags: float = 0.02
    """When the offer has all the environmental tags asked for; a share of it for some."""
    team: float = 0.01
    half_team: float = 10.0
    """People in insertion who bring half of `team`; more bring more, ever less."""
    feedback: float = 0.05


WEIGHTS = Weights()


def combined(parts: dict[str, Values], weights: Weights = WEIGHTS) -> Values:
    """The score, in [0, 1], of the parts that a ranked row carries.

    territory × (sector + words + nearness) × service × availability + impact + feedback
    """
    fit = (
        weights.sector * parts["sector"]
        + weights.words * parts["words"]
        + weights.nearness * parts["nearness"]
    )
    score = (
        parts["territory"] * fit * parts["service"] * parts["availability"]
        + parts["impact"]
        + parts["feedback"]
    )
    bounded: Values = np.clip(score, 0.0, 1.0)
    return bounded
