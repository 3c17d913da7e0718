"""Evidence packs: one ZIP with a signed manifest, laid out so that whoever has it can prove offline that it is whole.

There is one right way to write a pack (``kit.zips``). To check one it is written again from what it holds and compared
byte by byte, so that no bit of it can change unseen, not even one that unpacking would not notice.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from pipewarden.act.facts import PackAbout, PackCheck, PackFile
from pipewarden.kit import zips
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

FORMAT: Final = "pipewarden-evidence-1"
MANIFEST, SIGNATURE, KEY = "manifest.json", "manifest.sig", "key.pub"
MOST_BYTES = 500_000_000
_MOST_FILES = 5000
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}(/[a-z0-9][a-z0-9._-]{0,79}){0,2}")
_OWN = frozenset({MANIFEST, SIGNATURE, KEY})
_ABOUT: TypeAdapter[PackAbout] = TypeAdapter(PackAbout)


def fingerprint(public: bytes) -> str:
    """Return the SHA-256 of a raw public key in hex, as people compare it."""
    return hashlib.sha256(public).hexdigest()


def seal(files: Iterable[PackFile], about: PackAbout, *, public: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """Return the pack of files as one ZIP.

    Args:
        files: in any order.
        about: what it is of.
        public: raw Ed25519 key, 32 bytes; it travels in the pack.
        sign: gives the Ed25519 signature of the manifest (RFC 8032).

    Raises:
        InputError: it would be more than ``check`` reads.
        ValueError: two files have one name, or a name is none (a mistake in the program).
    """
    held = sorted(files, key=lambda one: one.name)
    names = [one.name for one in held]
    wrong = [name for name in names if not _NAME.fullmatch(name) or name in _OWN]
    if wrong or len(set(names)) < len(names):
        raise ValueError(f"not the names of a pack: {wrong or names}")
    rows = [
        {"name": one.name, "sha256": _sha256(one.content), "size": len(one.content), "what": one.what} for one in held
    ]
    told = {"format": FORMAT, "about": asdict(about), "key": fingerprint(public), "files": rows}
    manifest = json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1).encode()
    whole = {one.name: one.content for one in held}
    made = zips.written({**whole, MANIFEST: manifest, SIGNATURE: sign(manifest), KEY: public})
    if len(made) > MOST_BYTES or len(rows) + len(_OWN) > _MOST_FILES:
        problem = f"would hold {len(rows)} files and {len(made)} bytes: more than can be checked"
        raise InputError(field="pack", problem=problem, fix="Hand over the files one by one; each is on record.")
    return made


def check(pack: bytes, verify: Callable[[bytes, bytes, bytes], bool], *, key: str | None = None) -> PackCheck:
    """Return what is wrong with a pack; nothing is unpacked to disk, and nothing but the pack is needed.

    Args:
        pack: the ZIP.
        verify: whether a raw public key, a message and a signature belong together.
        key: fingerprint that the issuer publishes. Without it a pack only proves that it has not changed since whoever
            holds the key inside signed it.
    """
    try:
        held = zips.read(pack, most_bytes=MOST_BYTES, most_files=_MOST_FILES)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError) as error:
        return PackCheck(None, "", 0, (f"is no evidence pack: {error}",))
    manifest, public = held.get(MANIFEST, b""), held.get(KEY, b"")
    problems = []
    if not verify(public, manifest, held.get(SIGNATURE, b"")):
        problems.append("the signature does not fit the manifest")
    if key is not None and fingerprint(public) != key.lower():
        problems.append(f"signed by the key {fingerprint(public)}, not by the one asked for")
    try:
        about, rows = _manifest(manifest)
    except (ValueError, KeyError, TypeError, RecursionError) as error:  # nested as deep as no manifest is
        return PackCheck(None, fingerprint(public), 0, (*problems, f"the manifest cannot be read: {error}"))
    problems += _differences(rows, held)
    if not problems and zips.written(held) != pack:
        problems.append("bytes around the files differ from how a pack is written")
    return PackCheck(about, fingerprint(public), len(rows), tuple(problems))


def _differences(rows: Mapping[str, str], held: Mapping[str, bytes]) -> list[str]:
    found = [f"{name} is missing" for name in rows if name not in held]
    found += [f"{name} is not in the manifest" for name in held if name not in rows and name not in _OWN]
    return found + [f"{name} has been changed" for name in rows if name in held and _sha256(held[name]) != rows[name]]


def _manifest(text: bytes) -> tuple[PackAbout, dict[str, str]]:
    told: Any = json.loads(text)
    if told["format"] != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    try:
        about = _ABOUT.validate_python(told["about"])
    except ValidationError as error:
        raise ValueError("does not say what it is of") from error
    return about, {str(one["name"]): str(one["sha256"]) for one in told["files"]}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
