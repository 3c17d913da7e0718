"""Which pictures belong together, and which share each group goes to.

A detector that saw the same camera in training scores too well on it: what shares a camera, a site or a scene goes to
one share as a whole. The share follows from the group's own name, so a picture that comes later never moves one that is
there: a test picture must not become a training picture by the data set growing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from pipewarden.learn.facts import Share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipewarden.learn.facts import Recipe, Sample

_SPAN = 1 << 64


def groups(samples: Sequence[Sample], alike: Iterable[tuple[int, int]]) -> list[str]:
    """Return each sample's group: everything tied by camera, site, scene or likeness, directly or over others.

    Args:
        samples: the pictures.
        alike: pairs of indices of pictures that look the same.
    """
    leader = list(range(len(samples)))

    def find(at: int) -> int:
        while leader[at] != at:
            leader[at] = leader[leader[at]]
            at = leader[at]
        return at

    first: dict[tuple[str, str], int] = {}
    for at, sample in enumerate(samples):
        for tie in _ties(sample):
            leader[find(at)] = find(first.setdefault(tie, at))
    for one, other in alike:
        leader[find(one)] = find(other)
    names: dict[int, list[str]] = defaultdict(list)
    for at, sample in enumerate(samples):
        names[find(at)] += [f"{kind}:{value}" for kind, value in _ties(sample)] or [f"picture:{sample.picture}"]
    named = {root: min(words) for root, words in names.items()}
    return [named[find(at)] for at in range(len(samples))]


def _ties(sample: Sample) -> list[tuple[str, str]]:
    told = (("camera", sample.camera), ("scene", sample.scene), ("site", sample.site))
    return [(kind, value) for kind, value in told if value is not None]


def share_of(group: str, recipe: Recipe, before: Mapping[str, Share]) -> Share:
    """Return the share of a group: the one it had, else by a hash of seed and name, uniform over the groups."""
    if group in before:
        return before[group]
    digest = hashlib.sha256(f"{recipe.seed}\0{group}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / _SPAN
    if place < recipe.test:
        return Share.TEST
    return Share.VAL if place < recipe.test + recipe.val else Share.TRAIN


def settled(
    groups_now: Sequence[str], members_before: Mapping[str, Share], pictures: Sequence[str]
) -> dict[str, Share]:
    """Return the shares that groups have from an earlier data set, by the pictures they hold.

    Where new ties join groups of different shares, the strictest share wins: test before val before train. Nothing that
    a model was tested on becomes training data; what it was trained on may leave training.
    """
    strictness = (Share.TEST, Share.VAL, Share.TRAIN)
    found: dict[str, set[Share]] = defaultdict(set)
    for group, picture in zip(groups_now, pictures, strict=True):
        if picture in members_before:
            found[group].add(members_before[picture])
    return {group: min(shares, key=strictness.index) for group, shares in found.items()}
