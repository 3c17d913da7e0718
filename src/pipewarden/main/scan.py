"""``scan`` as a use case: sources in, the same river as the server, alarms and evidence out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.dedupe import service as dedupe
from pipewarden.judge import jobs as judge_jobs
from pipewarden.judge import service as judge
from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.locate import service as locate
from pipewarden.main.files import import_network
from pipewarden.main.stopping import Stop
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.judge.facts import Tally
    from pipewarden.main.home import Home
    from pipewarden.main.river import River
    from pipewarden.perceive.facts import Finding
    from pipewarden.sense.adapters.source import Source
    from pipewarden.sense.facts import Camera, Frame

_CHUNK = 8  # frames kept before the river is drained: bounds memory and lets live streams alarm early
_PAGE = 200
WRONG_SIZE = "the calibration was made for"  # locate says so of a picture of another shape


@dataclass(frozen=True, slots=True)
class Feed:
    """One opened source, the camera behind it (None when unknown), and the stream its frames belong to."""

    source: Source
    camera: Camera | None
    stream: str


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """A network to import before the scan."""

    path: Path
    crs: str
    jurisdiction: str
    mapping: str | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One finding of a picture, with the picture's name."""

    finding: Finding
    image: str


@dataclass(slots=True)
class ScanResult:
    """What a scan found.

    Attributes:
        frames: pictures that were really looked at.
        by_stream: pictures of each stream, those that could not be read included.
        singles: findings of pictures that stand alone, in order.
        unplaced: why findings of a known camera have no place, and how many.
        problems: pictures that could not be looked at, sources that broke off, a stop.
    """

    frames: int = 0
    by_stream: Counter[str] = field(default_factory=Counter)
    findings: int = 0
    alarms: list[Alarm] = field(default_factory=list)
    singles: list[Sighting] = field(default_factory=list)
    unplaced: Counter[str] = field(default_factory=Counter)
    problems: list[PipewardenError] = field(default_factory=list)


def load_camera(home: Home, path: Path) -> Camera:
    """Register the camera of a camera.yaml and return it.

    Raises:
        InputError: the file or its calibration cannot be used.
    """
    given = sense.load_camera_file(path)
    with home.work() as work:
        camera = sense.register_camera(work, given.camera)
        if camera.calibration is not None:
            locate.check_camera(camera)
        return camera


def load_network(home: Home, given: NetworkFile, progress: Callable[[int, int], None] | None = None) -> None:
    """Import the network of a scan.

    Raises:
        InputError: the file cannot be used, or nothing in it could be taken.
        RefusedError: more rows were lost than kept.
    """
    with home.work() as work:
        import_network(
            work,
            given.path,
            crs=given.crs,
            jurisdiction=given.jurisdiction,
            mapping=given.mapping,
            progress=progress,
        )


def run(
    river: River,
    feeds: Sequence[Feed],
    progress: Callable[[int, int | None], None],
    stop: Stop | None = None,
    *,
    chunk: int = _CHUNK,
) -> ScanResult:
    """Take every frame of ``feeds`` through the river and gather what came out.

    A source that breaks off keeps what it gave, and so does a scan that is stopped; both are told in the result.

    Args:
        river: the open river.
        feeds: sources opened, not read yet.
        progress: called with the frames done; how many will come is not known beforehand.
        stop: somebody's wish to end.
        chunk: frames that are taken before the river is drained.

    Raises:
        UnavailableError: a drain could not finish, or no source answered.
    """
    result, stop = ScanResult(), stop or Stop()
    for feed in feeds:
        for frames in _chunks(feed.source.frames, result.problems, stop, chunk):
            with river.home.work() as work:
                ids = [sense.observe(work, river.home.blobs, _observation(feed, frame)).id for frame in frames]
            river.drain()
            result.by_stream[feed.stream] += len(ids)
            _gather(river, feed, ids, result)
            progress(result.by_stream.total(), None)
        if stop.asked:
            result.problems.append(
                UnavailableError(field="scan", problem="was stopped", fix="What was seen so far is reported.")
            )
            break
    if not result.by_stream and result.problems:
        raise result.problems[0]
    result.problems += [
        InputError(field="image_size", problem=why, fix="Give the camera file the size of its pictures.")
        for why in result.unplaced
        if WRONG_SIZE in why
    ]
    if stuck := river.stuck():
        result.problems.append(
            UnavailableError(
                field="river",
                problem=f"{stuck} fact(s) could not be taken and wait for a person",
                fix="The log above says what went wrong.",
            )
        )
    result.alarms = list(all_alarms(river.home))
    return result


def settle(river: River) -> Tally:
    """Put the questions that wait to the second judge and return what became of the tenant's alarms."""
    judge_jobs.sweep(river.home.factory.begin, river.bench)
    judge_jobs.ask_waiting(river.home.factory.begin, river.bench)
    river.drain()
    with river.home.work() as work:
        return judge.tally(work)


def _chunks(frames: Iterable[Frame], problems: list[PipewardenError], stop: Stop, size: int) -> Iterator[list[Frame]]:
    """Yield frames in chunks; what came before a break or a stop is kept, the break goes to ``problems``."""
    chunk: list[Frame] = []
    given = iter(frames)
    while not stop.asked:
        try:
            with stop.wait():
                frame = next(given, None)
        except PipewardenError as error:
            problems.append(error)
            break
        except KeyboardInterrupt:
            stop.asked = True
            break
        if frame is None:
            break
        chunk.append(frame)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _observation(feed: Feed, frame: Frame) -> NewObservation:
    return NewObservation(
        stream=feed.stream,
        source_id=frame.source_id,
        kind=feed.source.kind,
        picture=frame.picture,
        picture_name=frame.name,
        offset_s=frame.offset_s,
        at=frame.at,
        camera_id=None if feed.camera is None else feed.camera.id,
        rendered=feed.source.rendered,
    )


def _gather(river: River, feed: Feed, ids: list[UUID], result: ScanResult) -> None:
    thresholds = river.models.detector.thresholds
    with river.home.work() as work:
        observations = sense.observations(work, ids)
        screened = perceive.screened(work, ids)
        placed = locate.placements(work, ids) if feed.camera is not None else {}
    for one in ids:
        name, seen = observations[one].picture_name, screened.get(one)
        problem = "was set aside, see the log" if seen is None else seen.problem
        if seen is None or problem is not None:
            result.problems.append(_unreadable(name, problem or ""))
            continue
        result.frames += 1
        found = [finding for finding in seen.findings if finding.score >= thresholds[finding.cls]]
        result.findings += len(found)
        result.unplaced.update(place.why for place in placed.get(one, ()) if place.why is not None)
        if feed.source.kind is ObservationKind.SINGLE:
            result.singles += [Sighting(finding=finding, image=name) for finding in found]


def _unreadable(name: str, problem: str) -> InputError:
    return InputError(
        field=name,
        problem=f"could not be looked at: {problem.removeprefix(f'{name}: ').rstrip('.')}",
        fix="Look at it by hand, and send it again.",
    )


def all_alarms(home: Home) -> Iterator[Alarm]:
    """Yield every alarm of the home's tenant, oldest first."""
    after: UUID | None = None
    while True:
        with home.work() as work:
            page = dedupe.alarms(work, limit=_PAGE, after=after)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].id


def open_folder(folder: Path) -> None:
    """Make the folder for evidence and try it before any work is done.

    Raises:
        InputError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".pipewarden"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            field="--out", problem=f"{folder} cannot be written ({error.strerror})", fix="Name another folder."
        ) from error


def write_evidence(river: River, alarm: Alarm, folder: Path) -> Path:
    """Write the alarm's best picture with its box drawn and return the file.

    Raises:
        InputError: the picture is gone, or the folder cannot be written.
    """
    label = f"{alarm.type if alarm.type not in {None, 'other'} else alarm.cls} {alarm.score:.2f}"
    drawn = perceive.draw_evidence(
        perceive.at_the_machine(river.decoder),
        river.home.blobs.get(alarm.evidence),
        name="evidence",
        box=alarm.evidence_box,
        label=label,
    )
    target = folder / f"alarm-{alarm.id.hex[-10:]}.jpg"
    try:
        target.write_bytes(drawn)
    except OSError as error:
        raise InputError(field="--out", problem=f"{target}: {error.strerror}", fix="Name another folder.") from error
    return target
