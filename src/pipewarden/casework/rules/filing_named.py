"""Who is named on works: by the code of a unit or the number of a phone; a name alone names nobody for sure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipewarden.casework.facts import PartyRole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pipewarden.casework.facts import Party

_BETWEEN = re.compile(r"[ \-\u00a0]")
_MOBILE = re.compile(r"(?<![0-9])(?:\+?86)?(1[0-9]{10})(?![0-9])")  # of the mainland: the plan of numbers of MIIT


def phones_in(words: str) -> tuple[str, ...]:
    """Return the mobile numbers in free words, eleven digits each, in their order; spaces and hyphens part none."""
    return tuple(dict.fromkeys(_MOBILE.findall(_BETWEEN.sub("", words))))


def keys_of(party: Party) -> tuple[str, ...]:
    """Return by what a party can be known: ``code:…`` of its unit, ``phone:…`` of who is reached there."""
    code = (f"code:{party.code}",) if party.code else ()
    return (*code, *(f"phone:{one}" for one in phones_in(party.contact)))


def named_keys(parties: Iterable[Party]) -> list[str]:
    """Return the keys of all parties, each once, in order."""
    return sorted({key for one in parties for key in keys_of(one)})


def parts(parties: Iterable[Party], keys: Collection[str], *, contractor: bool) -> frozenset[PartyRole]:
    """Return as what somebody stands on works.

    Args:
        parties: of the works.
        keys: by which the reader is known.
        contractor: they speak for the contractor that the works name.
    """
    found = {one.role for one in parties if not set(keys).isdisjoint(keys_of(one))}
    return frozenset(found | {PartyRole.CONTRACTOR} if contractor else found)
