"""What may be published as a model: plain weights files of bounded size that point at nothing outside themselves."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipewarden.inference.rules.manifest import parse_manifest
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.inference.facts import ModelCard

MOST_BYTES, _MOST_FILES = 64_000_000, 16
_WORD = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
_SUFFIXES = {".onnx", ".npz"}
# a StringStringEntryProto with the key "location": how an ONNX tensor says that its numbers lie in another file
_EXTERNAL = b"\x0a\x08location"
_FIX = "Export it with the lab's command and give its own SHA-256."


def published_card(
    name: str, version: str, sha256: str, files: Mapping[str, bytes], card: Mapping[str, object]
) -> ModelCard:
    """Return the card of a model that is to be published.

    Args:
        name: which model it is, for instance ``screen``.
        version: new for this name.
        sha256: of the weights file.
        files: contents by file name; the weights file is the one that ``card['file']`` names.
        card: a manifest entry; name, version, hash and size are filled in.

    Raises:
        InputError: a part of it cannot be; the field names it.
    """
    for field, word in (("name", name), ("version", version)):
        if not _WORD.fullmatch(word):
            raise InputError(field=field, problem=f"{word!r} is no short plain word", fix="Use letters, digits, dots.")
    if not 0 < len(files) <= _MOST_FILES or sum(map(len, files.values())) > MOST_BYTES:
        raise InputError(
            field="files", problem=f"are not 1 to {_MOST_FILES} of {MOST_BYTES} bytes in all", fix="Publish less."
        )
    for file in files:
        if not _WORD.fullmatch(file.casefold()):
            raise InputError(field="files", problem=f"{file!r} is no plain name", fix="Name it like screen-2.onnx.")
    weights = str(card.get("file", ""))
    content = files.get(weights)
    if content is None or PurePosixPath(weights).suffix not in _SUFFIXES:
        raise InputError(field="card.file", problem=f"{weights!r} is no .onnx or .npz among the files", fix=_FIX)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise InputError(field="sha256", problem=f"{weights} is {found[:12]}…, not {sha256[:12]}…", fix=_FIX)
    if weights.endswith(".onnx") and _EXTERNAL in content:
        raise InputError(field="files", problem=f"{weights} keeps its numbers in another file", fix=_FIX)
    entry = {**card, "name": name, "version": version, "sha256": sha256, "bytes": len(content)}
    entry["files"] = {file: hashlib.sha256(one).hexdigest() for file, one in sorted(files.items())}
    return parse_manifest(json.dumps([entry]))[name]
