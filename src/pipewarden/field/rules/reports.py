"""What becomes of a report before the river has it: which time counts, what is odd, why a person looks first."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.field.rules.nearby import metres

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.field.facts.reports import Kind, NewReport, ReportPolicy, Spot

NO_PLACE = "it has no place"
NO_OPERATOR = "its place lies on no operator's ground"
NO_AREA = "its place lies in no area of ours, and no pipe of ours is near"
_LONGEST = 2000


def moment(taken_at: datetime | None, now: datetime, policy: ReportPolicy) -> tuple[datetime, str | None]:
    """Return which moment counts for a report and what is odd about its phone's clock.

    A draft may have waited days without a network, so the phone's word counts for so long; a clock that is a year off
    counts for nothing, and the time of receipt is the truth (safety.md T11).
    """
    if taken_at is None:
        return now, None
    if taken_at > now + timedelta(seconds=policy.ahead_s):
        return now, "the phone's clock is ahead; the time of receipt counts"
    if taken_at < now - timedelta(days=policy.behind_days):
        return now, "the phone's time is long past; the time of receipt counts"
    return min(taken_at, now), None


def old_picture(made_at: datetime | None, now: datetime, policy: ReportPolicy) -> bool:
    """Say whether a picture says of itself (EXIF) that it is too old to show now (safety.md T12)."""
    return made_at is not None and now - made_at > timedelta(hours=policy.old_picture_h)


def place_problem(place: Spot | None, policy: ReportPolicy) -> str:
    """Return why a person must say where a report is about; empty where its place will do."""
    if place is None:
        return NO_PLACE
    if place.accuracy_m > policy.most_accuracy_m:
        return f"its place may be off by {place.accuracy_m:.0f} m"
    return ""


def river_words(kind: Kind, words: str, place_words: str) -> str:
    """Return the one sentence that the river keeps: what kind, in whose words, where; never empty."""
    said = " ".join(words.split())
    where = " ".join(place_words.split())
    text = kind.zh if not said else f"{kind.zh}：{said}"
    return (text if not where else f"{text}（{where}）")[:_LONGEST]


def content_of(new: NewReport) -> bytes:
    """Return the hash of everything a draft says: sent again it is the same."""
    place = new.place
    said = [
        new.kind,
        new.words,
        None if place is None else [place.lon, place.lat, place.accuracy_m, place.crs, place.source],
        new.place_words,
        [hashlib.sha256(one).hexdigest() for one in new.pictures],
        None if new.taken_at is None else new.taken_at.isoformat(),
        new.nonce,
        new.contact,
        new.language,
        None if new.confirms is None else str(new.confirms),
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


def calls_again(
    place: tuple[float, float] | None, called: list[tuple[float | None, float | None]], reach_m: float
) -> bool:
    """Say whether a report of danger calls somebody again: not where one about that place was called for just now.

    Args:
        place: lon, lat of the report; None is a place of its own.
        called: the places that were called for lately.
        reach_m: nearer is the same.
    """
    if place is None:
        return (None, None) not in called
    return not any(lon is not None and lat is not None and metres(place, (lon, lat)) <= reach_m for lon, lat in called)
