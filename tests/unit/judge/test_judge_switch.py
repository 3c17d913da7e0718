"""The verifier's kill switch: what it would have answered goes to a person, and comes back when it is on again."""

from __future__ import annotations

from typing import Any

from pipewarden.judge.facts import OpinionKind, Verdict
from pipewarden.judge.service import Bench
from pipewarden.network.facts import Zone
from pipewarden.people import service as people


def switch(street: Any, *, on: bool) -> None:
    root = people.operator(street.work.tenant_id)
    people.set_switch(street.work, root, "model:verifier", on=on, reason="says no to everything")


def local(scripted: Any, says: Any) -> Any:
    judge = scripted([says("no")] * 3, patience_s=0.0)
    judge.name = "local"
    return judge


def test_off_means_a_person_and_the_verifier_is_not_asked(street: Any, scripted: Any, says: Any) -> None:
    street.zone = Zone.OUTSIDE
    street.camera("cam-a", calibrated=True)
    judge = local(scripted, says)
    street.bench = Bench(second=judge)
    switch(street, on=False)
    one = street.seen()
    case = street.case(one)
    assert (case.verdict, street.codes(one)) == (Verdict.PERSON, ["undecided"])
    assert case.opinion is None
    assert judge.cases == []
    assert street.queue() == [one]


def test_on_again_it_is_asked_as_before(street: Any, scripted: Any, says: Any) -> None:
    street.zone = Zone.OUTSIDE
    street.camera("cam-a", calibrated=True)
    judge = local(scripted, says)
    street.bench = Bench(second=judge)
    switch(street, on=False)
    switch(street, on=True)
    one = street.seen()
    case = street.case(one)
    assert case.opinion is not None
    assert case.opinion.kind is OpinionKind.NO
    assert case.verdict is Verdict.REJECTED
