"""The worker's hour: old questions of every tenant go, on a real home; those that a review rests on stay."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vision_site import Scripted, question

from pipewarden.inference import service as inference
from pipewarden.inference.facts import VisionPolicy
from pipewarden.main import judging
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    import pytest

    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home


def asked(work: Work, words: str) -> UUID:
    inference.set_vision_policy(work, people.operator(), VisionPolicy(("https://vision.test",), 10**9, 6000))
    told = inference.ask(inference.Door(Scripted([None])), lambda: nullcontext(work), question({"scene": words}))
    assert told.call_id is not None
    return told.call_id


def test_every_tenants_old_questions_go_but_for_those_in_hand(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    tenants = []
    for key in ("forget-a", "forget-b"):
        with home.factory.sessions() as session, session.begin():
            tenants.append(people.ensure_tenant(session, home.factory.clock, home.factory.ids, key).id)
    made = {}
    for tenant in tenants:
        with home.factory.begin(tenant) as work:
            made[tenant] = [asked(work, "one"), asked(work, "two")]
    needed = made[tenants[0]][0]

    def in_hand(work: Work) -> set[Any]:
        return {needed} if work.tenant_id == tenants[0] else set()

    monkeypatch.setattr("pipewarden.judge.service.calls_in_hand", in_hand)
    assert home.settings.vision_kept_days == 90
    assert judging.forget_calls(home) == 0
    later = home.settings.model_copy(update={"vision_kept_days": -1})  # as if tomorrow were past: the clock is shared
    judging.forget_calls(replace(home, settings=later))
    left = []
    for tenant in tenants:
        with home.factory.begin(tenant) as work:
            left.append([one.id for one in inference.vision_calls(work)])
    assert left == [[needed], []]
