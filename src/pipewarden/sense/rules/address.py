"""Cameras' addresses in words: never a password, and nothing at all for who only sees the camera (safety.md T25)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ANY = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\")]*", re.IGNORECASE)
_GONE = "…"


def without_address(words: str, addresses: Iterable[str]) -> str:
    """Return ``words`` without anything that looks like a URL and without the parts of ``addresses``.

    Args:
        words: an error's text; what a camera answered may be in it.
        addresses: of the camera: URLs, or paths of folders.
    """
    parts = sorted({part for address in addresses for part in _parts(address) if part}, key=len, reverse=True)
    for part in parts:
        words = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", _GONE, words, flags=re.IGNORECASE)
    return _ANY.sub(_GONE, words)


def shown_address(address: str) -> str:
    """Return an address as whoever may manage the camera sees it: no user, no password, no query; a folder as it is.

    An ``@`` anywhere behind the host may be the end of a password that was written with a ``/`` in it: then the scheme
    is all that is told.
    """
    scheme, mark, rest = address.partition("://")
    if not mark:
        return address
    place, _, asked = rest.partition("?")
    if "@" in place.partition("/")[2] + asked:
        return f"{scheme}://{_GONE}"
    plain = f"{scheme}://{place.rpartition('@')[2]}"
    return f"{plain}?{_GONE}" if asked else plain


def _parts(address: str) -> Iterator[str]:
    yield address
    try:
        split = urlsplit(address)
        named = (split.netloc, split.netloc.rpartition("@")[2], split.hostname, split.username, split.password)
    except ValueError:  # a host in brackets that is none
        return
    for one in (*named, split.path if len(split.path) > 1 else None, split.query):
        if one is not None:
            yield one
            yield unquote(one)
