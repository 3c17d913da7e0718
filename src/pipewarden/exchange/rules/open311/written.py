"""GeoReport v2 on the wire: rows of names and values, as JSON or as XML, both ways (open311.org, GeoReport v2).

A list is an element with a child of its own name for each (``services`` / ``service``). XML of strangers may declare no
document type and no entity, and is bounded in size and depth.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from pipewarden.exchange.facts.open311 import Format
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LARGEST = 30 << 20  # bytes of one answer; a city's page of 1000 requests is about 1 MB
_DEEPEST = 40
_ITEMS = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}
_SINGLE = frozenset({"service_definition", "discovery"})
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
MEDIA = {Format.JSON: "application/json; charset=utf-8", Format.XML: "text/xml; charset=utf-8"}


def write(root: str, said: Sequence[Mapping[str, Any]] | Mapping[str, Any], form: Format) -> bytes:
    """Return rows, or the one thing that ``service_definition`` and ``discovery`` are, as bytes.

    JSON has no root: a list is a list (GeoReport v2, "JSON"). What XML cannot hold is left out of it.
    """
    if form is Format.JSON:
        return json.dumps(said, ensure_ascii=False, allow_nan=False).encode()
    element = ET.Element(root)
    _fill(element, root, said)
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return (head + ET.tostring(element, encoding="unicode")).encode()


def _fill(element: ET.Element, name: str, value: object) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _fill(ET.SubElement(element, key), key, inner)
    elif isinstance(value, list | tuple):
        for one in value:
            _fill(ET.SubElement(element, _ITEMS.get(name, "item")), "", one)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None and value != "":
        element.text = _NOT_XML.sub("", str(value))


def read(root: str, content: bytes, form: Format | None = None, *, name: str = "answer") -> list[dict[str, Any]]:
    """Return the rows of an answer; one row where it is one thing.

    Args:
        root: as ``write`` was given.
        content: the bytes.
        form: what it must be; None looks at the first sign.
        name: what people know it as.

    Raises:
        InputError: it is neither, it is another list, a page for browsers, too large or too deep.
    """
    if len(content) > LARGEST:
        raise refused(name, f"is larger than {LARGEST >> 20} MB")
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    told = form if form is not None else Format.XML if start == b"<" else Format.JSON
    return _of_xml(root, content, name) if told is Format.XML else _of_json(root, content, name)


def _of_json(root: str, content: bytes, name: str) -> list[dict[str, Any]]:
    try:
        said = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise refused(name, "is no JSON") from error
    if isinstance(said, dict) and root not in _SINGLE:  # some servers wrap their lists
        inner = said.get(root, said.get(_ITEMS[root] + "s", said.get("errors", said)))
        said = inner if isinstance(inner, list) else [inner]
    rows = said if isinstance(said, list) else [said]
    if not all(isinstance(one, dict) for one in rows):
        raise refused(name, "is no list of objects")
    return rows


def _of_xml(root: str, content: bytes, name: str) -> list[dict[str, Any]]:
    head = content[:4096].lower()
    if b"<html" in head or b"<!doctype html" in head:
        raise refused(name, "is a page for browsers")
    try:
        text = content.decode("utf-8-sig") if not content.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
    except UnicodeDecodeError as error:
        raise refused(name, "is not UTF-8") from error
    if "<!DOCTYPE" in text or "<!ENTITY" in text or not text:
        raise refused(name, "declares a document type, or is not UTF-8", "Send plain elements.")
    try:
        found = ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # noqa: S314  no entity can be declared
    except ET.ParseError as error:
        raise refused(name, f"is no XML ({error})") from error
    if _local(found.tag) == "errors":
        return []
    if _local(found.tag) != root:
        raise refused(name, f"begins with <{_local(found.tag)[:40]}>, not <{root}>")
    said = _value(found, name, 1)
    return said if isinstance(said, list) else [] if said is None else [said]


def _value(element: ET.Element, name: str, depth: int) -> Any:
    if depth > _DEEPEST:
        raise refused(name, "is nested too deeply")
    tag = _local(element.tag)
    if tag in _ITEMS:
        rows = [_value(one, name, depth + 1) for one in element]
        return [one for one in rows if one is not None]
    if len(element):
        return {_local(one.tag): _value(one, name, depth + 1) for one in element}
    text = (element.text or "").strip()
    return text or None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def refused(name: str, problem: str, fix: str = "Ask whoever runs the server what it answers.") -> InputError:
    """Return the error of an answer that cannot be read."""
    return InputError(field=name, problem=problem, fix=fix)
