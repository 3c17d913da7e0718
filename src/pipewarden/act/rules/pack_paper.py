"""What the paper of an evidence pack says: the pack's own content in the order in which people read it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from pipewarden.act.facts import PackPaper, PackPicture, PackTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.act.facts import PackFile

MOST_EVENTS: Final = 1000
MOST_PICTURES: Final = 60
_MOST_FILES: Final = 1000
_MOST_ROWS: Final = 300
_LONGEST: Final = 600  # characters of one cell: a page is no place for a novel, the pack has it whole
_FIRST_PAGE: Final = 90  # there every line must leave room for the others

Pair = dict[str, str]


def paper(told: Mapping[str, Any], files: Sequence[PackFile], *, mark: str = "") -> PackPaper:
    """Return the paper of a pack.

    Args:
        told: what the pack's page is made of (``service.packing``).
        files: that lie in the pack beside the paper itself.
        mark: printed across every page.
    """
    heads: Mapping[str, Pair] = told["say"]["heads"]
    about = told["about"]
    svg = next((one.content.decode() for one in files if one.name == "map.svg"), "")
    names = {one.name for one in files}
    pictures = [_picture(told, one, place, names) for place, one in enumerate(told["pictures"])]
    return PackPaper(
        title=heads["title"]["zh"],
        english=heads["title"]["en"],
        issuer=_cut(about.issuer, _FIRST_PAGE),
        number=f"{heads['site']['zh']} {about.site} · {heads['version']['zh']} {about.version}",
        made=f"{heads['made']['zh']} {told['made_local']} · {_cut(told['made_by'], _FIRST_PAGE)}",
        notice=_both(heads["rendered"]) if about.rendered else "",
        short=_short(told),
        facts=_facts(told),
        map=svg,
        map_note=_map_note(told, drawn=bool(svg)),
        key=told["key"],
        check=f"{_both(heads['key'])}。{heads['check']['zh']}: pipewarden evidence verify FILE.zip --key …",
        tables=(_timeline(told), _violations(told), _rules(told)),
        pictures_title=(heads["pictures"]["zh"], heads["pictures"]["en"]),
        pictures=tuple(pictures),
        pictures_note=_pictures_note(heads, pictures),
        after=(_documents(told), _files(heads, files)),
        mark=mark,
    )


def printed(made: PackPaper) -> tuple[str, ...]:
    """Return the names of the pictures that a paper prints."""
    return tuple(one.image for one in made.pictures if one.image)


def _halves(sha256: str) -> str:
    """Return a hash on two lines of 32."""
    return f"{sha256[:32]}\n{sha256[32:]}".strip()


def _when(told: Mapping[str, Any], at: str) -> str:
    """Return a moment without its offset from UTC where that is the one which the tables name."""
    return at.removesuffix(told["made_local"][19:])


def _times(told: Mapping[str, Any]) -> str:
    return f"{told['say']['heads']['when']['zh']} UTC{told['made_local'][19:]}"


def _both(pair: Pair) -> str:
    return f"{pair['zh']} {pair['en']}"


def _cut(words: str, most: int = _LONGEST) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _short(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what happened in a few lines, each of them only where there is something to say."""
    events, site = told["events"], told["site"]
    first = f"{_when(told, events[0]['at'])} {events[0]['said']['zh']}；" if events else ""
    lines = [f"{first}{told['headline']['zh']}，{site['level']} 级，{told['zone']['zh']}，记录 {len(events)} 条。"]
    if struck := [one for one in events if one["body"]["kind"] == "struck"]:
        lines.append(f"{_when(told, struck[-1]['at'])} 管道被挖断：{struck[-1]['body']['words']}")
    looked = [word for one in events if one["body"]["kind"] == "verified" for word in one["words"]]
    if looked:
        lines.append(f"现场核实：{looked[-1]}")
    broken = told["violations"]
    if broken:
        left = sum(1 for one in broken if one["fixed_at"] is None)
        lines.append(f"违章 {len(broken)} 项，未整改 {left} 项；最近一项：{broken[-1]['zh'] or broken[-1]['code']}。")
    if stops := site["stops"]:
        held = sum(1 for one in stops if one["resumed_at"] is None)
        lines.append(f"停工令 {len(stops)} 次，未解除 {held} 次；最近一次：{stops[-1]['reason']}")
    if papers := told["documents"]:
        lines.append(f"文书 {len(papers)} 份，其中作废 {sum(1 for one in papers if one['void'])} 份。")
    return tuple(_cut(line, _FIRST_PAGE) for line in lines)


def _facts(told: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    heads, site, alarm = told["say"]["heads"], told["site"], told["alarm"]
    unknown = heads["unknown"]["zh"]
    where = unknown if site["lon"] is None else f"{site['lon']:.6f}, {site['lat']:.6f}"
    found = [
        ("state", told["headline"]["zh"]),
        ("level", str(site["level"])),
        ("zone", told["zone"]["zh"]),
        ("place", where),
        ("owner", told["owner"] or unknown),
        ("contractor", told["contractor"] or unknown),
        ("filing", told["filing"]["reason"]),
    ]
    if alarm is not None and alarm["zone_pipe_id"]:
        distance = unknown if alarm["distance_m"] is None else f"{alarm['distance_m']:.1f} m"
        found += [("pipe", f"{alarm['zone_pipe_id']} · {heads['distance']['zh']} {distance}")]
    clauses = [*([] if alarm is None or not alarm["clause"] else [alarm["clause"]])]
    clauses += [one["clause"] for one in told["violations"]]
    found.append(("clause", "；".join(dict.fromkeys(clauses)) or heads["none"]["zh"]))
    return tuple((heads[key]["zh"], _cut(value, _FIRST_PAGE)) for key, value in found)


def _map_note(told: Mapping[str, Any], *, drawn: bool) -> str:
    heads = told["say"]["heads"]
    if not drawn:
        return _both(heads["no_map"])
    return _both(heads["map_note"] if told["pipes_shown"] else heads["map_bare"])


def _picture(told: Mapping[str, Any], one: Mapping[str, Any], place: int, names: set[str]) -> PackPicture:
    drawn = one["name"] if place < MOST_PICTURES and one["name"] in names else ""
    heads = told["say"]["heads"]
    event = next((each for each in told["events"] if each["version"] == one["version"]), None)
    what = f"{heads['alarm_picture']['zh']}{one['what']}"
    if event is not None:
        what = f"{event['said']['zh']} {_when(told, event['at'])}{'' if one['name'] else '，' + heads['gone']['zh']}"
    said = _both(heads["rendered_one"]) if one["rendered"] else ""
    return PackPicture(one["name"], _cut(what), _halves(one["original"]), said, drawn)


def _pictures_note(heads: Mapping[str, Pair], pictures: Sequence[PackPicture]) -> str:
    if not pictures:
        return _both(heads["none"])
    left = sum(1 for one in pictures if one.name and not one.image)
    return f"{_both(heads['not_printed'])}: {left}" if left else ""


def _rest(heads: Mapping[str, Pair], all_of: int, most: int, name: str) -> str:
    """Return what is said below a table that was cut."""
    if all_of == 0:
        return _both(heads["none"])
    return f"{_both(heads['left_out'])}: {all_of - most} ({name})" if all_of > most else ""


def _timeline(told: Mapping[str, Any]) -> PackTable:
    heads, events = told["say"]["heads"], told["events"]
    rows = []
    for one in events[:MOST_EVENTS]:
        more = [f"{heads['signed']['zh']}: {'、'.join(one['signed_by'])}"] if one["signed_by"] else []
        more += [f"{heads['refused']['zh']}: {one['witness']}"] if one["refused"] else []
        what = "\n".join([one["said"]["zh"], *one["words"], *more])
        rows.append((_when(told, one["at"]), _cut(what), one["who"] or heads["house"]["zh"]))
    return PackTable(
        heads["timeline"]["zh"],
        heads["timeline"]["en"],
        (_times(told), heads["what"]["zh"], heads["who"]["zh"]),
        (22, 60, 18),
        tuple(rows),
        _rest(heads, len(events), MOST_EVENTS, "timeline.json"),
    )


def _violations(told: Mapping[str, Any]) -> PackTable:
    heads, broken = told["say"]["heads"], told["violations"]
    rows = []
    for one in broken[:_MOST_ROWS]:
        read = [f"{said['fact']} = {said['value']}" for said in one["evidence"]]
        result = (
            f"{heads['fixed']['zh']} {_when(told, one['fixed_at'])}" if one["fixed_at"] else heads["not_fixed"]["zh"]
        )
        what = "\n".join([f"{one['code']} {one['zh']}", one["reason"], *read])
        rows.append((_when(told, one["at"]), _cut(what), one["clause"], one["penalty"] or heads["none"]["zh"], result))
    return PackTable(
        heads["violations"]["zh"],
        heads["violations"]["en"],
        (_times(told), *(heads[key]["zh"] for key in ("what", "clause", "penalty", "result"))),
        (15, 34, 19, 17, 15),
        tuple(rows),
        _rest(heads, len(broken), _MOST_ROWS, "violations.json"),
    )


def _rules(told: Mapping[str, Any]) -> PackTable:
    heads, say = told["say"]["heads"], told["say"]
    rows = [(f"{one['code']} {one['zh']}", say["results"][one["result"]]["zh"], one["clause"]) for one in told["rules"]]
    return PackTable(
        heads["rules"]["zh"],
        heads["rules"]["en"],
        tuple(heads[key]["zh"] for key in ("what", "result", "clause")),
        (46, 16, 38),
        tuple(rows[:_MOST_ROWS]),
        _rest(heads, len(rows), _MOST_ROWS, "rules.json"),
    )


def _stands(heads: Mapping[str, Pair], one: Mapping[str, Any]) -> str:
    if not one["void"]:
        return heads["counts"]["zh"]
    return f"{heads['void']['zh']}: {_cut(one['void'])} {one['replaced_by'] or ''}".strip()


def _documents(told: Mapping[str, Any]) -> PackTable:
    heads, papers = told["say"]["heads"], told["documents"]
    rows = [
        (
            f"{one['number']} {one['title']}",
            _when(told, one["issued_at"]),
            _stands(heads, one),
            _halves(one["sha256"]),
        )
        for one in papers[:_MOST_ROWS]
    ]
    return PackTable(
        heads["documents"]["zh"],
        heads["documents"]["en"],
        (heads["what"]["zh"], _times(told), heads["result"]["zh"], "SHA-256"),
        (32, 20, 18, 30),
        tuple(rows),
        _rest(heads, len(papers), _MOST_ROWS, "documents.json"),
        hashes=True,
    )


def _files(heads: Mapping[str, Pair], files: Sequence[PackFile]) -> PackTable:
    held = sorted(files, key=lambda one: one.name)
    rows = [
        (one.name, str(len(one.content)), _halves(hashlib.sha256(one.content).hexdigest()))
        for one in held[:_MOST_FILES]
    ]
    cut = _rest(heads, len(held), _MOST_FILES, "manifest.json")
    return PackTable(
        heads["files"]["zh"],
        heads["files"]["en"],
        (heads["file"]["zh"], heads["bytes"]["zh"], "SHA-256"),
        (56, 14, 30),
        tuple(rows),
        f"{cut} {_both(heads['files_note'])}".strip(),
        hashes=True,
    )
