"""What people do to sites: one of two wins, one word for alarm and site, and every act of the API is one that folds."""

from __future__ import annotations

import threading
from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

import pytest
from pydantic import TypeAdapter
from site_life import WHOLE
from sqlalchemy import true

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    Accepted,
    Advanced,
    Arrived,
    Body,
    DamageRecorded,
    Declined,
    Discovered,
    Ended,
    MapDoubted,
    Matched,
    MergedInto,
    Noted,
    OwnerGiven,
    Parted,
    Reopened,
    Replaced,
    ReportAcknowledged,
    Resumed,
    SiteState,
    StopOrdered,
    Verified,
    ViolationOpened,
)
from pipewarden.casework.facts.standby import GasFound, StandbyMissed
from pipewarden.casework.http.asked import ActIn, body_of
from pipewarden.casework.http.named import pictures_of, with_pictures
from pipewarden.casework.service import StaleError, StepRefusedError
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JudgePolicy, ReviewCode, Verdict
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from pipewarden.casework.facts import Site
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

SHA = "a" * 64
PICTURE = "A" * 22  # an id, as requests name pictures
SOME = UUID(int=7)
ID = "00000000-0000-7000-8000-000000000001"
PROOF = {"pictures": [PICTURE], "words": "w", "signed_by": ["a", "b"], "lon": 116.7, "lat": 39.5, "accuracy_m": 3}
ACTS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "accept"}, "accepted"),
    ({"kind": "decline", "reason": "ill"}, "declined"),
    ({"kind": "arrive", "proof": PROOF}, "arrived"),
    ({"kind": "verify", "true": True, "code": "digging", "proof": PROOF}, "verified"),
    ({"kind": "advance", "to": "filed", "proof": PROOF}, "advanced"),
    ({"kind": "advance", "to": "closed"}, "advanced"),
    ({"kind": "change", "reason": "deeper"}, "works_changed"),
    ({"kind": "violate", "code": "V-SIGNS", "reason": "gone"}, "violation_opened"),
    ({"kind": "fix", "violation_id": ID, "proof": PROOF}, "violation_fixed"),
    ({"kind": "stop", "reason": "danger"}, "stop_ordered"),
    ({"kind": "refuse_stop", "stop_id": ID, "proof": PROOF}, "stop_refused"),
    ({"kind": "resume", "stop_id": ID, "proof": PROOF}, "resumed"),
    ({"kind": "report", "to": "城管", "reason": "refused"}, "reported"),
    ({"kind": "answer", "report_id": ID, "answer": "coming"}, "report_answered"),
    ({"kind": "dispute", "by": "建设单位", "reason": "too far"}, "plan_disputed"),
    ({"kind": "review_plan", "dispute_id": ID, "upheld": True, "experts": ["王工"], "words": "x"}, "plan_reviewed"),
    ({"kind": "repair", "utility": "water"}, "repair_declared"),
    ({"kind": "repair_papers", "proof": PROOF}, "repair_papers"),
    ({"kind": "strike", "words": "gas"}, "struck"),
    ({"kind": "report_strike", "to": "住建局"}, "accident_reported"),
    ({"kind": "end", "to": "false", "code": "other", "reason": "x"}, "ended"),
    ({"kind": "end", "to": "exempt", "code": "x", "reason": "x", "until": "2027-01-01T00:00:00Z"}, "ended"),
    ({"kind": "reopen", "reason": "seen"}, "reopened"),
    ({"kind": "standby", "proof": PROOF}, "standby_checked"),
    ({"kind": "record", "step": "agreement", "proof": PROOF, "record": {}}, "step_recorded"),
    ({"kind": "name_contractor", "name": "广厦建筑", "reason": "the board"}, "contractor_named"),
    ({"kind": "note", "words": "w", "shown": [PICTURE]}, "noted"),
]
ASKED: TypeAdapter[ActIn] = TypeAdapter(ActIn)


@pytest.mark.parametrize(("act", "kind"), ACTS, ids=[one["kind"] + one.get("to", "") for one, _ in ACTS])
def test_every_act_is_one_thing_that_happens(work: Work, act: dict[str, Any], kind: str) -> None:
    asked = ASKED.validate_python({"version": 1, "act": act})
    body = body_of(with_pictures(asked.act, [SHA] * len(pictures_of(asked.act))), work, work.ids.new())
    assert body.kind == kind
    proof = getattr(body, "proof", None)
    if "proof" in act:
        assert proof is not None
        assert (proof.pictures, proof.signed_by, proof.lon) == ((SHA,), ("a", "b"), 116.7)
        assert list(pictures_of(asked.act)) == [PICTURE]


def test_the_api_knows_an_act_for_everything_that_people_do() -> None:
    # assign needs a person and is tried over HTTP; an authority acknowledges at a door of its own
    houses = {
        Discovered,
        Replaced,
        MergedInto,
        Parted,
        MapDoubted,
        Matched,
        OwnerGiven,
        ReportAcknowledged,
        DamageRecorded,
        StandbyMissed,
        GasFound,  # field's shifts say both
    }
    assert {kind for _, kind in ACTS} == {
        field.default for one in get_args(Body) if one not in houses for field in fields(one) if field.name == "kind"
    }


def test_half_a_place_is_none() -> None:
    asked = ASKED.validate_python({"version": 1, "act": {"kind": "arrive", "proof": {"lon": 116.7}}})
    assert asked.act.proof.fact().lon is None  # type: ignore[union-attr]  an arrival has one


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (Accepted(), service.WORK),
        (StopOrdered(SOME, "x"), service.WORK),
        (Advanced(SiteState.COMPLETED, WHOLE), service.WORK),
        (Advanced(SiteState.CLOSED, WHOLE), service.DECIDE),
        (Resumed(SOME, WHOLE), service.DECIDE),
        (Ended(SiteState.FALSE, "other", "x"), service.DECIDE),
        (Reopened("x"), service.DECIDE),
        (OwnerGiven(SOME, "patroller", "x"), service.DECIDE),
    ],
)
def test_what_is_decided_is_not_for_everybody_who_works_there(body: Body, wanted: str) -> None:
    assert service.permission_of(body) == wanted


def opened(work: Work, zone: Zone = Zone.CONTROL) -> Site:
    return service.open_site(work, Discovered(None, zone, 2, 116.7, 39.5, "seen"))


def test_the_one_who_comes_second_is_told_the_present_version(work: Work) -> None:
    root, site = people.operator(work.tenant_id), opened(work)
    first = service.act(work, root, site.id, site.version, Noted("a"))
    with pytest.raises(StaleError) as told:
        service.act(work, root, site.id, site.version, Noted("b"))
    assert told.value.site == first.site
    assert told.value.more["present"] == {
        "id": str(site.id), "version": first.site.version, "state": first.site.state.value, "headline": first.headline,
    }  # fmt: skip


def test_who_may_not_is_refused_before_anything_is_looked_at(work: Work) -> None:
    site = opened(work)
    nobody = people.system("house", work.tenant_id)
    with pytest.raises(ForbiddenError):
        service.act(work, nobody, site.id, site.version, Noted("a"))
    with pytest.raises(NotFoundError):
        service.act(work, people.operator(work.tenant_id), work.ids.new(), 1, Noted("a"))
    with pytest.raises(InputError, match="nobody who may work"):
        service.owner(work, work.ids.new(), site.id, "nearest")
    with pytest.raises(InputError, match="V-NOPE"):
        service.violation(work, "V-NOPE", "x")


def test_a_violation_of_the_list_brings_its_clause_and_its_time(work: Work) -> None:
    body = service.violation(work, "V-PLAN", "no plan at hand")
    assert isinstance(body, ViolationOpened)
    assert body.clause == "城镇燃气管理条例 第三十四条"
    assert body.due_at == work.now() + timedelta(hours=2)


def test_two_dispatchers_at_once_one_of_them_is_told(home: Home) -> None:
    with home.work() as work:
        site = opened(work)
    start, told = threading.Barrier(2), list[str]()

    def decide(words: str) -> None:
        start.wait()
        try:
            with home.work() as work:
                service.act(work, people.operator(home.tenant_id), site.id, site.version, Noted(words))
            told.append("done")
        except StaleError:
            told.append("stale")

    hands = [threading.Thread(target=decide, args=(words,)) for words in ("a", "b")]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(30)
    assert sorted(told) == ["done", "stale"]
    with home.work() as work:
        assert [one.body.kind for one in store.history.events(work, site.id)].count("noted") == 1


def test_a_transaction_that_dies_leaves_no_event_and_no_fact(home: Home) -> None:
    with home.work() as work:
        site = opened(work)

    def die() -> None:
        with home.work() as work:
            service.act(work, people.operator(home.tenant_id), site.id, site.version, Noted("lost"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        die()
    with home.work() as work:
        assert store.sites.read(work, [site.id])[site.id].version == site.version


def site_of(street: Any, alarm_id: UUID) -> Site:
    return store.sites.lock_of_alarms(street.work, [alarm_id])[alarm_id].site


def gone_there(street: Any, alarm_id: UUID) -> Site:
    """Return the site with the command line's own operator on the spot."""
    site, root = site_of(street, alarm_id), street.root()
    bodies = [Arrived(WHOLE)]
    if site.owner_id != root.id:
        bodies.insert(0, OwnerGiven(root.id, "dispatcher", "there"))  # type: ignore[arg-type]
    return service.append(street.work, site, bodies, "person:1")


def test_a_false_alarm_is_learned_from(street: Any) -> None:
    alarm = street.seen()
    service.follow(street.work, [alarm])
    site = gone_there(street, alarm)
    look = Verified(true=False, code="not_a_machine", proof=WHOLE)
    done = service.act(street.work, street.root(), site.id, site.version, look)
    assert done.site.state is SiteState.FALSE
    assert street.case(alarm).verdict is Verdict.REJECTED
    camera = sense.camera_by_key(street.work, "cam-a")
    assert camera is not None
    assert judge.camera_settings(street.work, camera).remembered > 0  # its scene keeps the box
    street.frame((600.0, 400.0, 120.0, 80.0))
    street.judge()
    service.follow(street.work, [one.id for one in street.alarms()])
    assert site_of(street, alarm).state is SiteState.FALSE  # the same thing at the same place sends nobody again


def test_works_on_the_spot_confirm_the_alarm(street: Any) -> None:
    alarm = street.seen()
    service.follow(street.work, [alarm])
    site = gone_there(street, alarm)
    look = Verified(true=True, code="digging", proof=WHOLE)
    assert service.act(street.work, street.root(), site.id, site.version, look).site.verified
    assert street.case(alarm).verdict is Verdict.CONFIRMED


def test_a_code_says_what_it_says(street: Any) -> None:
    alarm = street.seen()
    service.follow(street.work, [alarm])
    site = gone_there(street, alarm)
    for true_, code in ((True, "other"), (False, "digging"), (False, "nonsense")):
        with pytest.raises(InputError, match="not of the list"):
            service.act(street.work, street.root(), site.id, site.version, Verified(true=true_, code=code, proof=WHOLE))
    assert site_of(street, alarm).version == site.version


def test_where_somebody_else_holds_the_review_theirs_is_the_word_there(street: Any) -> None:
    alarm = street.seen()
    service.follow(street.work, [alarm])
    site = gone_there(street, alarm)
    taker = replace(street.root(), id=street.work.ids.new())
    judge.take(street.work, taker, alarm, JudgePolicy())
    look = Verified(true=False, code="farm_machine", proof=WHOLE)
    done = service.act(street.work, street.root(), site.id, site.version, look)
    assert done.site.state is SiteState.FALSE
    assert street.case(alarm).verdict is Verdict.PERSON
    judge.decide(street.work, taker, alarm, code=ReviewCode.DIGGING, words="", silence=None, policy=JudgePolicy())
    street.frame((600.0, 400.0, 120.0, 80.0))
    service.follow(street.work, [alarm])
    assert site_of(street, alarm).state is not SiteState.FALSE  # two people disagree: somebody goes again


def test_who_is_not_the_owner_neither_accepts_nor_declines(work: Work) -> None:
    site = service.append(work, opened(work), [OwnerGiven(work.ids.new(), "patroller", "nearest")])
    root = people.operator(work.tenant_id)
    for body in (Accepted(), Declined("ill")):
        with pytest.raises(StepRefusedError) as told:
            service.act(work, root, site.id, site.version, body)
        assert told.value.refusal.code == "not_owner"


def test_thirty_clues_from_four_sources_are_one_case(street: Any) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    place = street.alarms()[0].ground
    for _ in range(10):
        street.frame((600.0, 400.0, 120.0, 80.0), step_s=30.0)
    for number in range(18):
        words = ("挖机在管线旁", "网格员：有人在挖", "巡线：没有备案")[number % 3]
        street.report(words, at=(place.lon + number * 1e-6, place.lat))
    street.judge()
    service.follow(street.work, [one.id for one in street.alarms()])
    found = store.sites.page(street.work, true(), service.SiteFilter(), limit=10)
    assert [one.site.alarm_id for one in found] == [alarm]
    assert [one.body.kind for one in store.history.events(street.work, found[0].site.id)].count("discovered") == 1
    assert len(next(one for one in street.alarms() if one.id == alarm).members) == 30
