"""A filing from its first word to its end: what follows, what is refused, and where it stands by the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import shapely

from pipewarden.casework.facts import (
    Answered,
    Cancelled,
    Checked,
    Decision,
    Filed,
    Filing,
    FilingBody,
    FilingEvent,
    FilingState,
    HandedOver,
    Method,
    Party,
    PartyRole,
    Renewed,
    Revised,
    Works,
)
from pipewarden.casework.rules.filing_life import apply_filing, check_follows, check_works, fold_filing, state_at
from pipewarden.casework.rules.filing_read import read_works
from pipewarden.casework.rules.fold import IllegalEventError
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network.facts import Zone

T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)
START, END = datetime(2026, 3, 9, 16, tzinfo=UTC), datetime(2026, 3, 20, 16, tzinfo=UTC)
AREA = bytes(shapely.to_wkb(shapely.box(116.7, 39.52, 116.701, 39.521)))
WORKS = Works("CN-HE", AREA, Method.OPEN_CUT, START, END, machines=("excavator",), depth_m=2.0)
ONE, TENANT = UUID(int=7), UUID(int=8)
NEXT_DOOR = Party(PartyRole.OPERATOR, "邻区燃气", "12345")


def history(*bodies: tuple[FilingBody, datetime]) -> list[FilingEvent]:
    return [
        FilingEvent(UUID(int=100 + n), TENANT, ONE, at, "person:1", n, body)
        for n, (body, at) in enumerate(bodies, start=1)
    ]


def filing(*bodies: FilingBody, at: datetime = T0) -> Filing:
    return fold_filing(history((Filed(WORKS), T0), *((body, at) for body in bodies)))


def test_a_filing_is_valid_only_answered_and_in_its_period():
    waits, answered = filing(), filing(Answered("三根管线"))
    moment = timedelta(microseconds=1)
    assert state_at(waits, START) is FilingState.FILED
    assert state_at(answered, START - moment) is FilingState.ANSWERED
    assert state_at(answered, START) is FilingState.VALID
    assert state_at(answered, END - moment) is FilingState.VALID
    assert state_at(answered, END) is state_at(waits, END) is FilingState.EXPIRED
    assert state_at(filing(Answered(""), Cancelled("不做了")), START) is FilingState.CANCELLED


def test_the_houses_look_is_no_answer():
    said = Decision(T0, "CN-HE", ("CN-HE",), Zone.PROTECTION, (), ())
    looked = filing(Checked(said))
    assert looked.decision == said
    assert state_at(looked, START) is FilingState.FILED


def test_a_revision_is_answered_and_looked_at_anew():
    said = Decision(T0, "CN-HE", ("CN-HE",), Zone.PROTECTION, (), ())
    later = T0 + timedelta(hours=1)
    revised = filing(Checked(said), Answered(""), Revised(replace(WORKS, depth_m=6.0), "改深"), at=later)
    assert (revised.works.depth_m, revised.filed_at, revised.version) == (6.0, later, 4)
    assert revised.answered_at is revised.decision is None
    assert state_at(revised, START) is FilingState.FILED


def test_a_renewal_keeps_when_it_was_filed_and_waits_for_the_operator():
    later = END - timedelta(days=1)
    renewed = filing(Renewed(END + timedelta(days=5), "雨天延期"), at=later)
    assert (renewed.works.valid_until, renewed.filed_at) == (END + timedelta(days=5), T0)
    assert state_at(renewed, later) is FilingState.FILED
    with pytest.raises(InputError, match="no later than the present end"):
        check_follows(renewed, Renewed(END, "again"), later)


def test_a_hand_over_puts_the_other_operator_in_its_place():
    first = replace(WORKS, parties=(Party(PartyRole.OWNER, "甲", ""), Party(PartyRole.OPERATOR, "本市燃气", "1")))
    handed = fold_filing(history((Filed(first), T0), (Answered(""), T0), (HandedOver(NEXT_DOOR, "越界"), T0)))
    assert [one.name for one in handed.works.parties] == ["甲", "邻区燃气"]
    assert handed.answered_at is None
    with pytest.raises(InputError, match="no operator"):
        check_follows(handed, HandedOver(Party(PartyRole.OWNER, "甲", ""), "x"), T0)


@pytest.mark.parametrize(
    ("before", "body", "at", "problem"),
    [
        ([Cancelled("x")], Renewed(END + timedelta(days=1), "x"), T0, "is cancelled"),
        ([Cancelled("x")], Cancelled("x"), T0, "is cancelled"),
        ([], Renewed(END + timedelta(days=1), "x"), END, "has expired"),
        ([], Answered("x"), END, "has expired"),
        ([Answered("x")], Answered("x"), T0, "answered already"),
        ([], Revised(replace(WORKS, urgent=True), "x"), T0, "emergency"),
    ],
)
def test_what_cannot_follow_is_refused_and_never_folded(
    before: list[FilingBody], body: FilingBody, at: datetime, problem: str
):
    stands = filing(*before)
    with pytest.raises(RefusedError, match=problem):
        check_follows(stands, body, at)
    with pytest.raises(IllegalEventError):
        apply_filing(stands, FilingEvent(UUID(int=1), TENANT, ONE, at, None, stands.version + 1, body))


def test_a_history_begins_with_works_and_counts_without_a_gap():
    for broken in ([], history((Answered(""), T0)), history((Filed(WORKS), T0), (Filed(WORKS), T0))):
        with pytest.raises(IllegalEventError):
            fold_filing(broken)
    events = history((Filed(WORKS), T0), (Answered(""), T0))
    with pytest.raises(IllegalEventError):
        fold_filing([events[0], replace(events[1], version=3)])
    with pytest.raises(IllegalEventError):
        fold_filing([events[0], replace(events[1], filing_id=UUID(int=9))])


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"valid_until": START}, "valid_until"),
        ({"valid_until": START - timedelta(days=1)}, "valid_until"),
        ({"valid_until": START + timedelta(days=1099)}, "valid_until"),
        ({"machines": ("digger",)}, "machines"),
        ({"depth_m": 0.0}, "depth_m"),
        ({"depth_m": float("nan")}, "depth_m"),
        ({"depth_m": 900.0}, "depth_m"),
        ({"parties": (Party(PartyRole.OWNER, " ", ""),)}, "parties"),
        ({"area": bytes(shapely.to_wkb(shapely.box(116.0, 39.0, 116.5, 39.5)))}, "area"),
    ],
)
def test_works_that_cannot_be_meant_are_refused_by_their_field(changed: dict[str, object], field: str):
    check_works(WORKS)
    with pytest.raises(InputError) as caught:
        check_works(replace(WORKS, **changed))  # type: ignore[arg-type]
    assert caught.value.field == field


def given(**more: object) -> dict[str, object]:
    return {"method": "open_cut", "valid_from": "2026-03-10", "valid_until": "2026-03-20", **more}


def read(body: dict[str, object]) -> Works:
    return read_works(body, place="CN-HE", area=AREA, zone=ZoneInfo("Asia/Shanghai"))


def test_a_form_becomes_works():
    works = read(
        given(
            machines=["excavator", "excavator"],
            depth_m=2,
            hours={"from": "22:00", "to": "05:00"},
            parties=[{"role": "contractor", "name": "市政一公司", "contact": "13800000000"}],
        )
    )
    assert (works.valid_from, works.valid_until, works.machines) == (START, END, ("excavator",))
    assert works.hours is not None
    assert works.hours.shuts.hour == 5
    assert works.parties[0].role is PartyRole.CONTRACTOR


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (given(method="dig"), "method"),
        (given(valid_until="2026-03-09"), "valid_until"),
        (given(valid_from="soon"), "valid_from"),
        (given(colour="red"), "colour"),
        (given(hours={"from": "25:00", "to": "05:00"}), "hours.from"),
        (given(parties=[{"role": "king", "name": "x"}]), "parties.0.role"),
        ({"method": "open_cut"}, "valid_from"),
    ],
)
def test_a_slip_in_a_form_is_told_by_its_field(body: dict[str, object], field: str):
    with pytest.raises(InputError) as caught:
        read(body)
    assert caught.value.field == field
    assert caught.value.fix


def test_one_day_is_a_period():
    works = read(given(valid_until="2026-03-10"))
    assert works.valid_until - works.valid_from == timedelta(days=1)
