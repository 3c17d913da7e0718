import pytest
from sqlalchemy.orm import Session

from pipewarden.kit.clock import SetClock
from pipewarden.kit.errors import InputError
from pipewarden.kit.ids import Uuid7Source
from pipewarden.people import service


def test_a_tenant_is_made_once(session: Session, clock: SetClock) -> None:
    ids = Uuid7Source(clock)
    first = service.ensure_tenant(session, clock, ids, "langfang-gas")
    again = service.ensure_tenant(session, clock, ids, "langfang-gas")
    assert first == again
    assert first.created_at == clock.now()


@pytest.mark.parametrize("key", ["", "a" * 41, "a b", "../x", "a;b"])
def test_a_bad_key_is_refused_with_the_field(session: Session, clock: SetClock, key: str) -> None:
    with pytest.raises(InputError) as caught:
        service.ensure_tenant(session, clock, Uuid7Source(clock), key)
    assert caught.value.field == "PIPEWARDEN_TENANT"
