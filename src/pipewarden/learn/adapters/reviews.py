"""Pictures that reviewers have judged, as labelled pictures: decoded once more, for their size and their likeness."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.learn.adapters.folders import terms
from pipewarden.learn.rules import sample_of, sites
from pipewarden.learn.rules.verdicts import SOURCE
from pipewarden.perceive.service import WANTED, likeness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.learn.facts import Reviewed, Sample
    from pipewarden.perceive.service import PictureDecoder


@dataclass(slots=True)
class ReviewedPictures:
    """Implements ``learn.ports.LabelledPictures`` on what ``learn.service.reviewed`` returned.

    Attributes:
        refused: pictures that are gone or cannot be read any more, each with the reason.
    """

    reviewed: Sequence[Reviewed]
    decoder: PictureDecoder
    blobs: BlobStore
    known: Mapping[str, Mapping[str, object]] = field(default_factory=terms)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def samples(self) -> Iterator[Sample]:
        """Yield each picture once, with every verdict about it."""
        named = sites(self.reviewed)
        by_picture: dict[str, list[Reviewed]] = defaultdict(list)
        for one in self.reviewed:
            by_picture[one.picture].append(one)
        for picture, shown in by_picture.items():
            try:
                decoded = self.decoder.decode(self.blobs.get(picture), name=picture[:12], wanted=WANTED)
            except InputError as error:
                self.refused += [(f"alarm:{one.alarm_id}", error.problem) for one in shown]
                continue
            yield sample_of(
                shown,
                named[shown[0].alarm_id],
                size=(decoded.width, decoded.height),
                likeness=likeness(decoded.pixels),
                terms=self.known.get(SOURCE, {}),
            )
