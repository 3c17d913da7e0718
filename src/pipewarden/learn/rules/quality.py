"""What is wrong with labels, said before anybody trains on them; doubts are told, never silently mended."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from pipewarden.learn.facts import Quality

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.learn.facts import Label, Member, Sample

_SMALLEST_PX = 3.0
_SAME = 0.9
_TOLD = 100


def quality(members: Sequence[Member], dropped: Mapping[str, int]) -> Quality:
    """Return the report over the pictures of a data set."""
    pictures: Counter[str] = Counter()
    rendered: Counter[str] = Counter()
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    groups: dict[str, set[str]] = defaultdict(set)
    doubts: list[tuple[str, str]] = []
    for one in members:
        share = one.share.value
        pictures[share] += 1
        rendered[share] += one.sample.rendered
        groups[share].add(one.group)
        for label in one.sample.labels:
            labels[label.cls][share] += 1
        doubts += [(one.sample.origin, why) for why in doubts_of(one.sample)]
    return Quality(
        pictures=dict(sorted(pictures.items())),
        labels={cls: dict(sorted(counts.items())) for cls, counts in sorted(labels.items())},
        groups={share: len(names) for share, names in sorted(groups.items())},
        dropped=dict(sorted(dropped.items())),
        doubts=tuple(doubts[:_TOLD]),
        doubtful=len(doubts),
        rendered=dict(sorted(rendered.items())),
    )


def doubts_of(sample: Sample) -> list[str]:
    """Return what looks wrong with one picture's labels, in words."""
    found = []
    for number, label in enumerate(sample.labels, start=1):
        left, top, width, height = label.box
        if width < _SMALLEST_PX or height < _SMALLEST_PX:
            found.append(f"box {number} ({label.cls}) is under {_SMALLEST_PX:g} px")
        if left < -1 or top < -1 or left + width > sample.width + 1 or top + height > sample.height + 1:
            found.append(f"box {number} ({label.cls}) leaves the picture")
    for (n, one), (m, other) in combinations(enumerate(sample.labels, start=1), 2):
        if overlap(one, other) > _SAME:
            same = "the same object twice" if one.cls == other.cls else f"{one.cls} and {other.cls} at one place"
            found.append(f"boxes {n} and {m}: {same}")
    return found


def overlap(one: Label, other: Label) -> float:
    """Return the intersection over union of two boxes, 0-1."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = one.box, other.box
    across = min(ax + aw, bx + bw) - max(ax, bx)
    down = min(ay + ah, by + bh) - max(ay, by)
    if across <= 0 or down <= 0:
        return 0.0
    both = across * down
    return both / (aw * ah + bw * bh - both)
