"""What a data set is: labelled pictures with their rights, where each belongs, and a hash that names the whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from pipewarden.inference.facts import Champion, RegisteredModel
    from pipewarden.judge.facts import ReviewCode


class Share(StrEnum):
    """What a picture is for; one scene is for one thing only."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Label:
    """One labelled object.

    Attributes:
        cls: word of the label map, for instance ``excavator`` or ``person``.
        box: left, top, width, height in pixels of the picture as it is stored.
        by: who says so: a source's name, ``hand``, or for instance ``person:<id>``.
        code: of a reviewer's verdict, what exactly was said, for instance ``parked_machine``; None for other labels.
        at: of a reviewer's verdict, when.
        spot: it was said on the spot, of the works and not of the picture; false for a reviewer who looked at it.
    """

    cls: str
    box: tuple[float, float, float, float]
    by: str
    code: str | None = None
    at: datetime | None = None
    spot: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled picture.

    Attributes:
        picture: SHA-256 of the file, hex; the bytes lie in the blob store.
        labelled: kinds (machine, person, cone, vehicle) whose objects are all labelled here: only of these does "no
            box" mean "none there".
        source: where the picture comes from, in words.
        licence: the terms as its source states them; empty when it states none.
        may_ship: whether those terms let it train weights that are given away.
        rendered: made by a renderer: may train, is never counted in a reported accuracy.
        camera: key of the camera, the same for every picture of it.
        site: one piece of works, seen from however many cameras.
        scene: any other tie, for instance one clip or one photo that was cut up.
        likeness: 256-bit difference hash of the whole picture, 32 bytes.
        origin: the file name, or the alarms whose verdicts it was made from.
        audit: a person looked at it because it was drawn by chance: it tests and never trains.
    """

    picture: str
    width: int
    height: int
    labels: tuple[Label, ...]
    labelled: frozenset[str]
    source: str
    licence: str
    may_ship: bool
    rendered: bool
    camera: str | None
    site: str | None
    scene: str | None
    likeness: bytes
    origin: str
    audit: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One picture inside a data set: where it belongs, and the group that keeps it there."""

    sample: Sample
    share: Share
    group: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """How pictures are divided.

    Attributes:
        seed: another seed, another division; the same seed, the same for ever.
        val: part of the groups for choosing between models, 0-1.
        test: part of the groups that no training may ever look at, 0-1.
        near: pictures whose likeness differs in so few of 256 bits are one picture twice: one stays.
        shippable_only: leave out what may not train weights that are given away.
    """

    seed: int = 1
    val: float = 0.15
    test: float = 0.15
    near: int = 8
    shippable_only: bool = False


@dataclass(frozen=True, slots=True)
class Quality:
    """What a person should know before training on it.

    Attributes:
        pictures: by share.
        labels: by class, then share.
        groups: by share.
        dropped: why pictures were left out, and how many.
        doubts: pictures whose labels look wrong, each with the reason; at most the first hundred.
        doubtful: how many there are in all.
        rendered: pictures made by a renderer, by share.
    """

    pictures: Mapping[str, int]
    labels: Mapping[str, Mapping[str, int]]
    groups: Mapping[str, int]
    dropped: Mapping[str, int]
    doubts: tuple[tuple[str, str], ...]
    doubtful: int
    rendered: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One immutable data set.

    Attributes:
        number: grows by one with each data set of the name.
        sha256: of the manifest's text; the text lies in the blob store and names every picture by its own hash.
        parent: SHA-256 of the manifest it was made from, None for a first one.
    """

    id: UUID
    tenant_id: UUID
    name: str
    number: int
    sha256: str
    parent: str | None
    recipe: Recipe
    quality: Quality
    made_by: str
    made_at: datetime

    @property
    def label(self) -> str:
        """Return ``name-number``."""
        return f"{self.name}-{self.number}"


WORKS, NO_WORKS = "works", "no_works"  # what a verdict makes of the machine in the box


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A reviewer's last word about an alarm, or what was said on the spot, with the picture that was there by then.

    Attributes:
        code: what the reviewer said; ``actor`` who, ``at`` when.
        audited: the alarm was drawn by chance from the rejected ones.
        picture: SHA-256 of the best picture of its machine by then; ``box`` left, top, width, height in its pixels.
        camera: key of the camera; None where the picture comes from none.
        stream: who or what sent it.
        place: lon, lat in degrees WGS-84; None where it is not known.
        spot: somebody said it on the spot, and no reviewer has judged the alarm.
    """

    alarm_id: UUID
    code: ReviewCode
    actor: str
    at: datetime
    audited: bool
    picture: str
    box: tuple[float, float, float, float]
    camera: str | None
    stream: str
    rendered: bool
    place: tuple[float, float] | None
    spot: bool = False


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a model comes from: version, data set, pictures.

    Attributes:
        manifests: the data set it was trained on, then the ones that one follows, the newest first; empty for a model
            that was not trained in this house (a release's card says on what).
        members: every picture of that data set.
        card: as it was published; empty where nothing was.
        vouched: whether the card itself names the data set; else whoever published it said so.
        actor: who published it, and ``at`` when.
    """

    model: RegisteredModel
    manifests: tuple[Manifest, ...]
    members: tuple[Member, ...]
    card: Mapping[str, object]
    vouched: bool
    actor: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A model of the registry and what it stands for.

    Attributes:
        trained_on: label of its data set; None where it was not trained here.
    """

    model: RegisteredModel
    champion: bool
    challenger: bool
    trained_on: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a model with what is known of it.

    Attributes:
        entry: its manifest entry: licence, thresholds, labels.
        card: the release's card (data, scores, what it cannot see) or what a published model's card says.
    """

    standing: Standing
    entry: Mapping[str, object]
    card: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Family:
    """All versions of one model, the newest first, and who made which active when, the last choice first."""

    name: str
    versions: tuple[Version, ...]
    choices: tuple[Champion, ...]
