"""Whether two sightings stand at the same place: by the ground and its error, else by the box in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.dedupe.rules.sighting import apart, likeness, matrix, overlap
from pipewarden.perceive.facts import FindingClass

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipewarden.dedupe.facts import Policy
    from pipewarden.dedupe.rules.sighting import Sighting
    from pipewarden.locate.facts import GroundPoint

_CHI2 = 9.2103  # 99 % of a chi-square with two degrees of freedom: -2 ln 0.01
_SAME_VIEW = 0.5  # overlap at which a fixed camera shows the same place whatever a wobbling foot says
_TOUCHING = 0.1
_BORDER = 2.0  # within so many gates, a near look decides
_LOOK_WEIGHT = 0.3
_HOUR_S = 3600.0
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Match:
    """Two sightings at the same place; the smaller ``cost``, the surer. ``reason`` is for people."""

    cost: float
    reason: str


def comparable(a: Sighting, b: Sighting, policy: Policy) -> bool:
    """Return whether both are of one kind, and their times known against each other and near enough."""
    if (a.cls == FindingClass.GAS_LEAK) is not (b.cls == FindingClass.GAS_LEAK):
        return False  # gas in the air is no site of works, and works beside it are no leak
    if a.stream != b.stream and not (a.timed and b.timed):
        return False
    return a.timed == b.timed and abs(a.seen_s - b.seen_s) <= policy.hours * _HOUR_S


def same_place(a: Sighting, b: Sighting, policy: Policy, *, settled: bool = False) -> Match | None:
    """Return why ``b`` stands where ``a`` stood, or None.

    With ground on both: the squared Mahalanobis distance under both errors and the machine's own size must stay below
    the 99 % point of chi-square with two degrees of freedom, and the distance below ``widest_gate_m``. Within one
    stream only the boxes' own errors count, because the camera's is common to both, and the boxes must touch, because
    far from the camera the error alone would let a passing lorry through. Otherwise, in one stream: the boxes overlap.
    Of a camera that moves no box is compared with another picture's, and both whole errors count: its place errs anew.

    Args:
        a: the one seen before.
        b: the other.
        policy: the numbers.
        settled: ``a`` already belongs to an alarm; then a machine that looks the same may have moved up to two gates.
    """
    if not comparable(a, b, policy):
        return None
    one_view = a.stream == b.stream and not (a.moves or b.moves)
    shared = overlap(a, b) if one_view else 0.0
    grounded = a.ground is not None and b.ground is not None
    if a.ground is not None and b.ground is not None:
        touching = not one_view or shared >= _TOUCHING
        found = _by_ground(a, b, a.ground, b.ground, policy, touching=touching, settled=settled)
        if found is not None:
            return found
    if shared >= (_SAME_VIEW if grounded else policy.same_box):
        return Match(1 - shared, f"same box in the picture (overlap {shared:.2f}){_later(a, b)}{_looks(a, b)}")
    return _moved_in_view(a, b) if settled and not grounded and one_view else None


def _by_ground(
    a: Sighting,
    b: Sighting,
    here: GroundPoint,
    there: GroundPoint,
    policy: Policy,
    *,
    touching: bool,
    settled: bool,
) -> Match | None:
    step = apart(here, there)
    distance = float(np.hypot(*step))
    reach = gate(step, _joint(a, b, here, there), policy)
    like = likeness(a.look, b.look)
    cost = distance / reach - (0.0 if like is None else _LOOK_WEIGHT * like.cosine)
    words = f"{distance:.1f} m of {reach:.1f} m{_later(a, b)}{_looks(a, b)}"
    if distance <= reach and (touching or settled):
        return Match(cost, f"same place {words}")
    if distance <= min(_BORDER * reach, policy.widest_gate_m) and settled and like is not None and like.near:
        return Match(cost, f"moved, looks the same, {words}")
    return None


def _moved_in_view(a: Sighting, b: Sighting) -> Match | None:
    """Without ground, a machine of an alarm that looks the same may stand up to two of its widths farther on."""
    like = likeness(a.look, b.look)
    if like is None or not like.near:
        return None
    across = (a.box.x + a.box.w / 2) / a.size[0] - (b.box.x + b.box.w / 2) / b.size[0]
    widths = abs(across) / max(a.box.w / a.size[0], b.box.w / b.size[0])
    if widths > _BORDER:
        return None
    return Match(1 + widths, f"moved {widths:.1f} of its widths, looks the same{_later(a, b)}, {like}")


def _joint(a: Sighting, b: Sighting, here: GroundPoint, there: GroundPoint) -> NDArray[np.float64]:
    if a.stream == b.stream and not a.moves and a.own is not None and b.own is not None:
        return matrix(a.own) + matrix(b.own)
    return matrix(here.covariance) + matrix(there.covariance)


def gate(step: NDArray[np.float64], covariance: NDArray[np.float64], policy: Policy) -> float:
    """Return how far apart, metres along ``step`` (2,), two sightings of one machine may lie.

    Args:
        step: metres east and north; its length does not matter, a zero step asks for the widest direction.
        covariance: (2, 2) square metres, of the difference of the two places.
        policy: the machine's size and the widest gate.
    """
    own = policy.machine_m**2 / _CHI2
    total = covariance + own * np.eye(2)
    length = float(np.hypot(*step))
    if length == 0.0:
        return min(float(np.sqrt(_CHI2 * np.linalg.eigvalsh(total)[-1])), policy.widest_gate_m)
    along = step / length
    return min(float(np.sqrt(_CHI2 / (along @ np.linalg.solve(total, along)))), policy.widest_gate_m)


def _later(a: Sighting, b: Sighting) -> str:
    gap = abs(b.seen_s - a.seen_s)
    if gap < 2 * _MINUTE_S:
        return f", {gap:.0f} s apart"
    return f", {gap / 60:.0f} min apart" if gap < 2 * _HOUR_S else f", {gap / 3600:.1f} h apart"


def _looks(a: Sighting, b: Sighting) -> str:
    like = likeness(a.look, b.look)
    return "" if like is None else f", {like}"
