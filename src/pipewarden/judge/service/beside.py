"""What stands beside a review: its alarm, whether the picture is a photograph, who has it and until when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.dedupe import service as dedupe
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.dedupe.service import Beside
    from pipewarden.judge.facts import JudgePolicy, ReviewItem
    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class ReviewBeside:
    """What other rows say about one review.

    Attributes:
        alarm: without its members.
        beside: what stands beside the alarm itself.
        taken_by: name of who has taken it, where that is known.
        held_until: until then it is theirs alone; None where nobody holds it.
    """

    alarm: Alarm
    beside: Beside
    taken_by: str | None
    held_until: datetime | None


def beside(work: Work, items: Sequence[ReviewItem], policy: JudgePolicy) -> dict[UUID, ReviewBeside]:
    """Return what stands beside each review, each read in its own tenant; the caller has scoped the reviews."""
    found: dict[UUID, ReviewBeside] = {}
    for tenant_id in sorted({one.case.tenant_id for one in items}):
        there = replace(work, tenant_id=tenant_id)
        mine = [one for one in items if one.case.tenant_id == tenant_id]
        alarms = dedupe.known(there, [one.case.alarm_id for one in mine])
        besides = dedupe.beside(there, list(alarms.values()))
        names = people.person_names(there, [one.case.taken_by for one in mine if one.case.taken_by is not None])
        for one in mine:
            case, alarm_id = one.case, one.case.alarm_id
            ends = None if case.taken_at is None else case.taken_at + policy.hold
            found[alarm_id] = ReviewBeside(
                alarm=alarms[alarm_id],
                beside=besides[alarm_id],
                taken_by=None if case.taken_by is None else names.get(case.taken_by),
                held_until=ends if ends is not None and work.now() < ends else None,
            )
    return found
