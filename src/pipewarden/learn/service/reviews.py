"""What reviewers decided and what people on the spot found: the raw material of a data set of the house's own.

A reviewer's word is about a picture and stays first. Where none was said, the word of whoever stood there counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.dedupe import service as dedupe
from pipewarden.judge import service as judge
from pipewarden.judge.facts import ReviewCode
from pipewarden.learn.facts import Reviewed
from pipewarden.learn.rules import SAYS
from pipewarden.learn.store import OutcomeFilter, OutcomeRow, outcomes
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.judge.facts import Decision
    from pipewarden.kit.work import Work
    from pipewarden.learn.facts.outcome import Outcome

_PAGE = 200
NO_PICTURE = "no picture of a machine was there to be shown"
DUPLICATE = "a duplicate says nothing about its picture"
OPEN_AGAIN = "its site is open again: what was said on the spot may not hold"


@dataclass(frozen=True, slots=True)
class _Word:
    alarm_id: UUID
    code: ReviewCode
    actor: str
    at: datetime
    audited: bool = False
    spot: bool = False


def reviewed(work: Work) -> tuple[list[Reviewed], list[tuple[str, str]]]:
    """Return the tenant's last words with their pictures, and what was left out, each with the reason.

    Reviewers' words by alarm, then what was said on the spot about alarms that no reviewer has judged.
    """
    found: list[Reviewed] = []
    left_out: list[tuple[str, str]] = []
    judged: set[UUID] = set()
    for page in _decided(work):
        judged |= {one.alarm_id for one in page}
        _take(
            work, [_Word(one.alarm_id, one.said.code, one.actor, one.at, one.audited) for one in page], found, left_out
        )
    for ended in _ended(work):
        again = casework.open_again(work, {one.site_id for one in ended})
        words = {one.site_id: word for one in ended if (word := _word(one)) is not None and word.alarm_id not in judged}
        left_out += [(f"alarm:{word.alarm_id}", OPEN_AGAIN) for site_id, word in words.items() if site_id in again]
        _take(work, [word for site_id, word in words.items() if site_id not in again], found, left_out)
    return found, left_out


def _decided(work: Work) -> Iterator[list[Decision]]:
    last = None
    while page := judge.decisions(work, limit=_PAGE, after=last):
        last = page[-1].alarm_id
        yield page


def _ended(work: Work) -> Iterator[list[Outcome]]:
    mine, before = OutcomeRow.tenant_id == work.tenant_id, None
    while page := outcomes.page(work, mine, OutcomeFilter(), limit=_PAGE, before=before):
        before = (page[-1].ended_at, page[-1].id)
        yield page


def _word(one: Outcome) -> _Word | None:
    """Return the last word that somebody on the spot said of the site's own alarm; of others nobody spoke."""
    last = one.said[-1] if one.said else None
    if last is None or last.actor is None or not one.own_alarm or last.code not in list(ReviewCode):
        return None
    return _Word(one.alarms[0].alarm_id, ReviewCode(last.code), last.actor, last.at, spot=True)


def _take(work: Work, words: Sequence[_Word], found: list[Reviewed], left_out: list[tuple[str, str]]) -> None:
    spoken = [one for one in words if SAYS[one.code] is not None]
    left_out += [(f"alarm:{one.alarm_id}", DUPLICATE) for one in words if SAYS[one.code] is None]
    with_pictures = _with_pictures(work, spoken)
    found += with_pictures
    seen = {one.alarm_id for one in with_pictures}
    left_out += [(f"alarm:{one.alarm_id}", NO_PICTURE) for one in spoken if one.alarm_id not in seen]


def _with_pictures(work: Work, spoken: Sequence[_Word]) -> list[Reviewed]:
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
                code=one.code,
                actor=one.actor,
                at=one.at,
                audited=one.audited,
                picture=clue.picture,
                box=(clue.box.x, clue.box.y, clue.box.w, clue.box.h),
                camera=None if camera is None else camera.key,
                stream=seen.stream,
                rendered=seen.rendered,
                place=None if ground is None else (ground.lon, ground.lat),
                spot=one.spot,
            )
        )
    return found
