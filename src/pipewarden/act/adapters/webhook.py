"""Signed webhooks by Standard Webhooks 1.0: one POST to a checked address, no redirect, all but 2xx a failure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.act.adapters.unsent import UNSENT, unsent
from pipewarden.act.facts import CLOUDEVENTS, Outcome, Receipt
from pipewarden.act.rules.sign import webhook_headers

if TYPE_CHECKING:
    from pipewarden.act.facts import Outgoing
    from pipewarden.kit.outbound import Outbound

_BUSY = frozenset({429, 502, 503, 504})
_GONE = 410


@dataclass(frozen=True, slots=True)
class Webhook:
    """Implements ``act.ports.Channel`` for persons' webhooks and for subscriptions."""

    outbound: Outbound
    real: bool = True
    limit: int = 1_000_000

    def send(self, message: Outgoing, *, within_s: float) -> Receipt:
        """Post one signed document."""
        body = message.body.encode()
        many = "-batch" if message.body.startswith("[") else ""
        media = f"application/cloudevents{many}+json" if message.channel == CLOUDEVENTS else "application/json"
        headers = webhook_headers(str(message.id), message.at, body, message.secret)
        headers |= {"Content-Type": f"{media}; charset=utf-8", "User-Agent": "pipewarden"}
        try:
            answer = self.outbound.post(message.address, body, headers, within_s=within_s, tenant=message.tenant)
        except UNSENT as error:
            return unsent(error)
        word = str(answer.status)
        if 200 <= answer.status < 300:  # noqa: PLR2004  what HTTP calls a success
            return Receipt(Outcome.ACCEPTED, word=word)
        problem = f"HTTP {answer.status}"
        if answer.status in _BUSY and answer.again_s is not None:
            return Receipt(Outcome.BUSY, problem, word, timedelta(seconds=answer.again_s))
        return Receipt(Outcome.REFUSED if answer.status == _GONE else Outcome.FAILED, problem, word)
