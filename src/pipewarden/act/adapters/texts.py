"""Text messages through a gateway of the operator's own: one signed POST, which the gateway turns into its carrier's.

Each carrier and cloud in the country has its own signatures, templates and approvals; a house that spoke all of them
would hold all of their keys. So it speaks to one small gateway, by Standard Webhooks 1.0, and the keys stay there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.act.adapters.unsent import UNSENT, unsent
from pipewarden.act.facts import Outcome, Receipt
from pipewarden.act.rules.sign import webhook_headers

if TYPE_CHECKING:
    from pipewarden.act.facts import Outgoing
    from pipewarden.kit.outbound import Outbound

_BUSY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Texts:
    """Implements ``act.ports.Channel`` for text messages.

    Attributes:
        url: the gateway; anything but 2xx is a failure.
        secret: ``whsec_`` and base64; signs what goes there, so that nobody else sends messages by it.
    """

    outbound: Outbound
    url: str
    secret: str = field(repr=False)
    real: bool = True
    limit: int = 1000

    def send(self, message: Outgoing, *, within_s: float) -> Receipt:
        """Post ``{"to", "text"}``; the gateway may drop a second one with the same ``webhook-id``."""
        text = message.body if message.body.startswith("【") else f"【管卫】{message.title} {message.body}"
        body = json.dumps({"to": message.address, "text": text}, ensure_ascii=False).encode()
        headers = webhook_headers(str(message.id), message.at, body, self.secret)
        headers |= {"Content-Type": "application/json; charset=utf-8", "User-Agent": "pipewarden"}
        try:
            answer = self.outbound.post(self.url, body, headers, within_s=within_s)
        except UNSENT as error:
            return unsent(error)
        word = str(answer.status)
        if 200 <= answer.status < 300:  # noqa: PLR2004  what HTTP calls a success
            return Receipt(Outcome.ACCEPTED, word=word)
        if answer.status in _BUSY and answer.again_s is not None:
            return Receipt(Outcome.BUSY, f"HTTP {word}", word, timedelta(seconds=answer.again_s))
        return Receipt(Outcome.FAILED, f"HTTP {word}", word)
