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


def divide(samples: Sequence[Sample], recipe: Recipe, before: Mapping[str, Share]) -> tuple[list[Member], Counter[str]]:
    """Return the members, and why pictures were left out.

    Of pictures that are one twice, the one that was in the data set before stays, else the first of the hashes. A
    picture keeps its share unless new ties force it into a stricter one (see ``groups.settled``).

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
    shares = settled(named, before, [sample.picture for sample in ordered])
    gone = _repeats(pairs, {at for at, sample in enumerate(ordered) if sample.picture in before})
    dropped[NEARLY] += len(gone)
    members = [
        Member(sample, share_of(group, recipe, shares), group)
        for at, (sample, group) in enumerate(zip(ordered, named, strict=True))
        if at not in gone
    ]
    return members, +dropped


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
