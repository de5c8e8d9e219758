"""Which SQLite and which disks are told of."""

from pathlib import Path

import pytest

from bot.storage.database.hazards import find_hazards, has_wal_reset_bug, network_file_system

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:38 / /srv/share rw,relatime shared:20 - nfs4 10.0.0.5:/share rw,vers=4.2
41 40 254:1 / /srv/share/local rw,relatime shared:21 - xfs /dev/vdb rw
42 22 0:39 / /mnt/with\\040space rw - cifs //server/files rw
43 22 0:40 / /mnt/remote rw - fuse.sshfs me@server:/home rw
44 22 0:41 / /home rw - nfs old:/home rw
45 22 254:2 / /home rw - btrfs /dev/vdc rw
a line that is not a mount
"""


@pytest.mark.parametrize(
    ("version", "unsafe"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_the_wal_reset_bug_by_version(version: tuple[int, int, int], unsafe: bool) -> None:
    assert has_wal_reset_bug(version) is unsafe


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/reps.db", None),
        ("/srv/share/reps.db", "nfs4"),
        ("/srv/share/deep/er/reps.db", "nfs4"),
        ("/srv/sharecroppers/reps.db", None),
        ("/srv/share/local/reps.db", None),
        ("/mnt/with space/reps.db", "cifs"),
        ("/mnt/remote/reps.db", "fuse.sshfs"),
        ("/home/me/reps.db", None),
    ],
)
def test_network_disks_by_mount(path: str, kind: str | None) -> None:
    assert network_file_system(Path(path), MOUNTS) == kind


def test_nothing_is_said_where_all_is_well() -> None:
    assert find_hazards(Path("/var/lib/reps.db"), version=(3, 51, 3), mounts=MOUNTS) == ()


def test_each_hazard_says_what_it_is_and_what_helps() -> None:
    old, remote = find_hazards(Path("/srv/share/reps.db"), version=(3, 40, 1), mounts=MOUNTS)

    assert "SQLite 3.40.1" in old
    assert "3.51.3 or newer" in old
    assert "/srv/share is on a network disk (nfs4)" in remote
    assert "local disk or PostgreSQL" in remote
