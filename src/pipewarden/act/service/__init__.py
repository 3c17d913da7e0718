"""The use cases of act: calls to deliveries, deliveries to receipts, links to acknowledgements, events to others."""

from pipewarden.act.rules.cloud import KINDS as HOOK_KINDS
from pipewarden.act.rules.pack import check as check_pack
from pipewarden.act.rules.pack import fingerprint
from pipewarden.act.rules.sign import webhook_problem, webhook_secret
from pipewarden.act.service.acking import HOLDS, Ack, AckState, acknowledge, look
from pipewarden.act.service.appeals import tell_appeals
from pipewarden.act.service.blind import tell_blind
from pipewarden.act.service.calling import tell_persons
from pipewarden.act.service.digests import send_digest
from pipewarden.act.service.drafting import DRAFT, ISSUE, Desk, Draft, Wanted, draft, draft_pdf, source_of
from pipewarden.act.service.hooks import (
    SECRET_BYTES,
    add_hook,
    announce,
    announce_anchor,
    announce_filings,
    change_hook,
    hook_deliveries,
    hooks,
    remove_hook,
    tell_anchored,
    try_hook,
)
from pipewarden.act.service.issuing import (
    READ_DOCUMENTS,
    TOKEN_BYTES,
    CheckedFile,
    Replacing,
    Verified,
    document_docx,
    document_pdf,
    documents,
    issue,
    offered,
    verify_file,
    verify_token,
    void,
)
from pipewarden.act.service.messages import deliveries, messages, read_messages
from pipewarden.act.service.own_templates import (
    SAMPLE,
    Given,
    add_template,
    kinds,
    own_templates,
    preview,
    sample_sheet,
    shipped,
)
from pipewarden.act.service.packing import PACK, Bench, Packed, evidence_pack
from pipewarden.act.service.planning import deliver, plan
from pipewarden.act.service.post import Post
from pipewarden.act.service.reach import ask_reach, channels, check_reach, reach, tried, try_person, why_not
from pipewarden.act.service.sending import Taken, give_up, settle, take
from pipewarden.act.service.signing import Signable, documents_under, pdf_under, sign
from pipewarden.act.service.standing import messages_standing
from pipewarden.act.service.trying import own_tries, try_channel

__all__ = [
    "DRAFT",
    "HOLDS",
    "HOOK_KINDS",
    "ISSUE",
    "PACK",
    "READ_DOCUMENTS",
    "SAMPLE",
    "SECRET_BYTES",
    "TOKEN_BYTES",
    "Ack",
    "AckState",
    "Bench",
    "CheckedFile",
    "Desk",
    "Draft",
    "Given",
    "Packed",
    "Post",
    "Replacing",
    "Signable",
    "Taken",
    "Verified",
    "Wanted",
    "acknowledge",
    "add_hook",
    "add_template",
    "announce",
    "announce_anchor",
    "announce_filings",
    "ask_reach",
    "change_hook",
    "channels",
    "check_pack",
    "check_reach",
    "deliver",
    "deliveries",
    "document_docx",
    "document_pdf",
    "documents",
    "documents_under",
    "draft",
    "draft_pdf",
    "evidence_pack",
    "fingerprint",
    "give_up",
    "hook_deliveries",
    "hooks",
    "issue",
    "kinds",
    "look",
    "messages",
    "messages_standing",
    "offered",
    "own_templates",
    "own_tries",
    "pdf_under",
    "plan",
    "preview",
    "reach",
    "read_messages",
    "remove_hook",
    "sample_sheet",
    "send_digest",
    "settle",
    "shipped",
    "sign",
    "source_of",
    "take",
    "tell_anchored",
    "tell_appeals",
    "tell_blind",
    "tell_persons",
    "tried",
    "try_channel",
    "try_hook",
    "try_person",
    "verify_file",
    "verify_token",
    "void",
    "webhook_problem",
    "webhook_secret",
    "why_not",
]
