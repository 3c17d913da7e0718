"""The use cases of field."""

from pipewarden.field.service.following import followed, picture
from pipewarden.field.service.forgetting import finish, forget, left
from pipewarden.field.service.handed import add_pictures, received_since, report, spoken
from pipewarden.field.service.keeping import AnswerKeeper, CheckKeeper, ReportKeeper, answered_by, stood_by
from pipewarden.field.service.minding import (
    Minded,
    contact,
    gravest,
    how_many,
    listed,
    phone_aside_until,
    place,
    set_aside,
    set_phone_aside,
    shown,
)
from pipewarden.field.service.nearby import near, shown_picture
from pipewarden.field.service.printing import Seer, compare
from pipewarden.field.service.reporting import (
    FOLDER,
    Desk,
    Reported,
    add_words,
    hotline,
    of_link,
    sent_by,
    take,
)
from pipewarden.field.service.rewarding import rewards_by_id, rewards_of_site, wish
from pipewarden.field.service.tasks import FOLDER as TASKS
from pipewarden.field.service.tasks import points_by_id
from pipewarden.field.store.report_policy import shipped_reports

__all__ = [
    "FOLDER",
    "TASKS",
    "AnswerKeeper",
    "CheckKeeper",
    "Desk",
    "Minded",
    "ReportKeeper",
    "Reported",
    "Seer",
    "add_pictures",
    "add_words",
    "answered_by",
    "compare",
    "contact",
    "finish",
    "followed",
    "forget",
    "gravest",
    "hotline",
    "how_many",
    "left",
    "listed",
    "near",
    "of_link",
    "phone_aside_until",
    "picture",
    "place",
    "points_by_id",
    "received_since",
    "report",
    "rewards_by_id",
    "rewards_of_site",
    "sent_by",
    "set_aside",
    "set_phone_aside",
    "shipped_reports",
    "shown",
    "shown_picture",
    "spoken",
    "stood_by",
    "take",
    "wish",
]
