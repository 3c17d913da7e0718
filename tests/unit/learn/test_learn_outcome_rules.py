"""The rules of outcomes by themselves: which pictures are of an episode, who saw, what is true, what was in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from ended_site import CLOSED, exempt, false, looked
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from site_life import ALARM, NOW, SITE, TENANT

from pipewarden.casework.facts import Body, Discovered, Matched, Reopened, SiteEvent, SiteState, ViolationOpened
from pipewarden.casework.facts import Severity as Grave
from pipewarden.casework.facts.ending import Ending, Origin
from pipewarden.casework.rules.ending import as_of, episode
from pipewarden.learn.facts.outcome import Found, Outcome, Shown
from pipewarden.learn.rules.outcome import Sighted, found, holds, of_episode, outcome_of, saw, truth
from pipewarden.network.facts import Zone
from pipewarden.sense.facts import Camera, CameraEvent, CameraState, Observation, ObservationKind

OPENED = Discovered(ALARM, Zone.PROTECTION, 1, 116.7, 39.5, "seen")
SQUARE = ((116.0, 39.0), (117.0, 39.0), (117.0, 40.0), (116.0, 40.0), (116.0, 39.0))


def ending(*bodies: Body, **more: Any) -> Ending:
    """The ending of a site to which these things happened, a minute apart."""
    events = [
        SiteEvent(UUID(int=100 + place), TENANT, SITE, NOW + timedelta(minutes=place), "person:4", place + 1, body)
        for place, body in enumerate((OPENED, *bodies))
    ]
    there, since = episode(events, len(events))
    made = Ending(events[-1], as_of(events, len(events)), there, since, Origin.ALARM, "unfiled")
    return replace(made, **more)


def picture(minutes: float, kind: ObservationKind = ObservationKind.FRAME, **more: Any) -> Observation:
    """A picture that came so many minutes after the site was opened."""
    at = NOW + timedelta(minutes=minutes)
    number = int(minutes * 10) + 10_000
    made = Observation(UUID(int=number), TENANT, f"{kind}-1", str(number), kind, None, at, 0.0, "a" * 64, "1.jpg", at)
    return replace(made, **more)


def camera(**more: Any) -> Camera:
    """A camera that stands."""
    return replace(Camera(UUID(int=7), TENANT, "cam-7", "seven", 116.7, 39.5, None, None, 600.0), **more)


def state(minutes: float, value: CameraState) -> CameraEvent:
    """A camera's state from so many minutes on."""
    at = NOW + timedelta(minutes=minutes)
    return CameraEvent(UUID(int=1), TENANT, UUID(int=7), value, at, at, None)


def test_pictures_are_of_the_episode_in_which_they_came() -> None:
    came = [picture(9), picture(-5), picture(3), picture(40)]
    until = NOW + timedelta(minutes=10)
    assert [one.at for one in of_episode(came, None, until)] == [NOW + timedelta(minutes=m) for m in (-5, 3, 9)]
    assert of_episode(came, NOW + timedelta(minutes=3), until) == (picture(9),), "not the one at the end itself"
    assert len(of_episode(came, until, until)) == 3, "opened again by a person: what was seen before is all there is"
    assert of_episode([], None, until) == ()


@given(st.lists(st.integers(-50, 50), max_size=12, unique=True), st.integers(-50, 50), st.integers(-50, 50))
def test_no_picture_of_later_is_ever_in_an_outcome(minutes: list[int], since: int, until: int) -> None:
    end = NOW + timedelta(minutes=until)
    kept = of_episode([picture(one) for one in minutes], NOW + timedelta(minutes=since), end)
    assert all(one.received_at <= end for one in kept)
    assert list(kept) == sorted(kept, key=lambda one: one.received_at)
    assert bool(kept) is any(one <= until for one in minutes)


@pytest.mark.parametrize(
    ("states", "seen"),
    [
        ([], False),
        ([(-9, CameraState.ONLINE)], True),
        ([(-9, CameraState.OFFLINE)], False),
        ([(-9, CameraState.ONLINE), (-1, CameraState.STALLED)], False),
        ([(-9, CameraState.ONLINE), (5, CameraState.OFFLINE)], True),
        ([(5, CameraState.ONLINE), (6, CameraState.OFFLINE)], True),
        ([(5, CameraState.OFFLINE), (11, CameraState.ONLINE)], False),
        ([(-9, CameraState.OFFLINE), (10, CameraState.ONLINE)], True),
    ],
)
def test_a_camera_saw_when_it_brought_pictures_at_any_time_between(
    states: list[tuple[float, CameraState]], seen: bool
) -> None:
    assert saw([state(*one) for one in states], NOW, NOW + timedelta(minutes=10)) is seen


def test_a_place_is_in_view_inside_and_on_the_edge_of_the_ground() -> None:
    assert holds(SQUARE, 116.5, 39.5)
    assert holds(SQUARE, 116.0, 39.5)
    assert not holds(SQUARE, 117.1, 39.5)
    crossed = ((116.0, 39.0), (117.0, 40.0), (117.0, 39.0), (116.0, 40.0), (116.0, 39.0))
    assert holds(crossed, 116.1, 39.5)
    assert not holds(crossed, 116.5, 39.1)


@pytest.mark.parametrize(
    ("bodies", "true"),
    [
        ((*looked("digging", true=True), *CLOSED), True),
        ((false("other"),), False),
        ((*looked("other", true=False), false("other")), False),
        ((*looked("other", true=False), exempt("fair")), False),
        ((*looked("digging", true=True), *looked("other", true=False)[1:], exempt("fair")), False),
    ],
)
def test_the_last_word_on_the_spot_is_the_truth(bodies: tuple[Body, ...], true: bool) -> None:
    assert truth(ending(*bodies)) is true


def test_the_end_speaks_where_nobody_did() -> None:
    quiet = ending(false("other"))
    assert truth(quiet) is False
    outside = replace(quiet, site=replace(quiet.site, state=SiteState.EXEMPT))
    assert truth(outside) is None


def test_what_told_of_it_stands_in_the_order_in_which_it_came() -> None:
    told = ending(false("other"))
    came = [picture(1, ObservationKind.REPORT), picture(2), picture(3, ObservationKind.DEVICE), picture(4)]
    assert found(told, came) == (Found.REPORT, Found.CAMERA, Found.DEVICE)
    assert found(told, [picture(1, ObservationKind.SINGLE)]) == (Found.PICTURE,)
    assert [found(replace(told, origin=one), ()) for one in Origin] == [
        (Found.PERSON,), (Found.PATROL,), (Found.FILING,), (Found.STRIKE,), (Found.PERSON,),
    ]  # fmt: skip


def test_an_outcome_is_read_as_it_was_written() -> None:
    broken = ViolationOpened(UUID(int=5), "V-SIGNS", Grave.MINOR, "第三十六条", "no sign", rules="2026-2")
    matched = Matched(UUID(int=6), "near", 0.9, "2026-3")
    told = ending(matched, broken, *looked("other", true=False), false("other"), risk_version="2026-4")
    seen = Sighted(
        (Shown(ALARM, "a" * 64, (1.0, 2.0, 3.0, 4.0)),), "machine", "excavator", (picture(1),), ("screen-7",)
    )
    one = outcome_of(UUID(int=8), told, seen)
    kept: TypeAdapter[Outcome] = TypeAdapter(Outcome)
    assert kept.validate_python(kept.dump_python(one, mode="json")) == one
    assert one.policies == {"matching": "2026-3", "supervision": "2026-2", "risk": "2026-4"}
    assert (one.violations, one.models, one.missed) == (("V-SIGNS",), ("screen-7",), False)


def test_of_the_next_episode_only_what_happened_in_it() -> None:
    broken = ViolationOpened(UUID(int=5), "V-SIGNS", Grave.MINOR, "第三十六条", "no sign", rules="2026-2")
    first = (*looked("other", true=False), broken, false("other"))
    one = outcome_of(UUID(int=8), ending(*first, Reopened("back"), false("weather_or_light")), Sighted())
    assert (one.violations, one.said, one.policies, one.verified_at) == ((), (), {}, None)
    assert one.first_seen is None
    assert one.opened_at == NOW + timedelta(minutes=len(first) + 1)


def test_missed_is_works_in_view_that_no_camera_raised() -> None:
    told = ending(*looked("digging", true=True), *CLOSED)
    by_report = Sighted(observations=(picture(1, ObservationKind.REPORT),), views=(camera(),))
    assert outcome_of(UUID(int=8), told, by_report).missed
    by_camera = replace(by_report, observations=(*by_report.observations, picture(2)))
    assert not outcome_of(UUID(int=8), told, by_camera).missed
    assert not outcome_of(UUID(int=8), told, replace(by_report, views=())).missed
    assert not outcome_of(UUID(int=8), ending(false("other")), by_report).missed


def test_one_rendered_picture_or_camera_marks_the_whole() -> None:
    told = ending(*looked("digging", true=True), *CLOSED)
    plain = Sighted(observations=(picture(1), picture(2)), views=(camera(),))
    assert not outcome_of(UUID(int=8), told, plain).rendered
    drawn = replace(plain, observations=(picture(1), picture(2, rendered=True)))
    assert outcome_of(UUID(int=8), told, drawn).rendered
    assert outcome_of(UUID(int=8), told, replace(plain, views=(camera(rendered=True),))).rendered
