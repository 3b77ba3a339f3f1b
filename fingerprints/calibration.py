"""From combined weights to the confidence that is published: a monotone table, fitted as docs/calibration.md says."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from fingerprints.schema import CalibrationPoint

KEPT = 0.5
"""From here on a maker is stated, before and after: the table must leave this value alone."""


def published(combined: float, points: Sequence[CalibrationPoint]) -> float:
    """The confidence to publish for combined weights (both 0 to 1): straight lines between the points.

    Without points nothing changes. The line begins at (0, 0) and ends at (1, 1).
    """
    if not points:
        return combined
    place = bisect_left(points, combined, key=lambda point: point.combined)
    left = (points[place - 1].combined, points[place - 1].published) if place else (0.0, 0.0)
    right = (points[place].combined, points[place].published) if place < len(points) else (1.0, 1.0)
    if right[0] == left[0]:
        return right[1]
    return left[1] + (right[1] - left[1]) * (combined - left[0]) / (right[0] - left[0])


def calibration_problem(points: Sequence[CalibrationPoint]) -> str:
    """Why a table cannot be used; empty where it can."""
    if not all(0 < point.combined < 1 and 0 < point.published < 1 for point in points):
        return "every value lies between 0 and 1"
    if any(a.combined >= b.combined or a.published > b.published for a, b in pairwise(points)):
        return "both columns must rise from line to line"
    if points and CalibrationPoint(combined=KEPT, published=KEPT) not in points:
        return f"needs the line {{combined: {KEPT}, published: {KEPT}}}: from there on a maker is stated"
    return ""
