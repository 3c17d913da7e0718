"""From labelled pictures to a divided data set: what may be in it, what is there twice, and which share each gets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.learn.facts import Member, Share
from pipewarden.learn.rules.alike import alike
from pipewarden.learn.rules.groups import groups, settled, share_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.learn.facts import Recipe, Sample

NO_RIGHTS = "may not train weights that are given away"
TWICE = "is there already, byte for byte"
NEARLY = "looks like one that is there already"
RENDERED = "is rendered, and its group is for measuring"
AUDIT = "was drawn for an audit, and its group does not test"


def divide(samples: Sequence[Sample], recipe: Recipe, before: Mapping[str, Share]) -> tuple[list[Member], Counter[str]]:
    """Return the members, and why pictures were left out.

    Of pictures that are one twice, the one that was in the data set before stays, else the first of the hashes. A
    picture keeps its share unless new ties force it into a stricter one (see ``groups.settled``). A group that is new
    tests as a whole where an audit of a photograph is in it, and trains as a whole where a rendered picture is in it:
    a rendered picture only ever trains, an audited one only ever tests, and one that can do neither is left out.

    Args:
        samples: every labelled picture, in any order; the result does not depend on it.
        recipe: the division.
        before: shares by picture of the data set that this one follows.

    Raises:
        InputError: the parts are no parts of one whole.
    """
    if recipe.val < 0 or recipe.test < 0 or recipe.val + recipe.test >= 1:
        raise InputError(field="val, test", problem="are no parts below 1 together", fix="Give for instance 0.15 each.")
    dropped: Counter[str] = Counter()
    kept: dict[str, Sample] = {}
    for sample in sorted(samples, key=lambda one: (one.picture, one.origin)):
        if recipe.shippable_only and not sample.may_ship:
            dropped[NO_RIGHTS] += 1
        elif sample.picture in kept:
            dropped[TWICE] += 1
        else:
            kept[sample.picture] = sample
    ordered = sorted(kept.values(), key=lambda one: (one.picture not in before, one.picture))
    pairs = alike([sample.likeness for sample in ordered], recipe.near)
    named = groups(ordered, pairs)
    shares = _called(ordered, named) | settled(named, before, [sample.picture for sample in ordered])
    divided = [
        Member(sample, share_of(group, recipe, shares), group) for sample, group in zip(ordered, named, strict=True)
    ]
    barred = {at: why for at, one in enumerate(divided) if (why := _barred(one)) is not None}
    same = [(a, b) for a, b in pairs if not barred.keys() & {a, b} and _says(ordered[a]) == _says(ordered[b])]
    gone = _repeats(same, {at for at, sample in enumerate(ordered) if sample.picture in before})
    dropped += Counter(barred.values()) + Counter({NEARLY: len(gone)})
    return [one for at, one in enumerate(divided) if at not in barred.keys() | gone], +dropped


def _called(samples: Sequence[Sample], groups_now: Sequence[str]) -> dict[str, Share]:
    """Return the shares that what is in a new group calls for."""
    pairs = list(zip(samples, groups_now, strict=True))
    trains = {group: Share.TRAIN for sample, group in pairs if sample.rendered}
    return trains | {group: Share.TEST for sample, group in pairs if sample.audit and not sample.rendered}


def _barred(one: Member) -> str | None:
    """Return why a picture cannot be in the share of its group."""
    if one.sample.rendered and one.share is not Share.TRAIN:
        return RENDERED
    return AUDIT if one.sample.audit and one.share is not Share.TEST else None


def _says(sample: Sample) -> frozenset[str]:
    """Return what reviewers said of a picture: two that look the same and are judged otherwise are no repeat."""
    return frozenset(label.cls for label in sample.labels if label.code is not None)


def _repeats(pairs: Sequence[tuple[int, int]], fixed: set[int]) -> set[int]:
    """Return the pictures that look like an earlier one that stays; grouping saw them, so their ties still hold."""
    earlier: dict[int, list[int]] = {}
    for one, other in pairs:
        earlier.setdefault(other, []).append(one)
    gone: set[int] = set()
    for at in sorted(earlier):
        if at not in fixed and any(one not in gone for one in earlier[at]):
            gone.add(at)
    return gone


def leaks(members: Sequence[Member]) -> list[str]:
    """Return every camera, site or scene that stands in more than one share: there must be none."""
    seen: dict[tuple[str, str], set[Share]] = {}
    for one in members:
        sample = one.sample
        for kind, value in (("camera", sample.camera), ("site", sample.site), ("scene", sample.scene)):
            if value is not None:
                seen.setdefault((kind, value), set()).add(one.share)
    return sorted(f"{kind} {value}" for (kind, value), shares in seen.items() if len(shares) > 1)
