"""On what kind of disk a folder lies: SQLite's log needs one machine, and a network drive has several."""

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# fmt: off
NETWORK = frozenset([
    "9p", "afs", "ceph", "cifs", "davfs", "fuse.ceph", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone",
    "fuse.s3fs", "fuse.smbnetfs", "fuse.sshfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "orangefs",
    "smb2", "smb3", "smbfs",
])
# fmt: on


def kind(folder: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system that a folder is on, as the kernel calls it; empty where that is not known.

    Args:
        mounts: the table of the kernel, see proc(5)
    """
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:  # not Linux
        return ""
    real, best, found = folder.resolve(), -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        point = Path(_unescaped(before.split(" ")[4]))
        if real.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), after.split(" ")[0]
    return found


def warning(folder: Path, mounts: Path = MOUNTS) -> str:
    """What is to be said of the place of a library; empty where it is good."""
    if (found := kind(folder, mounts)) not in NETWORK:
        return ""
    return (
        f"{folder} is on a network drive ({found}); two machines that write there damage the library:"
        " keep it on a disk of this machine (--library DIR), the videos may be anywhere"
    )


def _unescaped(text: str) -> str:
    r"""``\040`` is a space."""
    parts = text.split("\\")
    return parts[0] + "".join(chr(int(part[:3], 8)) + part[3:] for part in parts[1:])
