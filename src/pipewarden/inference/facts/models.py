"""What a model is and what it says: the values that pass through the one door."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

OTHER = "other"  # the type head abstains


class ModelName(StrEnum):
    """The models that Pipewarden ships."""

    SCREEN = "screen"
    LOOK = "look"
    TYPE = "type"
    VERIFIER = "verifier"
    TEACHER = "teacher"
    FACES = "faces"


class Outcome(StrEnum):
    """How one call of a model ended."""

    OK = "ok"
    FAILED = "failed"


class Alias(StrEnum):
    """What a model of a name may stand for."""

    CHAMPION = "champion"  # it is the one that answers
    CHALLENGER = "challenger"  # published last, looked at beside the champion


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Names one model beyond doubt: two files never share a SHA-256 (hex, 64 digits)."""

    name: str
    version: str
    sha256: str

    @property
    def label(self) -> str:
        """Return ``name-version``, as findings carry it."""
        return f"{self.name}-{self.version}"


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of a weights file.

    Attributes:
        dtype: numpy's name of the element type.
        shape: fixed lengths; a word stands for a free one.
        meaning: units and channel order, for people; ``RGB`` in it says that the channels are not BGR.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One entry of the manifest: everything needed to trust and to use a weights file.

    Attributes:
        file: beside the manifest.
        bytes: size of the file.
        threshold: least score per class (screen) or least probability (``abstain`` of type,
            ``gate`` of verifier); empty when it has none.
        card: the model card's path from the repository root.
        extra: what only this model needs.
        entry: the manifest's entry as it was read, for the registry.
    """

    ref: ModelRef
    file: str
    bytes: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    threshold: Mapping[str, float]
    licence: str
    card: str
    extra: Mapping[str, object]
    entry: Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What the screen saw in one picture, best score first.

    Attributes:
        boxes: float32 (n, 4), left, top, right, bottom in pixels of the picture that was given, inside its border.
        scores: float32 (n,), 0-1.
        classes: int64 (n,), index into the detector's ``classes``.
    """

    boxes: Floats
    scores: Floats
    classes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model that the database knows."""

    id: UUID
    tenant_id: UUID
    ref: ModelRef
    bytes: int
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Champion:
    """Which model became the active one of its name, by whom and when."""

    model: RegisteredModel
    actor: str
    at: datetime
