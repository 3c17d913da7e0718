"""What a message says: one headline, the place, what is asked and until when, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.act.rules.plan import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.casework.facts import Call, Site

_UNKNOWN = "–"
_LONGEST_LINE = 500


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words, as ``policy/messages`` has them.

    Attributes:
        frame: the lines around a text, by key.
        texts: by ``Call.text``.
    """

    urgency: Mapping[str, str]
    levels: Mapping[int, str]
    zones: Mapping[str, str]
    frame: Mapping[str, str]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A site as a message speaks of it.

    Attributes:
        where: the area's name, empty where there is none.
        distance_m: to the nearest pipe; None where nobody knows.
    """

    site: Site
    where: str
    distance_m: float | None = None


class _Given(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return _UNKNOWN


def filled(template: str, params: Mapping[str, object]) -> str:
    """Return a template with its names filled in; a name without a value reads as a dash."""
    return template.format_map(_Given(params))


def headline(words: Words, call: Call, places: Sequence[Place]) -> str:
    """Return the first line: urgency, level of the worst site, what is the matter."""
    text = filled(_template(words, call.text), call.params)
    level = f"{words.levels.get(places[0].site.level, '')} " if places else ""
    drill = words.frame["drill"] if call.drill else ""
    return f"{drill}{words.urgency[call.urgency]}{level}{_one_line(text)}"


def _template(words: Words, key: str) -> str:
    """Return the words of a key, else those of what stands before its dot, else words that fit everything."""
    return words.texts.get(key) or words.texts.get(key.partition(".")[0], words.frame["other"])


def body(words: Words, call: Call, places: Sequence[Place], public_url: str) -> str:
    """Return the lines below the headline, without the link that acknowledges."""
    lines = []
    if places:
        lines.append(place_line(words, places[0]))
    if len(call.site_ids) > 1:
        lines.append(filled(words.frame["more"], {"count": len(call.site_ids) - 1}))
    if call.ack_by is not None:
        lines.append(filled(words.frame["by"], {"time": f"{call.ack_by.astimezone(LOCAL):%H:%M}"}))
    if public_url and "strike" in call.params:
        lines.append(filled(words.frame["open"], {"url": f"{public_url}/strikes/{call.params['strike']}"}))
    elif public_url and call.site_ids:
        lines.append(filled(words.frame["open"], {"url": f"{public_url}/sites/{call.site_ids[0]}"}))
    return "\n".join(_one_line(line) for line in lines)


def place_line(words: Words, place: Place) -> str:
    """Return where a site is: its area and place, its zone, how far the pipe is."""
    line = filled(words.frame["place"], {"where": _where(words, place), "zone": words.zones[place.site.zone]})
    if place.distance_m is None:
        return line
    return f"{line} · {filled(words.frame['distance'], {'distance_m': f'{place.distance_m:.1f}'})}"


def noted(words: Words, title: str, places: Sequence[Place], count: int) -> str:
    """Return the line of one note in a digest, with the first of the sites that it speaks of."""
    line = f"· {title}"
    if places:
        line += f" · {place_line(words, places[0])}"
    if count > 1:
        line += f" · {filled(words.frame['more'], {'count': count - 1})}"
    return _one_line(line)


def _where(words: Words, place: Place) -> str:
    site = place.site
    if site.lon is None or site.lat is None:
        return place.where or words.frame["unknown_place"]
    return f"{place.where} {site.lon:.5f}, {site.lat:.5f}".strip()


def _one_line(text: str) -> str:
    """Return text without breaks: what somebody typed must not look like a line of ours."""
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST_LINE else f"{plain[:_LONGEST_LINE]}…"


def split(text: str, limit: int) -> list[str]:
    """Return text in parts of at most ``limit`` bytes of UTF-8, broken at line ends where that is possible."""
    parts: list[str] = []
    rest = ""
    for line in text.split("\n"):
        whole = f"{rest}\n{line}" if rest else line
        if len(whole.encode()) <= limit:
            rest = whole
            continue
        if rest:
            parts.append(rest)
        *full, rest = _cut(line, limit)
        parts += full
    return [*parts, rest]


def _cut(line: str, limit: int) -> list[str]:
    pieces = [""]
    size = 0
    for ch in line:
        width = len(ch.encode())
        if size + width > limit:
            pieces.append("")
            size = 0
        pieces[-1] += ch
        size += width
    return pieces
