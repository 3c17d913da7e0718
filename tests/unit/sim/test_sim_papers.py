"""Filed works and open sites of the day, as the judge takes them."""

from datetime import UTC, datetime, timedelta

import numpy as np
from shapely import Point, Polygon

from pipewarden.judge.rules.papers import open_until
from pipewarden.kit.geo import LocalFrame
from pipewarden.sim import service as sim


def test_exactly_the_filed_works_are_permitted() -> None:
    filed = {one.key for one in sim.demo_truth().works if one.filed}
    assert {one.key for one in sim.permitted()} == filed
    assert "S01" not in filed, "nobody filed it"


def test_a_permit_holds_its_own_works_and_no_other() -> None:
    works = sim.demo_truth().works
    for one in sim.permitted():
        mine = next(work for work in works if work.key == one.key)
        frame = LocalFrame(mine.lon, mine.lat)
        area = Polygon(frame.to_metres(np.array(one.ring)))
        inside = {w.key for w in works if area.covers(Point(frame.to_metres(np.array([(w.lon, w.lat)]))[0]))}
        assert inside == {one.key}


def test_a_permit_runs_while_its_works_go_on_and_not_at_night() -> None:
    day = sim.demo_day()
    works = {one.key: one for one in sim.demo_truth().works}
    for one in sim.permitted():
        begun = day.start + timedelta(seconds=works[one.key].start_s)
        assert open_until(one, begun) is not None
        assert open_until(one, day.start + timedelta(hours=20)) is None


def test_the_day_may_begin_at_another_moment() -> None:
    moved = datetime(2027, 1, 4, 1, tzinfo=UTC)
    one, other = sim.permitted(moved)[0], sim.permitted()[0]
    assert one.starts_at - moved == other.starts_at - sim.demo_day().start


def test_a_site_is_open_from_the_word_of_field_staff_until_its_works_are_over() -> None:
    truth = sim.demo_truth()
    told = next(one for one in truth.reports if one.key == "R04")
    works = next(one for one in truth.works if one.key == told.about)
    moments = (told.at_s - 1, told.at_s, works.end_s - 1, works.end_s)
    assert ["R04" in {one.key for one in sim.open_places(at_s)} for at_s in moments] == [False, True, True, False]


def test_a_residents_pin_opens_no_site() -> None:
    keys = {one.key for at_s in range(0, 43_200, 600) for one in sim.open_places(float(at_s))}
    assert keys == {"R01", "R03", "R04", "R06", "R07", "R09", "R11"}


def test_an_open_site_holds_the_works_that_were_told_and_no_other() -> None:
    truth = sim.demo_truth()
    about = {one.key: one.about for one in truth.reports}
    for at_s in range(0, 43_200, 600):
        for one in sim.open_places(float(at_s)):
            frame = LocalFrame(*one.ring[0])
            area = Polygon(frame.to_metres(np.array(one.ring)))
            places = {w.key: frame.to_metres(np.array([(w.lon, w.lat)]))[0] for w in truth.works}
            assert {key for key, place in places.items() if area.covers(Point(place))} == {about[one.key]}
