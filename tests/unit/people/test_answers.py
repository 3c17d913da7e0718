from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from pipewarden.kit.errors import InputError
from pipewarden.people.service import operator
from pipewarden.people.service.answers import Answer, claim, forget, keep
from pipewarden.people.store.answers import AnswerKey

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

ASKED, OTHER = hashlib.sha256(b"one").digest(), hashlib.sha256(b"two").digest()
SAID = Answer(201, "application/json", b'{"id":1}')


def test_a_free_key_has_no_answer_and_then_has_one(work: Work) -> None:
    actor = operator(work.tenant_id)
    assert claim(work, actor, "k", ASKED) == (True, None)
    keep(work, actor, "k", ASKED, SAID)
    assert claim(work, actor, "k", ASKED) == (True, SAID)


def test_another_request_under_the_key_is_refused(work: Work) -> None:
    actor = operator(work.tenant_id)
    keep(work, actor, "k", ASKED, SAID)
    with pytest.raises(InputError) as caught:
        claim(work, actor, "k", OTHER)
    assert caught.value.field == "Idempotency-Key"


def test_keys_of_two_actors_and_two_tenants_do_not_meet(work: Work) -> None:
    actor = operator(work.tenant_id)
    keep(work, actor, "k", ASKED, SAID)
    for stranger in (replace(actor, id=UUID(int=7)), replace(actor, tenant_id=UUID(int=8))):
        assert claim(work, stranger, "k", OTHER) == (True, None)


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\t", "caf\u00e9", "\0"])
def test_a_key_is_plain_and_short(work: Work, key: str) -> None:
    with pytest.raises(InputError):
        claim(work, operator(work.tenant_id), key, ASKED)


def test_a_key_in_another_transaction_is_busy_until_it_ends(work: Work, engine: Engine) -> None:
    actor = operator(work.tenant_id)
    with Session(engine) as session, session.begin():
        other: Any = replace(work, session=session)
        assert claim(other, actor, "shared", ASKED) == (True, None)
        assert claim(work, actor, "shared", ASKED) == (False, None)
        assert claim(work, actor, "another", ASKED) == (True, None)
        session.rollback()
    assert claim(work, actor, "shared", ASKED) == (True, None)


def test_locks_of_different_keys_differ() -> None:
    locks = {AnswerKey(UUID(int=a), UUID(int=b), f"{c}").lock() for a in range(5) for b in range(5) for c in range(5)}
    assert len(locks) == 125
    assert all(-(2**63) <= lock < 2**63 for lock in locks)


def test_only_what_is_old_is_forgotten(work: Work, clock: SetClock) -> None:
    actor = operator(work.tenant_id)
    keep(work, actor, "old", ASKED, SAID)
    clock.advance(timedelta(days=2))
    keep(work, actor, "new", ASKED, SAID)
    assert forget(work, work.now() - timedelta(days=1)) == 1
    assert claim(work, actor, "old", ASKED) == (True, None)
    assert claim(work, actor, "new", ASKED) == (True, SAID)
