"""XML of strangers: no document type, no entity, bounded depth and size; names without their namespaces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from pipewarden.sense.rules.devices.said import refused

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST = 1 << 20
_DEEPEST = 40
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>")
# what expat cannot read by itself, and what a declaration in fact means: GB2312 texts use GBK's signs
_READ_AS = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030"}


def parse(content: bytes, name: str, *, largest: int = _LARGEST) -> ET.Element:
    """Return the root element.

    Args:
        content: the document.
        name: what people know it as.
        largest: bytes that are read at most; 1 MB for a message.

    Raises:
        InputError: it is no XML, declares a document type, is deeper than 40 or too large.
    """
    if len(content) > largest:
        raise refused(name, f"is larger than {largest >> 20} MB")
    text = _decoded(content, name)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise refused(name, "declares a document type", "Send plain elements.")
    try:
        root = ET.fromstring(text)  # noqa: S314  as above
    except ET.ParseError as error:
        raise refused(name, f"is no XML ({error})") from error
    if any(depth > _DEEPEST for depth in _depths(root)):
        raise refused(name, "is nested too deeply")
    return root


def _decoded(content: bytes, name: str) -> str:
    declared = _DECLARED.match(content)
    said = declared.group(1).decode().lower() if declared else "utf-8"
    body = content[declared.end() :] if declared else content.removeprefix(b"\xef\xbb\xbf")
    try:
        return re.sub(r"^\s*<\?xml[^>]*\?>", "", body.decode(_READ_AS.get(said, said)))
    except (LookupError, UnicodeDecodeError) as error:
        raise refused(name, f"is not the {said} that it says") from error


def _depths(root: ET.Element) -> Iterator[int]:
    waiting = [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        yield depth
        waiting += [(child, depth + 1) for child in element]


def local(tag: str) -> str:
    """Return an element's name without its namespace."""
    return tag.rpartition("}")[2]


def find(element: ET.Element, name: str) -> ET.Element | None:
    """Return the first descendant of that name, whatever its namespace."""
    return next((one for one in element.iter() if local(one.tag) == name), None)


def text_of(element: ET.Element, name: str) -> str | None:
    """Return the text of the first descendant of that name; None where there is none or it is empty."""
    found = find(element, name)
    return None if found is None or found.text is None or not found.text.strip() else found.text.strip()


def leaves(element: ET.Element) -> dict[str, str]:
    """Return the texts of all childless descendants by name, the first of each."""
    found: dict[str, str] = {}
    for one in element.iter():
        if len(one) == 0 and one.text and one.text.strip():
            found.setdefault(local(one.tag), one.text.strip())
    return found
