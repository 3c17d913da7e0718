from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipewarden.inference import service
from pipewarden.inference.facts import ModelRef, Outcome
from pipewarden.inference.store import AliasRow, CallRow, ModelRow
from pipewarden.kit.clock import SetClock
from pipewarden.kit.errors import InputError
from pipewarden.kit.work import Work
from pipewarden.people import service as people

REF = ModelRef(name="screen", version="1", sha256="0" * 64)


def _count(session: Session, row: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(row)) or 0


def test_shipped_models_are_registered_and_active(work: Work, toy: Any) -> None:
    shipped = service.register_shipped(work, toy.folder)
    assert [model.ref.name for model in shipped] == ["screen", "look", "type"]
    champion = service.active(work, "screen")
    assert champion is not None
    assert champion.model == shipped[0]
    assert champion.actor == "shipped"
    assert champion.at == work.now()
    row = work.session.scalars(select(ModelRow).where(ModelRow.name == "screen")).one()
    assert row.manifest["file"] == "screen-1.onnx"
    assert row.bytes == 477


def test_registering_twice_changes_nothing(work: Work, toy: Any) -> None:
    first = service.register_shipped(work, toy.folder)
    assert service.register_shipped(work, toy.folder) == first
    assert _count(work.session, ModelRow) == 3
    assert _count(work.session, AliasRow) == 3


def test_registering_takes_few_statements_however_many_models(
    work: Work, toy: Any, count_statements: list[str]
) -> None:
    service.register_shipped(work, toy.folder)
    assert len([one for one in count_statements if "inference_" in one]) <= 5


def test_an_upgrade_takes_over_and_history_remembers(work: Work, clock: SetClock, toy: Any, byte_toy: Any) -> None:
    old = service.register_shipped(work, toy.folder)[0]
    first_day = work.now()
    clock.advance(timedelta(days=7))
    new = service.register_shipped(work, byte_toy.folder)[0]
    assert new.ref.sha256 != old.ref.sha256
    now, then = service.active(work, "screen"), service.active(work, "screen", at=first_day + timedelta(days=1))
    assert now is not None
    assert now.model == new
    assert then is not None
    assert then.model == old
    assert service.active(work, "screen", at=first_day - timedelta(seconds=1)) is None
    assert [one.model for one in service.history(work, "screen")] == [old, new]
    assert len(service.history(work, "look")) == 1  # the same file in both releases


def test_a_persons_choice_is_not_overruled_by_an_upgrade(work: Work, toy: Any, byte_toy: Any) -> None:
    old = service.register_shipped(work, toy.folder)[0]
    service.register_shipped(work, byte_toy.folder)
    chosen = service.promote(work, old.ref, actor="li.na")
    assert (chosen.model, chosen.actor) == (old, "li.na")
    service.register_shipped(work, byte_toy.folder)
    champion = service.active(work, "screen")
    assert champion is not None
    assert champion.model == old


def test_an_unknown_model_cannot_be_promoted(work: Work, toy: Any) -> None:
    service.register_shipped(work, toy.folder)
    with pytest.raises(InputError) as caught:
        service.promote(work, REF, actor="li.na")
    assert caught.value.field == "model"
    assert "screen-1" in caught.value.fix


def test_nothing_is_active_before_the_first_choice(work: Work) -> None:
    assert service.active(work, "screen") is None
    assert service.history(work, "screen") == []


def test_an_empty_manifest_registers_nothing(work: Work, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("[]")
    assert service.register_shipped(work, tmp_path) == []


def test_a_wrong_manifest_writes_nothing(work: Work, toy: Any) -> None:
    toy.change("type", sha256="zz")
    with pytest.raises(InputError):
        service.register_shipped(work, toy.folder)
    assert _count(work.session, ModelRow) == 0


def test_tenants_do_not_see_each_others_models(work: Work, clock: SetClock, toy: Any) -> None:
    service.register_shipped(work, toy.folder)
    other = people.ensure_tenant(work.session, clock, work.ids, "other")
    theirs = Work(session=work.session, clock=clock, ids=work.ids, tenant_id=other.id)
    assert service.active(theirs, "screen") is None
    service.register_shipped(theirs, toy.folder)
    mine, his = service.active(work, "screen"), service.active(theirs, "screen")
    assert mine is not None
    assert his is not None
    assert mine.model.id != his.model.id


def test_a_call_is_one_row(work: Work, clock: SetClock) -> None:
    service.record_call(work, REF, items=16, ms=134.5)
    clock.advance(timedelta(seconds=1))
    service.record_call(work, REF, items=1, ms=3.0, outcome=Outcome.FAILED)
    rows = list(work.session.scalars(select(CallRow).order_by(CallRow.at)))
    assert [(row.model, row.version, row.sha256, row.items, row.ms, row.outcome) for row in rows] == [
        ("screen", "1", "0" * 64, 16, 134.5, "ok"),
        ("screen", "1", "0" * 64, 1, 3.0, "failed"),
    ]
    assert rows[1].at - rows[0].at == timedelta(seconds=1)
    assert {row.tenant_id for row in rows} == {work.tenant_id}
