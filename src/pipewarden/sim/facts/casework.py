"""The truth of simulated weeks at a gas company's desk: works that come, and how the people there behave."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipewarden.network.facts import Zone


class Fate(StrEnum):
    """What simulated works turn out to be."""

    PATH = "path"  # they go the whole path to closed
    FALSE = "false"  # nothing is there
    SEEN_AGAIN = "seen_again"  # ended as false, and seen again days later
    STRUCK = "struck"  # a pipe is hit
    REFUSED = "refused"  # they do not stop when told to


@dataclass(frozen=True, slots=True)
class SimWorks:
    """One piece of works: ``at_s`` counts from the first midnight, ``lon`` and ``lat`` are degrees WGS-84."""

    at_s: float
    lon: float
    lat: float
    zone: Zone
    level: int
    fate: Fate


@dataclass(frozen=True, slots=True)
class Manners:
    """How likely people do what, drawn anew each time.

    Attributes:
        unreachable: a call reaches nobody.
        silent: nobody answers it.
        late: it is answered after a quarter of an hour or more.
        word_only: it is answered, and nothing is done.
        forgets: who has done a step leaves the next one lying until the house calls.
        oversteps: tries what the path does not allow.
        twice: sends the same word twice.
    """

    unreachable: float = 0.03
    silent: float = 0.15
    late: float = 0.15
    word_only: float = 0.08
    forgets: float = 0.2
    oversteps: float = 0.15
    twice: float = 0.1
