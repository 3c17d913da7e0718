"""The use cases of field."""

from pipewarden.field.service.following import followed, picture
from pipewarden.field.service.nearby import near, shown_picture
from pipewarden.field.service.reporting import (
    Desk,
    Reported,
    add_words,
    hotline,
    of_link,
    sent_by,
    take,
)
from pipewarden.field.store.report_policy import shipped_reports

__all__ = [
    "Desk",
    "Reported",
    "add_words",
    "followed",
    "hotline",
    "near",
    "of_link",
    "picture",
    "sent_by",
    "shipped_reports",
    "shown_picture",
    "take",
]
