"""What is unsafe about this machine's SQLite or the disk under it, told so that an operator can act on it."""

import sqlite3
import sys
from pathlib import Path

_NETWORK = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "prl_fs",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
    }
)
_MOUNTS = Path("/proc/self/mountinfo")


def find_hazards(
    database: Path, *, version: tuple[int, int, int] | None = None, mounts: str | None = None
) -> tuple[str, ...]:
    """Name each hazard in one or two sentences, what it is and what to do; empty where all is well.

    `version` and `mounts` (the text of /proc/self/mountinfo) stand in for this machine's own. Network disks
    are recognised on Linux only.
    """
    version = version or sqlite3.sqlite_version_info
    if mounts is None:
        mounts = _MOUNTS.read_text() if _MOUNTS.exists() else ""
    found = []
    if has_wal_reset_bug(version):
        found.append(
            f"This Python brings SQLite {'.'.join(map(str, version))}, which has a rare bug that can damage "
            "a database. Reps stays safe by writing through one connection and letting no second process in, "
            "so commands that need the database are refused while the bot runs. "
            "A Python with SQLite 3.51.3 or newer lifts this, and so does PostgreSQL."
        )
    if kind := network_file_system(database, mounts):
        found.append(
            f"{database.parent} is on a network disk ({kind}), where SQLite's locks cannot be trusted. "
            "Reps writes through one connection and lets no second process in, but only a local disk or "
            "PostgreSQL is really safe: move the database."
        )
    if sys.platform == "win32":
        found.append(
            "On Windows Reps cannot keep a second process away: never start it twice on one database."
        )
    return tuple(found)


def has_wal_reset_bug(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite can corrupt a WAL database written and checkpointed by two connections."""
    if version >= (3, 51, 3):
        return False
    mended = {(3, 50): 7, (3, 44): 6}.get(version[:2])
    return mended is None or version[2] < mended


def network_file_system(path: Path, mounts: str) -> str | None:
    """The kind of network file system `path` is on, by the longest mount point above it; None if local."""
    parents = {path, *path.parents}
    deepest, kind = -1, ""
    for line in mounts.splitlines():
        mounted, _, source = line.partition(" - ")
        fields = mounted.split(" ")
        if len(fields) < 5 or not source:
            continue
        point = Path(fields[4].encode().decode("unicode_escape").encode("latin-1").decode())
        # Of two mounts on one point the later hides the earlier.
        if point in parents and len(point.parts) >= deepest:
            deepest, kind = len(point.parts), source.split(" ")[0]
    if kind.startswith("fuse."):
        return kind if kind not in {"fuse.portal", "fuse.lxcfs"} else None
    return kind if kind in _NETWORK else None
