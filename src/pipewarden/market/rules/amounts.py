"""Amounts as people write them: decimal texts in, whole units of the smallest part out; never a float."""

from __future__ import annotations

import re

from pipewarden.kit.errors import InputError
from pipewarden.ledger.facts import MOST, SCALE, Asset

_TEXT = re.compile(r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,4}))?")
_PLACES = {Asset.CNY: 4, Asset.PTS: 0}


def units(text: str, asset: Asset, field: str = "amount") -> int:
    """Return ``text`` ("0.13", "50") in units of the asset: 0.0001 yuan, or points.

    Raises:
        InputError: it is no positive amount, has more decimals than the asset, or is too large.
    """
    found = _TEXT.fullmatch(text)
    fix = "Write yuan like 0.13, with four decimals at most." if _PLACES[asset] else "Write whole points."
    if found is None:
        raise InputError(field=field, problem=f"{text[:40]!r} is no amount", fix=fix)
    whole, part = found.group(1), found.group(2) or ""
    if part and len(part) > _PLACES[asset]:
        raise InputError(field=field, problem=f"{text[:40]!r} has more decimals than {asset} has", fix=fix)
    made = int(whole) * SCALE[asset] + int(part.ljust(_PLACES[asset], "0") or 0)
    if not 0 < made <= MOST:
        raise InputError(field=field, problem="is nothing, or too much", fix=fix)
    return made


def shown(amount: int, asset: Asset) -> str:
    """Return units as a decimal text, "-0.1300" or "50"."""
    places = _PLACES[asset]
    if not places:
        return str(amount)
    whole, part = divmod(abs(amount), SCALE[asset])
    return f"{'-' if amount < 0 else ''}{whole}.{part:0{places}d}"
