"""How long a login or an address must wait after wrong passwords: longer each time.

GB/T 22239-2019 8.1.4.1 asks for a limit on failed sign-ins; 5 tries and 15 minutes are the figures of safety.md 2.6.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class LockRule:
    """When waiting begins and how it grows.

    Attributes:
        free: failures without a wait.
        first: the wait after the next one; it doubles with each further failure.
        most: the longest wait.
        memory: without a failure for so long, the count starts anew.
    """

    free: int
    first: timedelta
    most: timedelta
    memory: timedelta


ACCOUNT = LockRule(free=4, first=timedelta(minutes=15), most=timedelta(hours=24), memory=timedelta(hours=24))
# A whole office may share one address, so it gets more tries and shorter waits.
SOURCE = LockRule(free=19, first=timedelta(minutes=1), most=timedelta(hours=1), memory=timedelta(hours=24))

_LONGEST_SOURCE = 100


@dataclass(frozen=True, slots=True)
class Tally:
    """The failures counted for one key."""

    failures: int
    last_at: datetime
    blocked_until: datetime | None


def plain(text: str, longest: int) -> str:
    """Return what a client says of itself as text that can be stored and shown: printable, at most ``longest``."""
    return "".join(mark if mark.isprintable() else "?" for mark in text[:longest])


def source_of(address: str) -> str:
    """Return what of a client's address is counted: a whole IPv6 /64, because one attacker holds all of it.

    What is no address (a proxy's word, a socket's name) is counted as it is, up to 100 characters.
    """
    try:
        read = ipaddress.ip_address(address.strip())
    except ValueError:
        return plain(address.strip(), _LONGEST_SOURCE)
    if isinstance(read, ipaddress.IPv6Address):
        if read.ipv4_mapped is not None:
            return str(read.ipv4_mapped)
        return str(ipaddress.ip_network((read, 64), strict=False))
    return str(read)


def waiting(tally: Tally | None, now: datetime) -> timedelta:
    """Return how long the key must still wait; zero when it may try."""
    if tally is None or tally.blocked_until is None:
        return timedelta(0)
    return max(tally.blocked_until - now, timedelta(0))


def failed(tally: Tally | None, now: datetime, rule: LockRule) -> Tally:
    """Return the tally after one more failure at ``now``."""
    old = 0 if tally is None or now - tally.last_at > rule.memory else tally.failures
    failures = old + 1
    over = failures - rule.free
    if over <= 0:
        return Tally(failures=failures, last_at=now, blocked_until=None)
    wait = min(rule.first * 2 ** min(over - 1, 20), rule.most)
    return Tally(failures=failures, last_at=now, blocked_until=now + wait)
