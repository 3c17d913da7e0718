"""Look at observations once, tell what was seen, draw the evidence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import cv2

from pipewarden.inference import service as inference
from pipewarden.inference.facts import ModelName
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.perceive import store
from pipewarden.perceive.facts import SCREENED, Box, Finding, FindingClass, Look, Screened
from pipewarden.perceive.rules import (
    Seen,
    close_up,
    dhash,
    draw,
    findings_of,
    pixel_box,
    square_crop,
    unit,
    view_of,
    weigh,
)
from pipewarden.perceive.service.seeing import note_looks
from pipewarden.sense import service as sense
from pipewarden.sense.facts import ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from pipewarden.inference.facts import ModelRef
    from pipewarden.inference.service import Detector, LookNet, TypeHead
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.perceive.ports import Corridor, PictureDecoder
    from pipewarden.perceive.rules import View
    from pipewarden.sense.facts import Observation, Told

# enough for the screen's 640 x 384 and for crops of far machines; a 1080p picture is then decoded at half size
WANTED = (960, 540)
FULL = (1920, 1080)  # where far machines matter: a 1080p picture is decoded whole, a 4K one at half
_EVIDENCE = (1280, 720)
_JPEG_QUALITY = 85
SWITCH = f"model:{ModelName.SCREEN}"  # off: nobody looks at pictures, and the cameras count as unwatched
WORDS, DEVICE = "words", "device"  # the models of findings that nobody had to look for


def nowhere(_: Observation) -> None:
    """Look at no picture in tiles."""


@dataclass(frozen=True, slots=True)
class Eye:
    """Everything it takes to look at a picture.

    Attributes:
        stopwatch: seconds that only grow, for the record of calls.
        corridor: which part of a picture to look at in full resolution as well, camera by camera.
    """

    detector: Detector
    look: LookNet
    types: TypeHead
    decoder: PictureDecoder
    stopwatch: Callable[[], float]
    corridor: Corridor = nowhere


@dataclass(slots=True)
class _Meter:
    """Items and milliseconds per model over a batch: one record per batch and model, not one per picture."""

    stopwatch: Callable[[], float]
    spent: dict[ModelRef, list[float]] = field(default_factory=dict)

    def add(self, ref: ModelRef, items: int, since: float) -> None:
        entry = self.spent.setdefault(ref, [0, 0.0])
        entry[0] += items
        entry[1] += (self.stopwatch() - since) * 1000


def screen(work: Work, eye: Eye, blobs: BlobStore, observations: Sequence[Observation]) -> list[UUID]:
    """Look at the observations that were not looked at yet and return their ids; emits SCREENED for each.

    One picture's pixels are held at a time. A picture that cannot be read is screened with its problem.

    Raises:
        UnavailableError: a model or the decoder failed; nothing was written, the batch may be tried again.
    """
    done = store.known(work, [observation.id for observation in observations])
    fresh = {observation.id: observation for observation in observations if observation.id not in done}
    if not fresh:
        return []
    meter, unpaid = _Meter(eye.stopwatch), _Meter(eye.stopwatch)
    told = sense.told(work, [one.id for one in fresh.values() if one.kind is ObservationKind.DEVICE])
    views: list[tuple[Observation, View]] = []
    off = people.Switchboard(work)
    looked = [
        _take(work, eye, blobs, one, told.get(one.id), off=off, meter=unpaid if one.test else meter, views=views)
        for one in fresh.values()
    ]
    note_looks(work, views)
    new = store.add(work, looked)
    for ref, (items, ms) in meter.spent.items():
        inference.record_call(work, ref, items=int(items), ms=ms)
    for one in looked:
        if one.observation_id in new:
            work.emit(SCREENED, one.observation_id, partition=work.own(fresh[one.observation_id].stream))
    return [one.observation_id for one in looked if one.observation_id in new]


def pixels_of(eye: Eye, blobs: BlobStore, observation: Observation) -> NDArray[np.uint8]:
    """Return the BGR pixels (rows, columns, 3) that the screen looks at when it looks at an observation.

    Raises:
        InputError: the picture is gone, or cannot be decoded.
    """
    wanted = WANTED if eye.corridor(observation) is None else FULL
    return eye.decoder.decode(blobs.get(observation.picture), name=observation.picture_name, wanted=wanted).pixels


def raised_in(eye: Eye, observation: Observation, pixels: NDArray[np.uint8]) -> list[Box]:
    """Return the machines that would raise an alarm in pixels of an observation's camera; nothing is recorded."""
    detections, _ = inference.detect(eye.detector, pixels, eye.corridor(observation))
    seen = findings_of(detections, eye.detector.classes, eye.detector.thresholds, pixels.shape)
    return [pixel_box(one.corners, pixels.shape, pixels.shape[1], pixels.shape[0]) for one in seen if one.raises]


def screened(work: Work, observation_ids: Collection[UUID]) -> dict[UUID, Screened]:
    """Return what was seen in the observations; those not screened yet are absent."""
    return store.read(work, observation_ids) if observation_ids else {}


def models_of(work: Work, finding_ids: Collection[UUID]) -> set[str]:
    """Return the labels (``name-version``) of the screens that saw the findings; a person's words are no model's."""
    return store.models_of(work, finding_ids) - {WORDS} if finding_ids else set()


def likeness(pixels: NDArray[np.uint8]) -> bytes:
    """Return the 256-bit difference hash (32 bytes) of a whole picture's BGR pixels (rows, columns, 3)."""
    return dhash(pixels)


def draw_evidence(decoder: PictureDecoder, picture: bytes, *, name: str, box: Box, label: str) -> bytes:
    """Return a JPEG of the picture with the box drawn: 2 px with a dark casing, label at its corner.

    Args:
        decoder: the only thing that touches the bytes.
        picture: the original file's bytes.
        name: what to call it in an error.
        box: in pixels of the original.
        label: ASCII, for instance ``excavator 0.71``.

    Raises:
        InputError: the picture cannot be decoded.
    """
    decoded = decoder.decode(picture, name=name, wanted=_EVIDENCE)
    rows, columns = decoded.pixels.shape[:2]
    across, down = columns / decoded.width, rows / decoded.height
    corners = (
        round(box.x * across),
        round(box.y * down),
        round((box.x + box.w) * across),
        round((box.y + box.h) * down),
    )
    return _jpeg(draw(decoded.pixels, corners, label))


def crop_and_frame(
    decoder: PictureDecoder, picture: bytes, *, box: Box
) -> tuple[bytes, bytes, tuple[float, float, float, float]]:
    """Return what somebody is shown who judges a machine: a close-up and the frame with its box, both drawn anew.

    Args:
        decoder: the only thing that touches the bytes.
        picture: the original file's bytes.
        box: in pixels of the original.

    Returns:
        Two JPEGs, and the box as parts of the frame (x, y, width, height).

    Raises:
        InputError: the picture cannot be decoded.
    """
    decoded = decoder.decode(picture, name="evidence", wanted=FULL)
    scale = decoded.pixels.shape[1] / decoded.width
    cut = close_up(decoded.pixels, (box.x * scale, box.y * scale, box.w * scale, box.h * scale))
    part = (box.x / decoded.width, box.y / decoded.height, box.w / decoded.width, box.h / decoded.height)
    return _jpeg(cut), draw_evidence(decoder, picture, name="evidence", box=box, label="?"), part


def redraw(decoder: PictureDecoder, picture: bytes, *, name: str, wanted: tuple[int, int] | None = None) -> bytes:
    """Return a JPEG of the picture as it is, decoded and encoded anew: the original's bytes never leave.

    Args:
        decoder: decodes it next door.
        picture: the file.
        name: how people know it; becomes the error's field.
        wanted: width and height in pixels that it is to keep at least, where it has them; evidence size when None.

    Raises:
        InputError: the picture cannot be decoded.
    """
    return _jpeg(decoder.decode(picture, name=name, wanted=wanted or _EVIDENCE).pixels)


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise RuntimeError("OpenCV must be able to encode pixels as JPEG")
    return bytes(encoded.tobytes())


def _take(
    work: Work,
    eye: Eye,
    blobs: BlobStore,
    observation: Observation,
    told: Told | None,
    *,
    off: people.Switchboard,
    meter: _Meter,
    views: list[tuple[Observation, View]],
) -> Screened:
    """Return what is in an observation: what its picture shows, and before it what its sender says."""
    if observation.kind not in {ObservationKind.REPORT, ObservationKind.DEVICE}:
        return _look_at(work, eye, blobs, observation, off=off, meter=meter, views=views)
    seen = Screened(observation_id=observation.id, width=None, height=None, findings=(), problem=None)
    if observation.picture:
        seen = _look_at(work, eye, blobs, observation, off=off, meter=meter, views=views)
    noticed = None if told is None else told.noticed
    # a person's word never has to pass the detector
    cls, raises = (FindingClass.REPORT, True) if noticed is None else weigh(noticed, seen.findings)
    said = Finding(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        observation_id=observation.id,
        cls=cls,
        type=None if noticed is None else noticed.value,
        score=0.0,
        raises=raises,
        box=Box(0.0, 0.0, 0.0, 0.0),
        look=None,
        model=WORDS if noticed is None else DEVICE,
    )
    return replace(seen, findings=(said, *seen.findings))


def _look_at(
    work: Work,
    eye: Eye,
    blobs: BlobStore,
    observation: Observation,
    *,
    off: people.Switchboard,
    meter: _Meter,
    views: list[tuple[Observation, View]],
) -> Screened:
    """Return what the picture shows; a frame's view is added to ``views``, for what it says of its camera."""
    try:
        picture = blobs.get(observation.picture)
        corridor = eye.corridor(observation)
        wanted = WANTED if corridor is None else FULL
        decoded = eye.decoder.decode(picture, name=observation.picture_name, wanted=wanted)
    except InputError as error:
        return Screened(observation_id=observation.id, width=None, height=None, findings=(), problem=str(error))
    if observation.kind is ObservationKind.FRAME and not observation.test:
        views.append((observation, view_of(decoded.pixels)))
    if (switch := off.off(SWITCH)) is not None:
        problem = f"{SWITCH} is switched off: {switch.reason}"
        return Screened(observation.id, decoded.width, decoded.height, findings=(), problem=problem)
    since = eye.stopwatch()
    detections, calls = inference.detect(eye.detector, decoded.pixels, corridor)
    meter.add(eye.detector.ref, calls, since)
    seen = findings_of(detections, eye.detector.classes, eye.detector.thresholds, decoded.pixels.shape)
    findings = tuple(
        Finding(
            id=work.ids.new(),
            tenant_id=work.tenant_id,
            observation_id=observation.id,
            cls=one.cls,
            type=kind,
            score=one.score,
            raises=one.raises,
            box=pixel_box(one.corners, decoded.pixels.shape, decoded.width, decoded.height),
            look=look,
            model=eye.detector.ref.label,
        )
        for one, (kind, look) in zip(seen, _looks(eye, decoded.pixels, seen, meter), strict=True)
    )
    return Screened(
        observation_id=observation.id,
        width=decoded.width,
        height=decoded.height,
        findings=findings,
        problem=None,
        model=eye.detector.ref.label,
    )


def _looks(
    eye: Eye, pixels: NDArray[np.uint8], seen: Sequence[Seen], meter: _Meter
) -> list[tuple[str | None, Look | None]]:
    """Return type and look per finding: of machines only, because nothing else raises an alarm."""
    machines = [place for place, one in enumerate(seen) if one.cls is FindingClass.MACHINE]
    answer: list[tuple[str | None, Look | None]] = [(None, None)] * len(seen)
    if not machines:
        return answer
    crops = [square_crop(pixels, seen[place].corners, eye.look.side) for place in machines]
    since = eye.stopwatch()
    features = eye.look.features(crops)
    meter.add(eye.look.ref, len(crops), since)
    since = eye.stopwatch()
    kinds = eye.types.classify(features)
    meter.add(eye.types.ref, len(crops), since)
    for place, crop, (kind, _), row in zip(machines, crops, kinds, unit(features).tolist(), strict=True):
        answer[place] = (kind, Look(dhash=dhash(crop), features=tuple(row)))
    return answer
