"""What stands against publishing a model: a file or a data set other than the card's, figures of rendered pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.learn.facts import Share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.learn.facts import Manifest, Member

_TRAIN = "Train it on this data set, or name the one it was trained on."


def check_release(card: Mapping[str, object], sha256: str, trained_on: Manifest, members: Sequence[Member]) -> None:
    """Refuse what must not be published.

    Args:
        card: its manifest entry. ``sha256`` is the file's that training wrote; ``dataset``, where given, the hash of
            the data set's manifest; ``accuracy``, where given, says of which share, of how many pictures, and how many
            of them rendered, its figures are.
        sha256: of the file at hand.
        trained_on: the data set that is named for it.
        members: its pictures.

    Raises:
        InputError: the field names what stands against it.
    """
    if card.get("sha256") != sha256:
        raise InputError(
            field="card.sha256",
            problem=f"is {str(card.get('sha256'))[:12]}…, the file is {sha256[:12]}…: it is not what was trained",
            fix="Give the file and the card of one training.",
        )
    named = card.get("dataset")
    if named is not None and named != trained_on.sha256:
        raise InputError(
            field="card.dataset", problem=f"is {str(named)[:12]}…, {trained_on.label} is another", fix=_TRAIN
        )
    if drawn := sum(one.share is Share.TEST and one.sample.rendered for one in members):
        raise InputError(
            field="dataset",
            problem=f"{trained_on.label} tests on {drawn} rendered picture(s)",
            fix="Make the data set anew: rendered pictures then train only.",
        )
    if "accuracy" in card:
        _check_accuracy(card["accuracy"], trained_on, members)


def _check_accuracy(told: object, trained_on: Manifest, members: Sequence[Member]) -> None:
    fix = "Measure on photographs only and give share, pictures and rendered (0)."
    if not isinstance(told, dict) or told.get("share") not in {Share.VAL.value, Share.TEST.value}:
        raise InputError(field="card.accuracy.share", problem="is neither val nor test", fix=fix)
    photographs = sum(one.share.value == told["share"] and not one.sample.rendered for one in members)
    if told.get("rendered") != 0:
        raise InputError(field="card.accuracy.rendered", problem=f"is {told.get('rendered')!r}, not 0", fix=fix)
    pictures = told.get("pictures")
    if not isinstance(pictures, int) or isinstance(pictures, bool) or not 0 < pictures <= photographs:
        raise InputError(
            field="card.accuracy.pictures",
            problem=f"is {pictures!r}; {trained_on.label} holds {photographs} photograph(s) for {told['share']}",
            fix=fix,
        )


def told_of(card: Mapping[str, object]) -> dict[str, object]:
    """Return what a published model's card says of its scores and of what it cannot see, as the release's cards do.

    ``accuracy`` names one share and its pictures; every other number in it that is a share of one is a score.
    """
    made: dict[str, object] = {}
    accuracy = card.get("accuracy")
    if isinstance(accuracy, dict):
        made["scores"] = [
            {"set": accuracy.get("share"), "figure": name, "value": value, "pictures": accuracy.get("pictures")}
            for name, value in sorted(accuracy.items())
            if isinstance(value, int | float) and name not in {"pictures", "rendered"} and 0 <= value <= 1
        ]
    blind = card.get("blind")
    if isinstance(blind, dict) and all(isinstance(blind.get(language), str) for language in ("zh", "en")):
        made["blind"] = {"zh": blind["zh"], "en": blind["en"]}
    return made
