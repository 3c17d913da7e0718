"""camera.yaml: what a person writes about one camera, read strictly so that a slip is found at its line.

Only the structure is judged here. Whether the points carry a calibration (how many, how spread, how well they fit) is
locate's to say, with the numbers at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipewarden.kit.errors import InputError
from pipewarden.sense.facts import CameraFile, NewCamera

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_CHARACTERS = 1_000_000
_MAX_POINTS = 10_000
_MAX_DEPTH = 20
_OPENING = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_SCHEMES = ("rtsp", "rtsps", "http", "https")

Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Sigma = Annotated[float, Field(gt=0, le=1000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Position(_Part):
    lon: Longitude
    lat: Latitude


class _ControlPoint(_Part):
    """A point seen in the picture whose place on the ground is known."""

    pixel: tuple[float, float]
    lon: Longitude | None = None
    lat: Latitude | None = None
    x: float | None = None
    y: float | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        geographic, metric = (self.lon, self.lat), (self.x, self.y)
        if (None in geographic) == (None in metric) or any(pair.count(None) == 1 for pair in (geographic, metric)):
            raise ValueError("needs a place: either lon and lat, or x and y with crs beside control_points")
        return self


class _Pose(_Part):
    """Where the camera stands and looks: heading clockwise from north, tilt below the horizon, roll about the axis."""

    lon: Longitude
    lat: Latitude
    height_m: Annotated[float, Field(gt=0, le=500)]
    heading_deg: Annotated[float, Field(ge=-360, le=360)]
    tilt_deg: Annotated[float, Field(ge=-90, le=90)]
    roll_deg: Annotated[float, Field(ge=-180, le=180)] = 0.0
    hfov_deg: Annotated[float, Field(gt=0, lt=180)]


class _PoseSigma(_Part):
    position_m: Sigma = 0.5
    height_m: Sigma = 0.1
    heading_deg: Sigma = 0.5
    tilt_deg: Sigma = 0.3
    hfov_deg: Sigma = 0.5


class _Moving(_Part):
    """How the camera sits on what carries it: yaw clockwise from straight ahead, tilt below the horizon."""

    height_m: Annotated[float, Field(gt=0, le=500)]
    yaw_deg: Annotated[float, Field(ge=-360, le=360)] = 0.0
    tilt_deg: Annotated[float, Field(ge=-30, le=90)]
    roll_deg: Annotated[float, Field(ge=-45, le=45)] = 0.0
    hfov_deg: Annotated[float, Field(ge=2, le=150)]


class _MovingSigma(_Part):
    height_m: Sigma = 0.15
    yaw_deg: Sigma = 2.0
    tilt_deg: Sigma = 1.0
    roll_deg: Sigma = 1.0
    hfov_deg: Sigma = 1.0


class _Calibration(_Part):
    control_points: Annotated[tuple[_ControlPoint, ...], Field(min_length=1, max_length=_MAX_POINTS)] | None = None
    crs: Annotated[str, Field(min_length=1, max_length=5000)] | None = None
    pose: _Pose | None = None
    pose_sigma: _PoseSigma | None = None
    moving: _Moving | None = None
    moving_sigma: _MovingSigma | None = None
    pixel_sigma: Sigma = 2.0
    point_sigma_m: Sigma | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if [self.control_points, self.pose, self.moving].count(None) != 2:  # noqa: PLR2004  two of three are absent
            raise ValueError("needs one of control_points, pose and moving, and not a second one")
        if self.control_points is None and (self.crs is not None or self.point_sigma_m is not None):
            raise ValueError("crs and point_sigma_m belong to control_points, not to a pose")
        if self.pose is None and self.pose_sigma is not None:
            raise ValueError("pose_sigma belongs to a pose, not to control_points")
        if self.moving is None and self.moving_sigma is not None:
            raise ValueError("moving_sigma belongs to moving")
        if self.control_points is not None:
            self._one_crs(self.control_points)
        return self

    def _one_crs(self, points: Sequence[_ControlPoint]) -> None:
        metric = {point.x is not None for point in points}
        if len(metric) > 1:
            raise ValueError("control_points mix lon/lat with x/y: give all of them one way")
        if True in metric and self.crs is None:
            raise ValueError("control_points with x/y need crs beside them, for instance crs: EPSG:4547, or crs: local")
        if False in metric and self.crs == "local":
            raise ValueError("crs: local goes with x/y in metres, not with lon/lat")


class _File(_Part):
    camera: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.:-]+$")]
    name: Annotated[str, Field(max_length=200)] | None = None
    image_size: tuple[Annotated[int, Field(ge=16, le=32_767)], Annotated[int, Field(ge=16, le=32_767)]] | None = None
    position: _Position | None = None
    interval_s: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    source: Annotated[str, Field(max_length=2000, pattern=rf"^({'|'.join(_SCHEMES)})://\S+$")] | None = None
    rendered: bool = False
    calibration: _Calibration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.calibration is None:
            return self
        if self.image_size is None:
            raise ValueError("calibration needs image_size: [width, height], the pixels it was made with")
        if self.calibration.moving is not None and self.position is not None:
            raise ValueError("position belongs to a camera that stands; of one that moves each picture brings its own")
        if self.calibration.crs == "local" and self.position is None:
            raise ValueError("crs: local needs position: {lon, lat}, or its metres lie nowhere on Earth")
        for index, point in enumerate(self.calibration.control_points or ()):
            if not all(0 <= at <= size for at, size in zip(point.pixel, self.image_size, strict=True)):
                raise ValueError(f"control_points[{index}].pixel lies outside image_size")
        return self


def parse_camera_file(text: str, path: str) -> CameraFile:
    """Read the content of a camera.yaml.

    Args:
        text: the file's content.
        path: how people know the file; the error's field starts with it and names the line.

    Raises:
        InputError: not YAML, not this structure, a key nobody knows, a value out of range.
    """
    tree = _compose(text, path)
    try:
        told = _File.model_validate(yaml.SafeLoader("").construct_document(tree))
    except ValidationError as error:
        raise _in_words(error, tree, path) from error
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(field=path, problem=f"has a value YAML cannot read ({error})", fix=_EXAMPLE) from error
    return CameraFile(camera=_as_camera(told), source=told.source, path=path)


_EXAMPLE = "Write it like the example in docs/cameras.md: camera, image_size, position, calibration."


def _as_camera(told: _File) -> NewCamera:
    place = told.position or (told.calibration.pose if told.calibration else None)
    calibration = told.calibration
    as_dict: dict[str, object] | None = None
    if calibration is not None:
        as_dict = calibration.model_dump(mode="json", exclude_none=True)
        if calibration.control_points is not None:
            as_dict = {"crs": "EPSG:4326", "point_sigma_m": 0.3, **as_dict}
        elif calibration.pose is not None:
            as_dict = {"pose_sigma": _PoseSigma().model_dump(), **as_dict}
    return NewCamera(
        key=told.camera,
        name=told.name or told.camera,
        lon=place.lon if place else None,
        lat=place.lat if place else None,
        image_size=told.image_size,
        calibration=as_dict,
        interval_s=told.interval_s,
        rendered=told.rendered,
    )


def _compose(text: str, path: str) -> yaml.Node:
    if len(text) > _MAX_CHARACTERS:
        raise InputError(field=path, problem="has more than a million characters", fix=_EXAMPLE)
    try:
        _refuse_tricks(text, path)
        tree = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        problem = str(getattr(error, "problem", None) or error).strip()
        raise InputError(field=f"{path}{line}", problem=f"is not YAML ({problem})", fix=_EXAMPLE) from error
    if not isinstance(tree, yaml.MappingNode):
        raise InputError(field=path, problem="is not a mapping of keys to values", fix=_EXAMPLE)
    _refuse_twice(tree, path)
    return tree


def _refuse_tricks(text: str, path: str) -> None:
    """Refuse aliases, which can unfold without end, and deep nesting, before a tree is built."""
    depth = 0
    for token in yaml.scan(text, yaml.SafeLoader):
        if isinstance(token, yaml.AliasToken):
            raise InputError(field=path, problem="uses YAML aliases (*)", fix="Write the values out.")
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > _MAX_DEPTH:
            raise InputError(field=path, problem="is nested too deeply", fix=_EXAMPLE)


def _refuse_twice(node: yaml.Node, path: str) -> None:
    """Refuse a key that stands twice in one mapping: YAML would silently keep the last."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twice(item, path)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                line = key.start_mark.line + 1
                raise InputError(
                    field=f"{path} line {line}: {key.value}", problem="stands twice", fix="Keep one of the two."
                )
            seen.add(str(key.value))
            _refuse_twice(value, path)


def _line(node: yaml.Node, where: Sequence[int | str]) -> int:
    """Return the line of the deepest part of ``where`` that exists in the file."""
    line = node.start_mark.line
    for step in where:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return line + 1


_FIXES: dict[str, Literal["Add it.", "Remove it, or mend its spelling."]] = {
    "missing": "Add it.",
    "extra_forbidden": "Remove it, or mend its spelling.",
}


def _in_words(error: ValidationError, tree: yaml.Node, path: str) -> InputError:
    first = error.errors(include_url=False, include_context=False)[0]
    where = first["loc"]
    dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where).removeprefix(".")
    label = f"{path} line {_line(tree, where)}" + (f": {dotted}" if dotted else "")
    message = first["msg"].removeprefix("Value error, ")
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    fix = _FIXES.get(first["type"], "Mend the value; docs/cameras.md shows each with its unit and range.")
    secret = where[:1] == ("source",)  # an address may hold a password
    if first["type"] not in _FIXES and not secret and not isinstance(first["input"], dict | list):
        message = f"{message[:1].lower()}{message[1:]}, but is {str(first['input'])[:80]!r}"
    return InputError(field=label, problem=f"{message}{more}", fix=fix)
