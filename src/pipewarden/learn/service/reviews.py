"""What reviewers decided, each with the picture that was shown: the raw material of a data set of the house's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.dedupe import service as dedupe
from pipewarden.judge import service as judge
from pipewarden.learn.facts import Reviewed
from pipewarden.learn.rules import SAYS
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from pipewarden.judge.facts import Decision
    from pipewarden.kit.work import Work

_PAGE = 200
NO_PICTURE = "no picture of a machine was there to be shown"
DUPLICATE = "a duplicate says nothing about its picture"


def reviewed(work: Work) -> tuple[list[Reviewed], list[tuple[str, str]]]:
    """Return the tenant's last words with their pictures, by alarm, and what was left out, each with the reason."""
    found: list[Reviewed] = []
    left_out: list[tuple[str, str]] = []
    last = None
    while page := judge.decisions(work, limit=_PAGE, after=last):
        last = page[-1].alarm_id
        spoken = [one for one in page if SAYS[one.said.code] is not None]
        left_out += [(f"alarm:{one.alarm_id}", DUPLICATE) for one in page if SAYS[one.said.code] is None]
        with_pictures = _with_pictures(work, spoken)
        found += with_pictures
        seen = {one.alarm_id for one in with_pictures}
        left_out += [(f"alarm:{one.alarm_id}", NO_PICTURE) for one in spoken if one.alarm_id not in seen]
    return found, left_out


def _with_pictures(work: Work, spoken: list[Decision]) -> list[Reviewed]:
    clues = dedupe.shown(work, {one.alarm_id: one.at for one in spoken})
    observations = sense.observations(work, [clue.observation_id for clue in clues.values()])
    wanted = {one.camera_id for one in observations.values() if one.camera_id is not None}
    cameras = sense.cameras(work, sorted(wanted))
    alarms = dedupe.known(work, clues)
    found = []
    for one in spoken:
        clue = clues.get(one.alarm_id)
        if clue is None or not clue.picture:
            continue
        seen, ground = observations[clue.observation_id], alarms[one.alarm_id].ground
        camera = None if seen.camera_id is None else cameras.get(seen.camera_id)
        found.append(
            Reviewed(
                alarm_id=one.alarm_id,
                code=one.said.code,
                actor=one.actor,
                at=one.at,
                audited=one.audited,
                picture=clue.picture,
                box=(clue.box.x, clue.box.y, clue.box.w, clue.box.h),
                camera=None if camera is None else camera.key,
                stream=seen.stream,
                rendered=seen.rendered,
                place=None if ground is None else (ground.lon, ground.lat),
            )
        )
    return found
