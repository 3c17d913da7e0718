import pytest

from pipewarden.kit.chance import SystemChance


def test_it_gives_as_many_bytes_as_asked_and_never_the_same_twice() -> None:
    chance = SystemChance()
    drawn = {chance.bytes(32) for _ in range(200)}
    assert len(drawn) == 200
    assert {len(one) for one in drawn} == {32}
    assert len(chance.bytes(16)) == 16


def test_every_bit_moves() -> None:
    seen_one = seen_zero = 0
    for _ in range(64):
        value = int.from_bytes(SystemChance().bytes(16), "big")
        seen_one |= value
        seen_zero |= ~value & ((1 << 128) - 1)
    assert seen_one == seen_zero == (1 << 128) - 1


@pytest.mark.parametrize("count", [-1, 0, 8, 15])
def test_what_is_too_short_for_a_secret_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="can be guessed"):
        SystemChance().bytes(count)
