"""Reading ``weights/manifest.json``: the pin of every weights file, so that no model runs that nobody vouched for."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipewarden.inference.facts import ModelCard, ModelRef, Port
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HASH = re.compile(r"[0-9a-f]{64}")
_FIX = "Restore src/pipewarden/weights/manifest.json from the release, or write it anew with the lab's export command."


def parse_manifest(text: str) -> dict[str, ModelCard]:
    """Return the cards of a manifest (a JSON list of entries) by model name.

    Raises:
        InputError: it is not such a list; the field names the entry and the key that is wrong.
    """
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise _wrong("manifest.json", f"is not JSON ({error})") from error
    if not isinstance(entries, list):
        raise _wrong("manifest.json", "is not a list of entries")
    cards: dict[str, ModelCard] = {}
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise _wrong(f"manifest.json[{number}]", "is not an object")
        card = _card(number, entry)
        if card.ref.name in cards:
            raise _wrong(f"manifest.json[{number}].name", f"{card.ref.name!r} is listed twice")
        cards[card.ref.name] = card
    return cards


def _card(number: int, entry: dict[str, object]) -> ModelCard:
    where = f"manifest.json[{number}]"
    name, version = _word(entry, "name", where), _word(entry, "version", where)
    where = name
    sha256, file = _word(entry, "sha256", where), _word(entry, "file", where)
    if not _HASH.fullmatch(sha256):
        raise _wrong(f"{where}.sha256", f"{sha256!r} is not 64 hex digits")
    if PurePosixPath(file).name != file or file in {".", ".."}:
        raise _wrong(f"{where}.file", f"{file!r} must be a file name beside the manifest")
    size = entry.get("bytes")
    if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
        raise _wrong(f"{where}.bytes", f"{size!r} is not a size in bytes")
    extra = entry.get("extra") or {}
    if not isinstance(extra, dict):
        raise _wrong(f"{where}.extra", "is not an object")
    return ModelCard(
        ref=ModelRef(name=name, version=version, sha256=sha256),
        file=file,
        bytes=size,
        inputs=_ports(entry, "inputs", where),
        outputs=_ports(entry, "outputs", where),
        threshold=_threshold(entry, where),
        licence=_word(entry, "licence", where),
        card=_word(entry, "card", where),
        extra=extra,
        entry=entry,
    )


def _word(entry: Mapping[str, object], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise _wrong(f"{where}.{key}", "is missing or empty")
    return value


def _threshold(entry: Mapping[str, object], where: str) -> dict[str, float]:
    given = entry.get("threshold") or {}
    if not isinstance(given, dict):
        raise _wrong(f"{where}.threshold", "is neither an object nor null")
    for label, value in given.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            raise _wrong(f"{where}.threshold.{label}", f"{value!r} is not between 0 and 1")
    return {str(label): float(value) for label, value in given.items()}


def _ports(entry: Mapping[str, object], key: str, where: str) -> tuple[Port, ...]:
    given = entry.get(key)
    if not isinstance(given, list) or not given:
        raise _wrong(f"{where}.{key}", "lists nothing")
    return tuple(_port(port, f"{where}.{key}[{number}]") for number, port in enumerate(given))


def _port(given: object, where: str) -> Port:
    if not isinstance(given, dict):
        raise _wrong(where, "is not an object")
    shape = given.get("shape")
    if not isinstance(shape, list) or not all(isinstance(side, int | str) for side in shape):
        raise _wrong(f"{where}.shape", "is not a list of lengths")
    return Port(
        name=_word(given, "name", where),
        dtype=_word(given, "dtype", where),
        shape=tuple(shape),
        meaning=str(given.get("meaning") or ""),
    )


def ports_differ(told: Sequence[Port], real: Sequence[Port]) -> str | None:
    """Return in words how the ports of a file differ from the ones described, or None; free lengths match any."""
    by_name = {port.name: port for port in real}
    for port in told:
        found = by_name.get(port.name)
        if found is None:
            return f"has no {port.name!r} (it has {', '.join(sorted(by_name)) or 'nothing'})"
        if found.dtype != port.dtype:
            return f"{port.name!r} is {found.dtype}, not {port.dtype}"
        if len(found.shape) != len(port.shape) or any(map(_sides_differ, port.shape, found.shape)):
            return f"{port.name!r} is {list(found.shape)}, not {list(port.shape)}"
    return None


def _sides_differ(told: int | str, real: int | str) -> bool:
    return isinstance(told, int) and isinstance(real, int) and told != real


def _wrong(field: str, problem: str) -> InputError:
    return InputError(field=field, problem=problem, fix=_FIX)
