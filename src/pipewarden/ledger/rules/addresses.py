"""Addresses of accounts: segments joined by colons, from whose names it follows which may go below nothing."""

from __future__ import annotations

import re

LONGEST = 200
_ADDRESS = re.compile(r"[a-z0-9_.-]+(:[a-z0-9_.-]+)+")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OWED = ("owed", "owed_points")


def is_address(text: str) -> bool:
    """Say whether a text is an address: two segments of ``[a-z0-9_.-]`` at least, 200 characters at most."""
    return len(text) <= LONGEST and _ADDRESS.fullmatch(text) is not None


def may_be_negative(address: str) -> bool:
    """Say whether an account may fall below nothing: the world outside, and what a person owes after a clawback."""
    parts = address.split(":")
    return parts[0] == "outside" or (parts[0] == "person" and parts[-1] in _OWED)


def shown(address: str) -> str:
    """Return an address without the ids in it: ``person:…:cash``."""
    return _ID.sub("…", address)
