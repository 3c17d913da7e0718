"""Files of permits: one list, or a folder of messages as one-call centres send them, one file each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipewarden.kit.errors import InputError
from pipewarden.sense.facts import ListedRow
from pipewarden.sense.rules.devices import markup
from pipewarden.sense.rules.devices.mapped import at_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from xml.etree import ElementTree as ET

MOST_BYTES = {"json": 64 << 20, "xml": 16 << 20}
MOST_FILES = 20_000
_SUFFIXES = {"json": (".json", ".geojson", ".jsonl", ".ndjson"), "xml": (".xml", ".gml")}


class PermitFiles:
    """Reads one list, or every list of a folder in the order of names."""

    def files(self, path: Path, form: str) -> list[Path]:
        """Return the file itself, or the files of a folder that may be of this form.

        Raises:
            InputError: there is none, or more than 20,000.
        """
        if not path.is_dir():
            return [path]
        found = sorted(one for one in path.iterdir() if one.suffix.lower() in _SUFFIXES[form] and one.is_file())
        if not 0 < len(found) <= MOST_FILES:
            raise _bad(path, f"holds {len(found)} files of {form}, 1 to {MOST_FILES} are read", "Name another folder.")
        return found

    def rows(self, file: Path, form: str, names: Sequence[str]) -> list[ListedRow]:
        """Return the rows of one file.

        Args:
            file: the list.
            form: json or xml.
            names: in JSON the path of the list of rows, nothing where the file is the list or one row; in XML the
                names of the elements that are rows. A row inside a row is a part of it.

        Raises:
            InputError: it cannot be read, is none of its form, is too large, or holds no row.
        """
        return _rows(file, _content(file, MOST_BYTES[form]), form, names)


@dataclass(frozen=True, slots=True)
class SentPermits:
    """Reads one list that came over the wire; its name is only said, and no disk is touched."""

    content: bytes

    def files(self, path: Path, form: str) -> list[Path]:  # noqa: ARG002  one file, whatever its form
        """Return the name that the file came with."""
        return [path]

    def rows(self, file: Path, form: str, names: Sequence[str]) -> list[ListedRow]:
        """Return its rows; see ``PermitFiles.rows``."""
        if len(self.content) > MOST_BYTES[form]:
            raise _bad(file, f"is larger than {MOST_BYTES[form] >> 20} MB", "Split the list.")
        return _rows(file, self.content, form, names)


def _rows(file: Path, content: bytes, form: str, names: Sequence[str]) -> list[ListedRow]:
    found = list(_json_rows(file, content, names) if form == "json" else _xml_rows(file, content, names))
    if not found:
        raise _bad(file, "holds no row", f"Give a list with {' or '.join(names) or 'JSON objects'}, or its mapping.")
    return found


def _content(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(most + 1)
    except OSError as error:
        raise _bad(file, f"cannot be read ({error.strerror or error})", "Check the path.") from error
    if len(content) > most:
        raise _bad(file, f"is larger than {most >> 20} MB", "Split the list.")
    return content


def _json_rows(file: Path, content: bytes, names: Sequence[str]) -> Iterator[ListedRow]:
    try:
        text = content.decode("utf-8-sig")
        told = _lines(text) if file.suffix.lower() in (".jsonl", ".ndjson") else _json(text)
    except (ValueError, RecursionError) as error:
        raise _bad(file, f"is no JSON ({str(error)[:80]})", "Give the list as its source publishes it.") from error
    own = _own_crs(told)
    rows: Any = at_path(told, names[0]) if names else told
    for count, row in enumerate(rows if isinstance(rows, list) else [] if rows is None else [rows], 1):
        yield ListedRow(file.name, count, row if isinstance(row, dict) else {}, own)


def _lines(text: str) -> list[Any]:
    return [_json(line) for line in text.splitlines() if line.strip()]


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_no_number)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _own_crs(told: Any) -> str | None:
    """Return the ``crs`` member of a GeoJSON collection (before RFC 7946)."""
    name = at_path(told, "crs.properties.name") if isinstance(told, dict) else None
    return None if name is None else str(name)


def _xml_rows(file: Path, content: bytes, names: Sequence[str]) -> Iterator[ListedRow]:
    root = markup.parse(content, file.name, largest=MOST_BYTES["xml"])
    for count, element in enumerate(_topmost(root, names), 1):
        values = _values(element)
        row = values if isinstance(values, dict) else {}
        yield ListedRow(file.name, count, {**row, "@row": markup.local(element.tag)}, element=element)


def _topmost(element: ET.Element, names: Sequence[str]) -> Iterator[ET.Element]:
    if markup.local(element.tag) in names:
        yield element
        return
    for child in element:
        yield from _topmost(child, names)


def _values(element: ET.Element) -> Any:
    """Return an element as text, or as a mapping of its children's names; a repeated name becomes a list."""
    if len(element) == 0:
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for child in element:
        name, value = markup.local(child.tag), _values(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _bad(file: Path, problem: str, fix: str) -> InputError:
    return InputError(field=str(file), problem=problem, fix=fix)
