"""The dead man's handle: one POST a minute to an address outside, by the outbound guard, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.kit.errors import PipewardenError

if TYPE_CHECKING:
    from pipewarden.kit.outbound import Outbound

_WITHIN_S = 10.0
_FIRST_ERROR = 300


@dataclass(frozen=True, slots=True)
class Handle:
    """Implements ``operation.ports.Outside``.

    Attributes:
        url: may hold the key of the check outside, so it is shown nowhere.
    """

    outbound: Outbound
    url: str = field(default="", repr=False)

    @property
    def set_up(self) -> bool:
        """Return whether an address is set."""
        return bool(self.url)

    def tell(self, words: bytes) -> str | None:
        """Post the words; return None when the outside took them."""
        try:
            answer = self.outbound.post(
                self.url, words, {"Content-Type": "application/json", "User-Agent": "pipewarden"}, within_s=_WITHIN_S
            )
        except PipewardenError as error:
            return error.problem
        except Exception as error:  # noqa: BLE001  whatever breaks the sign of life, the watch goes on
            return f"broke ({type(error).__name__})"
        return None if answer.status < _FIRST_ERROR else f"answered {answer.status}"
