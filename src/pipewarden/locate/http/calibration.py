"""A camera's calibration over HTTP: points tried while they are clicked, a draft, what is in force, and the one before.

Who puts it in force needs `camera:manage`; pipes are drawn for those alone who read the network there.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, Corner, WorkHere, actor_of, corners, router
from pipewarden.locate import service
from pipewarden.locate.facts import CalibrationKind, CalibrationReport, CalibrationSource
from pipewarden.locate.rules import PointTried, Warn
from pipewarden.network.facts import PressureClass
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import CalibrationDraft, CalibrationVersion
    from pipewarden.locate.service import Calibration, Drawing

routes = router(tags=["cameras"])
ActorHere = Annotated[Actor, Depends(actor_of)]
MOST_POINTS = 100
Side = Annotated[int, Field(ge=16, le=20_000)]
Size = Annotated[tuple[Side, Side], Field(description="Width and height in pixels of the picture that was clicked.")]
Pixel = Annotated[
    tuple[Annotated[float, Field(ge=0, le=20_000)], Annotated[float, Field(ge=0, le=20_000)]],
    Field(description="x from the left, y from the top."),
]
Longitude = Annotated[float, Field(ge=-180, le=180, description="Degrees WGS-84.")]
Latitude = Annotated[float, Field(ge=-85, le=85, description="Degrees WGS-84.")]
PixelSigma = Annotated[float, Field(ge=0.05, le=200, description="How well the pixels were clicked, 1 sigma.")]
PointSigma = Annotated[float, Field(ge=0.001, le=50, description="How well the points were surveyed, 1 sigma, metres.")]
Parts = Annotated[list[list[float]], Field(description="(x, y) as parts of the picture's width and height.")]
Tag = Annotated[str, Field(pattern="^[0-9a-f]{16}$", description="`tag` as the calibration was read.")]


class ControlPointIn(Asked):
    """A point that was both clicked in the picture and found on the ground."""

    pixel: Pixel
    lon: Longitude
    lat: Latitude


class CalibrationPointsIn(Asked):
    """Control points to be tried."""

    image_size: Size
    points: Annotated[list[ControlPointIn], Field(max_length=MOST_POINTS)]
    pixel_sigma: PixelSigma = 2.0
    point_sigma_m: PointSigma = 0.3

    def calibration(self) -> dict[str, Any]:
        """Return the same as the ``calibration`` part of a camera.yaml."""
        return {
            "control_points": [{"pixel": list(one.pixel), "lon": one.lon, "lat": one.lat} for one in self.points],
            "pixel_sigma": self.pixel_sigma,
            "point_sigma_m": self.point_sigma_m,
        }


class CalibrationIn(CalibrationPointsIn):
    """Control points to be put in force."""

    seen: Tag


class CalibrationRestoreIn(Asked):
    """An earlier calibration to be put back."""

    version: Annotated[int, Field(ge=1, le=1_000_000)]
    seen: Tag


class CalibrationDraftPoint(Asked):
    """A point that may still lack one of its two places."""

    pixel: Pixel | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    note: Annotated[str, Field(max_length=80), Clean] = ""


class CalibrationDraftContent(Asked):
    """What was clicked so far."""

    points: Annotated[list[CalibrationDraftPoint], Field(max_length=MOST_POINTS)]
    image_size: Size | None = None
    pixel_sigma: PixelSigma = 2.0
    point_sigma_m: PointSigma = 0.3
    looked: Annotated[bool, Field(description="A person looked at the pipes drawn into the picture, and they fit.")] = (
        False
    )


class CalibrationDraftIn(Asked):
    """A draft to be kept."""

    seen: Annotated[int | None, Field(ge=1, le=1_000_000_000, description="Its version as read; empty without one.")]
    draft: CalibrationDraftContent


class PointsRefusalOut(BaseModel):
    """Why points make no calibration."""

    code: Annotated[str, Field(description="few, same, far, line, behind, mirrored or error.")]
    problem: str
    fix: str


class TriedPointOut(BaseModel):
    """How far one point is off."""

    off_m: Annotated[float, Field(description="On the ground, from where it was surveyed.")]
    off_px: Annotated[float | None, Field(description="In the picture, from where it was clicked.")]
    left_out_m: Annotated[float | None, Field(description="Under the fit of the others; empty below five points.")]
    sigma_m: Annotated[float | None, Field(description="How sure a place there is, 1 sigma.")]
    seen: Annotated[list[float] | None, Field(description="The pixel on which its place falls.")]
    placed: Annotated[Corner, Field(description="(lon, lat) on which its pixel falls.")]


class CalibrationReportOut(BaseModel):
    """What a calibration is worth."""

    kind: CalibrationKind
    points: int
    rms_px: float | None
    rms_m: float | None
    chi: Annotated[float | None, Field(description="Above 1 the points fit worse than their sigmas say.")]
    worst_point: int | None
    worst_m: float | None
    leave_one_out_m: float | None
    centre_sigma_m: Annotated[float | None, Field(description="At the middle of the picture's lower half.")]


class PipeDrawnOut(BaseModel):
    """A pipe as it runs through the picture."""

    pipe_id: str
    pressure_class: PressureClass
    runs: list[Parts]


class ArcOut(BaseModel):
    """The same distance from the ground at the picture's lower edge."""

    away_m: float
    runs: list[Parts]


class SureOut(BaseModel):
    """How sure a place is up the middle of the picture."""

    down: Annotated[float, Field(description="Part of the picture's height.")]
    away_m: float
    sigma_m: float


class GroundDrawnOut(BaseModel):
    """What a calibration looks like in the picture and on the map."""

    horizon: Annotated[Parts, Field(description="Its two ends; empty where it is upright.")]
    arcs: list[ArcOut]
    pipes: Annotated[list[PipeDrawnOut] | None, Field(description="Empty (null) where you do not read the network.")]
    sureness: list[SureOut]
    sees: Annotated[list[Corner], Field(description="(lon, lat) around the ground seen up to 60 m.")]
    covers: Annotated[list[Corner], Field(description="Of it, where a place is surer than 15 m.")]


class CalibrationTrialOut(BaseModel):
    """What control points would be worth."""

    refusal: Annotated[PointsRefusalOut | None, Field(description="Empty when they can be put in force.")]
    points: Annotated[list[TriedPointOut], Field(description="In the order given; none without a fit.")]
    report: CalibrationReportOut | None
    warnings: Annotated[list[Warn], Field(description="What is wanting, the gravest first.")]
    suspect: Annotated[int | None, Field(description="Number from 1 of the point without which all others agree.")]
    beyond: Annotated[float | None, Field(description="Part of the ground seen that lies outside of the points.")]
    far_m: Annotated[float | None, Field(description="How far the farthest point lies from the lower edge's ground.")]
    reach_m: Annotated[float | None, Field(description="How far the picture reaches, 60 m at most.")]
    drawing: GroundDrawnOut | None


class CalibrationVersionOut(BaseModel):
    """A calibration that was put in force."""

    version: int
    at: datetime
    by_name: Annotated[str | None, Field(description="Empty where a file was found, which names nobody.")]
    source: CalibrationSource
    restores: int | None
    kind: Annotated[CalibrationKind | None, Field(description="Empty: the camera had none.")]
    points: int


class CalibrationDraftOut(BaseModel):
    """What was clicked so far and is not in force."""

    version: int
    at: datetime
    by_name: str | None
    draft: CalibrationDraftContent


class CalibrationOut(BaseModel):
    """A camera's calibration as it stands."""

    camera_id: UUID
    tag: str
    moves: Annotated[bool, Field(description="It rides on something: its mounting is written in a file.")]
    kind: Annotated[CalibrationKind | None, Field(description="Empty: it has none.")]
    image_size: tuple[int, int] | None
    points: Annotated[list[ControlPointIn], Field(description="Of what is in force; none of a pose.")]
    pixel_sigma: float | None
    point_sigma_m: float | None
    in_force: Annotated[int | None, Field(description="The version; empty where a file has put it in force.")]
    versions: Annotated[list[CalibrationVersionOut], Field(description="The newest first, 50 at most.")]
    report: CalibrationReportOut | None
    drawing: GroundDrawnOut | None
    draft: Annotated[CalibrationDraftOut | None, Field(description="For those who manage the camera.")]


@routes.get("/cameras/{camera_id}/calibration")
def get_calibration(work: WorkHere, actor: ActorHere, camera_id: UUID) -> CalibrationOut:
    """Return a camera's calibration, how it lies in its picture, who put it in force, and what is being clicked."""
    return _told(work, service.calibration_of(work, actor, camera_id))


@routes.post("/cameras/{camera_id}/calibration/try")
def try_calibration(
    work: WorkHere, actor: ActorHere, camera_id: UUID, asked: CalibrationPointsIn
) -> CalibrationTrialOut:
    """Say what control points would be worth: each one's error, what is wanting, the pipes in the picture.

    Nothing is written.
    """
    tried, drawing = service.try_points(work, actor, camera_id, asked.calibration(), asked.image_size)
    refusal = tried.refusal
    return CalibrationTrialOut(
        refusal=None
        if refusal is None
        else PointsRefusalOut(code=refusal.code, problem=refusal.problem, fix=refusal.fix),
        points=[_tried(one) for one in tried.points],
        report=None if tried.solved is None else _report(tried.solved.report),
        warnings=list(tried.warnings),
        suspect=tried.suspect,
        beyond=tried.beyond,
        far_m=tried.far_m,
        reach_m=tried.reach_m,
        drawing=None if drawing is None else _drawing(drawing),
    )


@routes.put("/cameras/{camera_id}/calibration")
def put_calibration(work: WorkHere, actor: ActorHere, camera_id: UUID, asked: CalibrationIn) -> CalibrationOut:
    """Put control points in force on a camera; its draft ends, and what was in force before can be put back."""
    service.activate(work, actor, camera_id, asked.calibration(), asked.image_size, seen=asked.seen)
    return _told(work, service.calibration_of(work, actor, camera_id))


@routes.post("/cameras/{camera_id}/calibration/restore")
def restore_calibration(
    work: WorkHere, actor: ActorHere, camera_id: UUID, asked: CalibrationRestoreIn
) -> CalibrationOut:
    """Put an earlier calibration back in force."""
    service.restore(work, actor, camera_id, asked.version, seen=asked.seen)
    return _told(work, service.calibration_of(work, actor, camera_id))


@routes.put("/cameras/{camera_id}/calibration/draft")
def put_calibration_draft(
    work: WorkHere, actor: ActorHere, camera_id: UUID, asked: CalibrationDraftIn
) -> CalibrationDraftOut:
    """Keep what was clicked so far, so that one can go on tomorrow or another person can."""
    content = asked.draft.model_dump(mode="json")
    return _draft(work, service.save_draft(work, actor, camera_id, content, seen=asked.seen))


@routes.delete("/cameras/{camera_id}/calibration/draft", status_code=204)
def delete_calibration_draft(work: WorkHere, actor: ActorHere, camera_id: UUID) -> None:
    """Forget what was clicked; what is in force stays."""
    service.drop_draft(work, actor, camera_id)


def _tried(one: PointTried) -> TriedPointOut:
    behind = not math.isfinite(one.off_px)  # no number, and JSON knows none for it
    return TriedPointOut(
        off_m=one.off_m,
        off_px=None if behind else one.off_px,
        left_out_m=one.left_out_m,
        sigma_m=one.sigma_m if math.isfinite(one.sigma_m) else None,
        seen=None if behind else list(one.seen),
        placed=list(one.placed),
    )


def _told(work: Work, one: Calibration) -> CalibrationOut:
    camera = one.camera
    written = camera.calibration or {}
    names = people.names(work, [each.actor for each in one.versions if each.actor])
    return CalibrationOut(
        camera_id=camera.id,
        tag=one.tag,
        moves=camera.moves,
        kind=_kind(camera.calibration),
        image_size=camera.image_size,
        points=_points(written),
        pixel_sigma=_number(written.get("pixel_sigma")),
        point_sigma_m=_number(written.get("point_sigma_m")),
        in_force=None if one.in_force is None else one.in_force.version,
        versions=[_version(each, names) for each in one.versions],
        report=None if one.report is None else _report(one.report),
        drawing=None if one.drawing is None else _drawing(one.drawing),
        draft=None if one.draft is None else _draft(work, one.draft),
    )


def _version(one: CalibrationVersion, names: dict[str, str]) -> CalibrationVersionOut:
    points = (one.calibration or {}).get("control_points")
    return CalibrationVersionOut(
        version=one.version,
        at=one.at,
        by_name=names.get(one.actor),
        source=one.source,
        restores=one.restores,
        kind=_kind(one.calibration),
        points=len(points) if isinstance(points, list) else 0,
    )


def _kind(calibration: dict[str, object] | None) -> CalibrationKind | None:
    written = calibration or {}
    return next((kind for kind in CalibrationKind if written.get(kind.value) is not None), None)


def _points(written: dict[str, object]) -> list[ControlPointIn]:
    """Return the control points that are in force, where they are written in degrees; those of a grid stay in it."""
    found = written.get("control_points")
    points = found if isinstance(found, list) else []
    if any(not isinstance(one, dict) or one.get("lon") is None or one.get("lat") is None for one in points):
        return []
    return [ControlPointIn(pixel=tuple(one["pixel"]), lon=one["lon"], lat=one["lat"]) for one in points[:MOST_POINTS]]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _draft(work: Work, one: CalibrationDraft) -> CalibrationDraftOut:
    names = people.names(work, [one.actor])
    content = CalibrationDraftContent.model_validate(one.content)
    return CalibrationDraftOut(version=one.version, at=one.at, by_name=names.get(one.actor), draft=content)


def _report(one: CalibrationReport) -> CalibrationReportOut:
    return CalibrationReportOut.model_validate(one, from_attributes=True)


def _drawing(one: Drawing) -> GroundDrawnOut:
    return GroundDrawnOut(
        horizon=[list(end) for end in one.horizon],
        arcs=[ArcOut(away_m=away, runs=_runs(runs)) for away, runs in one.arcs],
        pipes=None
        if one.pipes is None
        else [
            PipeDrawnOut(pipe_id=each.pipe_id, pressure_class=each.pressure_class, runs=_runs(each.runs))
            for each in one.pipes
        ],
        sureness=[SureOut(down=each.down, away_m=each.away_m, sigma_m=each.sigma_m) for each in one.sureness],
        sees=corners(one.sees),
        covers=corners(one.covers),
    )


def _runs(runs: list[tuple[tuple[float, float], ...]]) -> list[Parts]:
    return [[list(point) for point in run] for run in runs]
