"""Whether an answer says what its item asks, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.market.facts.labels import LabelKind, ShapeKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipewarden.market.facts.labels import Said, Shape

_MOST_SHAPES = 200
_MOST_POINTS = 200
_MOST_PRICE = 10_000 * 10_000  # units of 0.0001 yuan
_LONGEST = 500
_LABEL = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
_CORNERS = {ShapeKind.BOX: (2, 2), ShapeKind.POLYGON: (3, _MOST_POINTS)}


def check(said: Said, kind: LabelKind, hazards: Collection[str]) -> None:
    """Refuse an answer that leaves out what is asked, or says more.

    Args:
        said: the answer.
        kind: what its item asks.
        hazards: ids of the list.

    Raises:
        InputError: names the part.
    """
    if unknown := sorted(set(said.hazards) - set(hazards)):
        raise InputError(field="hazards", problem=f"{unknown[0]!r} is not of the list", fix="Take ids of the list.")
    if len(set(said.hazards)) < len(said.hazards):
        raise InputError(field="hazards", problem="name one twice", fix="Name each once.")
    if len(said.comment) > _LONGEST:
        raise InputError(field="comment", problem=f"is longer than {_LONGEST} characters", fix="Say it shorter.")
    if not said.matches and (said.hazards or said.shapes or said.price is not None):
        fix = "Leave hazards, marks and price out, or say that the scene matches."
        raise InputError(field="matches", problem="is no, and yet something is marked", fix=fix)
    _check_kind(said, kind)
    if len(said.shapes) > _MOST_SHAPES:
        raise InputError(field="shapes", problem=f"are more than {_MOST_SHAPES}", fix="Mark what matters.")
    for n, one in enumerate(said.shapes):
        _check_shape(one, f"shapes.{n}")


def _check_kind(said: Said, kind: LabelKind) -> None:
    if (kind is LabelKind.DISPUTE) is (said.choice is None):
        fix = "Say upheld, changed or unclear for a dispute, and nothing for a picture."
        raise InputError(field="choice", problem="does not fit what is asked", fix=fix)
    if kind is LabelKind.DISPUTE and (said.hazards or said.shapes):
        raise InputError(field="hazards", problem="are not asked of a dispute", fix="Leave them out.")
    priced = said.price is not None
    if priced and kind is not LabelKind.PRICE:
        raise InputError(field="price", problem="is not asked", fix="Leave it out.")
    if kind is LabelKind.PRICE and said.matches and not priced:
        raise InputError(field="price", problem="is missing", fix="Say what the find is worth.")
    if said.price is not None and not 0 <= said.price <= _MOST_PRICE:
        raise InputError(field="price", problem="is below 0 or above 10,000 yuan", fix="Give units of 0.0001 yuan.")


def _check_shape(one: Shape, where: str) -> None:
    least, most = _CORNERS[one.kind]
    if not _LABEL.match(one.label):
        raise InputError(field=f"{where}.label", problem="is no label", fix="Take an id of the list, or a class.")
    if not least <= len(one.points) <= most:
        raise InputError(field=f"{where}.points", problem="are too few or too many", fix=f"Give {least} to {most}.")
    if any(not 0.0 <= side <= 1.0 for point in one.points for side in point):
        raise InputError(field=f"{where}.points", problem="lie outside", fix="Give shares of width and height.")
    if one.kind is ShapeKind.BOX and not all(low < high for low, high in zip(*one.points, strict=True)):
        raise InputError(field=f"{where}.points", problem="are no box", fix="Give upper left, then lower right.")
