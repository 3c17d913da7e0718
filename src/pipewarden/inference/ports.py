"""What the rest of the house may ask a model: pixels in, values out, and which model answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.inference.facts import Detections, Floats, Lost, ModelRef, Pixels, Reply, VisionModel


class Detector(Protocol):
    """Finds machines, persons and cones in a picture."""

    @property
    def ref(self) -> ModelRef:
        """Return which model this is."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the class names, by index."""
        ...

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Return the score per class from which a finding may raise an alarm."""
        ...

    def detect(self, pixels: Pixels) -> Detections:
        """Return what is seen in BGR pixels (h, w, 3), down to the model's floor score.

        Raises:
            UnavailableError: the model failed; the picture is not to blame and may be tried again.
        """
        ...


class LookNet(Protocol):
    """Turns crops into numbers that stay close when the same thing is seen again."""

    @property
    def ref(self) -> ModelRef:
        """Return which model this is."""
        ...

    @property
    def side(self) -> int:
        """Return the side of a crop in pixels."""
        ...

    def features(self, crops: Sequence[Pixels]) -> Floats:
        """Return float32 (n, D) for BGR crops (side, side, 3); not of length one.

        Raises:
            UnavailableError: the model failed.
        """
        ...


class TypeHead(Protocol):
    """Tells kinds of machines apart, or abstains."""

    @property
    def ref(self) -> ModelRef:
        """Return which model this is."""
        ...

    def classify(self, features: Floats) -> list[tuple[str, float]]:
        """Return (type or ``other``, probability) for the features (n, D) of its look net."""
        ...


class VisionEndpoint(Protocol):
    """Carries one question with pictures to a model outside and brings back whatever comes."""

    @property
    def about(self) -> VisionModel | None:
        """Return whom it reaches; None when there is nobody."""
        ...

    def send(self, body: bytes, within_s: float) -> Reply | Lost:
        """Return what the endpoint answers to a chat completion's JSON, within the time; never raises."""
        ...


class Verifier(Protocol):
    """Says how much a crop looks like a machine: a loose gate or a weak score, never a judge."""

    @property
    def ref(self) -> ModelRef:
        """Return which model this is."""
        ...

    @property
    def gate(self) -> float:
        """Return the probability under which a crop is hardly a machine."""
        ...

    def machine(self, looks: Floats) -> list[float]:
        """Return the probability 0-1 of a machine for looks (n, D) at length one, as findings keep them."""
        ...
