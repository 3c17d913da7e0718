"""What every reader of other tools' labels needs: shapes inside the picture, and an error that names the place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pipewarden.kit.errors import InputError
from pipewarden.market.facts.labels import Shape, ShapeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

_SLACK = 1e-6  # of a side: rounding of other tools
_CORNERS = 3


class Foreign(BaseModel):
    """A piece of another tool's file: what we do not know is left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True)


@dataclass(frozen=True, slots=True)
class Broken:
    """Builds errors of one file."""

    file: str

    def at(self, where: str, problem: str) -> InputError:
        """Return the error of a place in the file."""
        return InputError(field=f"{self.file}: {where}", problem=problem, fix="Export it again, or correct it by hand.")


def json_of(text: str, file: str) -> Any:
    """Return a JSON document.

    Raises:
        InputError: it is none, or nested beyond sense.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Broken(file).at("the whole", "is no JSON") from error


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Return where the first thing is wrong, and what."""
    found = error.errors()[0]
    return ".".join(str(one) for one in found["loc"]) or "the whole", found["msg"]


def shape(kind: ShapeKind, label: str, points: Sequence[tuple[float, float]], where: str, broken: Broken) -> Shape:
    """Return a shape whose points are shares of the picture.

    Raises:
        InputError: it lies outside, has no area to speak of, or too few corners.
    """
    if any(not -_SLACK <= side <= 1.0 + _SLACK for point in points for side in point):
        raise broken.at(where, "lies outside of its picture")
    inside = tuple((min(1.0, max(0.0, x)), min(1.0, max(0.0, y))) for x, y in points)
    if kind is ShapeKind.BOX and (inside[0][0] >= inside[1][0] or inside[0][1] >= inside[1][1]):
        raise broken.at(where, "is a box without a width or a height")
    if kind is ShapeKind.POLYGON and len(set(inside)) < _CORNERS:
        raise broken.at(where, "is a polygon of fewer than three corners")
    return Shape(kind, label, inside)


def bounds(one: Shape) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a shape, shares of the picture."""
    xs, ys = [x for x, _ in one.points], [y for _, y in one.points]
    return min(xs), min(ys), max(xs), max(ys)
