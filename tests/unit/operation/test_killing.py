"""Every kill switch by the words people say: on record, refused where no door asks it, and each door has a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipewarden.kit.errors import InputError
from pipewarden.operation import service
from pipewarden.people import service as people

TESTS = Path(__file__).resolve().parents[1]
# where each door is shown to ask its switch
PROOFS = {
    "model:screen": "perceive/test_perceive_switch.py",
    "model:verifier": "judge/test_judge_switch.py",
    "model:vision": "inference/test_vision_asking.py",
    "upload:public": "sense/test_sense_uploads.py",
    "channel:": "act/test_act_sending.py",
    "channel:cloudevents": "act/test_act_hooks.py",
    "payout:wechat": "market/test_payouts_misbehaving.py",
}


def root(work: Any) -> Any:
    return people.operator(work.tenant_id)


@pytest.mark.parametrize("door", service.DOORS, ids=lambda one: one.said)
def test_each_word_closes_its_door_on_record_and_opens_it_again(work: Any, door: Any) -> None:
    said, made = service.kill(work, root(work), door.said, on=False, why="drill")
    assert (said, made.name, made.on) == (door, door.name, False)
    assert people.Switchboard(work).off(door.name) is not None
    assert dict(service.switches_known(work))[door] == made
    last = people.read(work, root(work))[-1]
    assert (last.act, last.object_id) == ("switch.set", door.name)
    service.kill(work, root(work), door.name, on=True, why="over")
    assert people.Switchboard(work).off(door.name) is None
    assert dict(service.switches_known(work))[door] is None


def test_each_door_is_tried_where_it_stands() -> None:
    for door in service.DOORS:
        proof = PROOFS.get(door.name) or PROOFS[door.name.partition(":")[0] + ":"]
        words = (TESTS / proof).read_text(encoding="utf-8")
        assert "set_switch" in words


def test_a_vision_model_is_switched_by_its_name(work: Any) -> None:
    _, made = service.kill(work, root(work), "model:qwen3-vl-8b-instruct", on=False, why="drill")
    assert made.name == "model:qwen3-vl-8b-instruct"
    assert "model:qwen3-vl-8b-instruct" in {door.name for door, _ in service.switches_known(work)}


@pytest.mark.parametrize("what", ["payout:alipay", "everything", "", "model:", "channel:inapp", "camera:x"])
def test_what_no_door_asks_is_refused_and_not_put_on_record(work: Any, what: str) -> None:
    with pytest.raises(InputError) as caught:
        service.kill(work, root(work), what, on=False, why="drill")
    assert "public-upload" in caught.value.fix
    assert people.switches(work) == []


def test_a_switch_without_a_reason_is_refused(work: Any) -> None:
    with pytest.raises(InputError) as caught:
        service.kill(work, root(work), "sms", on=False, why=" ")
    assert caught.value.field == "reason"
