from datetime import UTC, datetime, timedelta

from pipewarden.kit.clock import SetClock, SystemClock
from pipewarden.kit.ids import Uuid7Source

START = datetime(2026, 11, 20, tzinfo=UTC)


def test_ids_are_version_7_and_carry_the_time() -> None:
    clock = SetClock(START)
    made = Uuid7Source(clock).new()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(START.timestamp() * 1000)


def test_ids_of_one_millisecond_sort_in_the_order_they_were_made() -> None:
    source = Uuid7Source(SetClock(START))
    made = [source.new() for _ in range(5000)]  # more than the 12-bit counter holds
    assert made == sorted(made)
    assert len(set(made)) == 5000


def test_ids_never_go_back_when_the_clock_does() -> None:
    clock = SetClock(START)
    source = Uuid7Source(clock)
    first = source.new()
    clock.advance(timedelta(seconds=-30))
    assert source.new() > first


def test_system_clock_has_a_zone() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
