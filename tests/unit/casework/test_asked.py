"""What people send to a site becomes what happens there: every act its own event, every picture of it looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pipewarden.casework import service
from pipewarden.casework.facts import (
    Body,
    ContractorNamed,
    DamageRecorded,
    Discovered,
    MapDoubted,
    Matched,
    MergedInto,
    OwnerGiven,
    Parted,
    Replaced,
    ReportAcknowledged,
    ViolationOpened,
)
from pipewarden.casework.facts.standby import GasFound, StandbyMissed
from pipewarden.casework.http.asked import ActIn, ProofIn, body_of
from pipewarden.casework.http.named import pictures_of, with_pictures

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

ID = UUID(int=7)
SHA = "ab" * 32
PICTURE = "A" * 22  # an id, as requests name pictures
PLACE = {"lon": 116.7, "lat": 39.5, "accuracy_m": 4}
PROOF = {"pictures": [PICTURE], "words": " No. 7 ", "signed_by": ["Li", "Wang"]} | PLACE
SENT: dict[str, dict[str, Any]] = {
    "accept": {},
    "decline": {"reason": "ill"},
    "arrive": {"proof": PROOF},
    "verify": {"true": False, "code": "passing_vehicle", "proof": PROOF},
    "advance": {"to": "filed", "proof": PROOF},
    "change": {"reason": "deeper"},
    "fix": {"violation_id": str(ID), "proof": PROOF},
    "stop": {"reason": "no plan"},
    "refuse_stop": {"stop_id": str(ID), "proof": PROOF},
    "resume": {"stop_id": str(ID), "proof": PROOF},
    "report": {"to": "城管", "reason": "refused"},
    "answer": {"report_id": str(ID), "answer": "coming"},
    "dispute": {"by": "建设单位", "reason": "too far"},
    "review_plan": {"dispute_id": str(ID), "upheld": True, "experts": ["王工"], "words": "fine"},
    "repair": {"utility": "water"},
    "repair_papers": {"proof": PROOF},
    "strike": {"words": "gas"},
    "report_strike": {"to": "应急局"},
    "end": {"to": "exempt", "code": "no_digging", "reason": "lamps", "until": "2026-12-01T00:00:00Z"},
    "reopen": {"reason": "seen"},
    "standby": {"proof": PROOF},
    "record": {"step": "marking", "proof": PROOF, "record": {"number": "7"}},
    "note": {"words": "x", "shown": [PICTURE]},
}
BY_LOOKING_UP = {"assign", "violate", "name_contractor"}  # these ask the database: tested with the commands
OF_THE_HOUSE = {Discovered, Replaced, MergedInto, Parted, MapDoubted, Matched, DamageRecorded, StandbyMissed, GasFound}
OF_AUTHORITIES = {ReportAcknowledged}  # at a door of its own
ACT = TypeAdapter(ActIn)


def asked(kind: str, **more: Any) -> Any:
    return ACT.validate_python({"version": 1, "act": {"kind": kind} | SENT.get(kind, {}) | more}).act


def refused(kind: str, **more: Any) -> str:
    with pytest.raises(ValidationError) as told:
        asked(kind, **more)
    return ".".join(str(one) for one in told.value.errors()[0]["loc"])


def test_every_act_is_an_event_of_its_own_and_no_two_are_the_same(work: Work) -> None:
    made = {kind: type(body_of(asked(kind), work, ID)) for kind in SENT}
    assert len(set(made.values())) == len(made)
    wanted = set(get_args(Body)) - OF_THE_HOUSE - OF_AUTHORITIES - {OwnerGiven, ViolationOpened, ContractorNamed}
    assert set(made.values()) == wanted, "every event that is not the house's own can be sent"
    schema = ACT.json_schema()["properties"]["act"]["discriminator"]["mapping"]
    assert set(schema) == set(SENT) | BY_LOOKING_UP


@pytest.mark.parametrize("kind", sorted(kind for kind, told in SENT.items() if "proof" in told or "shown" in told))
def test_no_picture_slips_past_the_look_whether_it_is_here(kind: str, work: Work) -> None:
    """A proof that names a picture nobody has brought would be no proof."""
    act = asked(kind)
    assert list(pictures_of(act)) == [PICTURE]
    body = body_of(with_pictures(act, [SHA]), work, ID)
    named = body.pictures if kind == "note" else body.proof.pictures  # type: ignore[union-attr]
    assert named == (SHA,)


@pytest.mark.parametrize(
    "kind", sorted(kind for kind, told in SENT.items() if "proof" not in told and "shown" not in told)
)
def test_an_act_without_pictures_asks_for_none(kind: str) -> None:
    assert list(pictures_of(asked(kind))) == []


def test_stops_and_reports_get_an_id_of_their_own_each_time(work: Work) -> None:
    for kind, field in (("stop", "stop_id"), ("report", "report_id")):
        first, second = (getattr(body_of(asked(kind), work, ID), field) for _ in range(2))
        assert len({first, second, ID}) == 3


def test_who_closes_decides_and_who_takes_another_step_works() -> None:
    for kind, to, wanted in (("advance", "closed", service.DECIDE), ("advance", "completed", service.WORK)):
        body = body_of(asked(kind, to=to), None, ID)  # type: ignore[arg-type]
        assert service.permission_of(body) == wanted


@given(
    st.one_of(st.none(), st.floats(-180, 180)), st.one_of(st.none(), st.floats(-90, 90)), st.none() | st.floats(0, 1e5)
)
def test_a_position_is_whole_or_none(lon: float | None, lat: float | None, accuracy_m: float | None) -> None:
    proof = ProofIn(lon=lon, lat=lat, accuracy_m=accuracy_m).fact()
    if lon is None or lat is None:
        assert (proof.lon, proof.lat, proof.accuracy_m) == (None, None, None)
    else:
        assert (proof.lon, proof.lat, proof.accuracy_m) == (lon, lat, accuracy_m)


def test_what_a_proof_cannot_hold_is_named() -> None:
    for slip, where in (
        ({"pictures": ["AB" * 32]}, "pictures.0"),
        ({"pictures": [PICTURE[:-1]]}, "pictures.0"),
        ({"pictures": [PICTURE] * 41}, "pictures"),
        ({"lon": 180.1, "lat": 0}, "lon"),
        ({"lon": 0, "lat": float("nan")}, "lat"),
        ({"accuracy_m": float("inf")}, "accuracy_m"),
        ({"words": "x" * 2001}, "words"),
        ({"signed_by": ["Li"] * 41}, "signed_by"),
        ({"signed_by": [""]}, "signed_by.0"),
        ({"witness": "x" * 201}, "witness"),
        ({"seal": True}, "seal"),
    ):
        assert refused("arrive", proof=slip).endswith(f"proof.{where}"), slip


def test_every_act_refuses_a_field_that_it_does_not_know() -> None:
    for kind in SENT:
        assert refused(kind, colour="red").endswith("colour"), kind


def test_an_end_is_exempt_or_false_and_its_watch_has_a_zone() -> None:
    for to in ("closed", "discovered", "completed"):
        assert refused("end", to=to).endswith("to")
    assert refused("end", until="2026-12-01T00:00:00").endswith("until")
    assert asked("end", to="false", until=None).until is None
