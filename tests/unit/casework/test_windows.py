"""What an answered filing silences at the judge: known works away from the pipe, and never works in its range."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from filed_street import act, dig, filed, follow, place_of, see, the_site

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    Answered,
    Cancelled,
    HandedOver,
    Hours,
    Method,
    Party,
    PartyRole,
    Renewed,
    Revised,
    StopOrdered,
)
from pipewarden.judge import store as judge_store
from pipewarden.judge.facts import Code, Verdict
from pipewarden.kit.geo import LocalFrame
from pipewarden.locate.facts import GroundPoint
from pipewarden.network import service as network
from pipewarden.network.facts import Around, Regime, Zone

HERE = (116.7, 39.5)
DAY = timedelta(days=1)


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> None:
    """A map that shows the works in the control range of a city gas pipe."""
    monkeypatch.setattr(network, "around", lambda *_, **__: Around({Regime.CITY_GAS: Zone.CONTROL}, ()))


def known(street: Any, place: tuple[float, float] = HERE) -> list[str]:
    """Return the filings whose permitted works the judge knows at a place."""
    found = judge_store.places.permitted(street.work, GroundPoint(*place, (1.0, 0.0, 1.0)))
    return [one.key for one in found]


@pytest.mark.usefixtures("control")
def test_the_judge_hears_of_a_filing_when_it_is_answered_and_of_every_change_after(street: Any) -> None:
    kept = filed(street, HERE, method=Method.OTHER, answered=False)
    assert known(street) == []
    kept = act(street, kept, Answered("no pipes"))
    assert known(street) == [f"{kept.filing.id}/0"]
    kept = act(street, kept, Renewed(kept.filing.works.valid_until + DAY, "rain"))
    assert known(street) == [], "a new end waits for an answer"
    kept = act(street, kept, Answered("x"))
    assert known(street) == [f"{kept.filing.id}/0"]
    kept = act(street, kept, HandedOver(Party(PartyRole.OPERATOR, "the next one", "1"), "across the border"))
    assert known(street) == []
    kept = act(street, kept, Answered("x"))
    kept = act(street, kept, Revised(replace(kept.filing.works, machines=("dump_truck",)), "less"))
    assert known(street) == []
    kept = act(street, kept, Answered("x"))
    assert known(street) == [f"{kept.filing.id}/0"]
    act(street, kept, Cancelled("not this year"))
    assert known(street) == []


@pytest.mark.usefixtures("control")
def test_a_window_ends_with_its_filing_and_is_cleared_with_the_next_change(street: Any) -> None:
    kept = filed(street, HERE, method=Method.OTHER)
    elsewhere = (HERE[0] + 0.01, HERE[1])
    assert known(street, elsewhere) == []
    street.clock.advance(9 * DAY - timedelta(microseconds=1))
    assert known(street) == [f"{kept.filing.id}/0"]
    street.clock.advance(timedelta(microseconds=1))
    assert known(street) == []
    filed(street, elsewhere, method=Method.OTHER)
    rows = street.work.session.query(judge_store.tables.PermittedRow).count()
    assert (rows, len(known(street, elsewhere))) == (1, 1)


@pytest.mark.usefixtures("control")
def test_a_window_says_area_hours_and_machines(street: Any) -> None:
    filed(street, HERE, method=Method.OTHER, hours=Hours(time(22), time(5)), machines=())
    (one,) = judge_store.places.permitted(street.work, GroundPoint(*HERE, (1.0, 0.0, 1.0)))
    assert (one.daily, one.zone) == ((time(22), time(5)), "Asia/Shanghai")
    assert one.machines == {"excavator", "loader_dozer", "dump_truck"}
    area = shapely.Polygon(one.ring)
    assert area.contains(shapely.Point(HERE))
    metres = LocalFrame(*HERE).to_metres(np.array(one.ring))
    assert shapely.Polygon(metres).area == pytest.approx(1600, rel=0.01)


@pytest.mark.parametrize("method", [Method.BLASTING, Method.TRENCHLESS, Method.PIPE_JACKING, Method.EXCAVATION])
@pytest.mark.usefixtures("control")
def test_works_that_want_a_plan_in_the_control_range_are_silenced_by_no_paper(street: Any, method: Method) -> None:
    filed(street, HERE, method=method)
    assert known(street) == []


@pytest.mark.parametrize("zone", [Zone.PROTECTION, Zone.UNKNOWN])
def test_works_in_the_protection_range_are_silenced_by_no_paper(
    street: Any, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "around", lambda *_, **__: Around({Regime.CITY_GAS: zone}, ()))
    for method in Method:
        filed(street, HERE, method=method)
    assert known(street) == []


@pytest.mark.usefixtures("control")
def test_an_alarm_in_the_protection_range_stands_whatever_was_filed_there(street: Any) -> None:
    """The map of the filing said control; where the machine stands now is what counts."""
    dig(street)
    filed(street, place_of(street), method=Method.OTHER)
    (alarm,) = street.alarms()
    assert alarm.answer.zone is Zone.PROTECTION
    street.judge(alarm.id)
    assert Code.FILED.value not in street.codes(alarm.id)
    assert street.case(alarm.id).verdict is not Verdict.REJECTED


@pytest.mark.usefixtures("control")
def test_known_works_that_the_judge_silences_still_answer_to_the_rules_of_their_site(
    street: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paper says that works are known, not that there are none: a stop order is broken by them all the same."""
    dig(street)
    monkeypatch.setattr("pipewarden.judge.rules.papers.INSIDE", frozenset[Zone]())
    filed(street, place_of(street), method=Method.OTHER, machines=("excavator", "loader_dozer", "dump_truck"))
    site = store.sites.lock(street.work, [the_site(street).id])[the_site(street).id]
    service.append(street.work, site, [StopOrdered(street.work.ids.new(), "danger")], "user:1")
    for _ in range(3):
        see(street)
        street.judge(*(one.id for one in street.alarms()))
        follow(street)
    assert street.case(street.alarms()[0].id).verdict is Verdict.REJECTED
    assert "V-STOPPED-WORK" in {one.code for one in the_site(street).violations}
