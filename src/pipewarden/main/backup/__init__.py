"""Backups: a home in, sealed files out, and back again into an empty place; nothing that was changed is ever restored.

Refused are a folder inside the home, a home that holds something, another key, and any file that is not as it was
sealed. ``last_drill`` says when a restore was last proved; ``faults`` what is wrong with the backups now.
"""

from pipewarden.main.backup.drills import (
    UPKEEP,
    Drill,
    Fault,
    drill,
    faults,
    last_drill,
    last_verified,
    overdue,
    register,
)
from pipewarden.main.backup.folder import Shelf
from pipewarden.main.backup.key import BackupSettings, backup_key, make_key
from pipewarden.main.backup.restoring import Restored, restore, verify
from pipewarden.main.backup.taking import Taken, take

__all__ = [
    "UPKEEP",
    "BackupSettings",
    "Drill",
    "Fault",
    "Restored",
    "Shelf",
    "Taken",
    "backup_key",
    "drill",
    "faults",
    "last_drill",
    "last_verified",
    "make_key",
    "overdue",
    "register",
    "restore",
    "take",
    "verify",
]
