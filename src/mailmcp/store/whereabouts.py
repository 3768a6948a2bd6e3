"""Where a home lies: on which kind of file system, in whose hands, and what is unwise about that.

SQLite needs locks that hold and writes that arrive in order; network file systems promise neither ("How To Corrupt An
SQLite Database File", sqlite.org, section 2), and a program that copies files away while they change makes torn copies.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from mailmcp.models import Finding, Standing

LITTLE_ROOM = 200 * 1024 * 1024
"""Bytes: with less than this the disk will soon be full."""
_NETWORK_NAMES = """
    nfs nfs4 cifs smb smb2 smb3 smbfs ncpfs 9p afs afpfs webdav davfs ceph glusterfs lustre drvfs virtiofs vboxsf prl_fs
    fuse.sshfs fuse.rclone fuse.davfs2 fuse.glusterfs fuse.s3fs fuse.gcsfuse fuse.vmhgfs-fuse
"""
_NETWORK = frozenset(_NETWORK_NAMES.split())
_SYNCED = re.compile(
    r"dropbox|onedrive|google ?drive|googledrive|icloud ?drive|mobile documents|cloudstorage|nextcloud|owncloud|pcloud"
    r"|syncthing|megasync|box sync|\.stfolder",
    re.IGNORECASE,
)
_NEEDED = frozenset({"mailmcp.db", "leader.lock", "claims.lock"})
"""Files without which nothing is served."""
_ESCAPED = re.compile(r"\\([0-7]{3})")


def examined(home: Path) -> list[Finding]:
    """What is to be said of a home as a place."""
    if not home.is_dir():
        above = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
        if not above.is_dir() or not os.access(above, os.W_OK):
            sentence = f"{home} cannot be made, since {above} cannot be written: set MAILMCP_HOME to another folder."
            return [_finding(Standing.WRONG, sentence, stops=True)]
        return [_finding(Standing.MISSING, f"{home} does not exist yet: it is made when mailmcp first runs.")]
    found = [*_rights(home), *unwise(home)]
    free = shutil.disk_usage(home).free
    if free < LITTLE_ROOM:
        found.append(_finding(Standing.WEAK, f"Only {free // 1024**2} MiB are free where {home} lies: make room."))
    if not os.access(home, os.W_OK):
        found.append(_finding(Standing.WRONG, f"{home} cannot be written: give yourself the right to.", stops=True))
    return found or [_finding(Standing.FINE, f"{home} is yours alone, on {kind_of(home) or 'a disk'}.")]


def no_file(path: Path) -> str | None:
    """A sentence on what lies where a file of ours should, when that is no file. Raises OSError."""
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISLNK(mode):
        return f"{path} is a link: put the file itself there."
    return f"{path} is {'a folder' if stat.S_ISDIR(mode) else 'a device'} and no file: take it away."


def unwise(home: Path) -> list[Finding]:
    """What is unwise about the place itself: a network, or a folder that some program copies away."""
    found: list[Finding] = []
    kind = kind_of(home)
    if kind in _NETWORK:
        found.append(
            _finding(
                Standing.WEAK,
                f"{home} lies on a network ({kind}), where a database can be damaged: set MAILMCP_HOME to a folder on a"
                " disk of this machine.",
            )
        )
    if synced := _SYNCED.search(str(home.resolve())):
        found.append(
            _finding(
                Standing.WEAK,
                f"{home} lies in a folder that is copied elsewhere while it changes ({synced[0]}), which can damage a"
                " database: set MAILMCP_HOME to another folder.",
            )
        )
    return found


def kind_of(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str | None:
    """The kind of file system that a path lies on, as Linux calls it; None where that is not told."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return "smb" if str(path).startswith("\\\\") else None
    place = str(path.resolve())
    best, kind = "", None
    for line in lines:  # proc(5): … mount point … - kind source options
        front, _, back = line.partition(" - ")
        fields = front.split(" ")
        if len(fields) < 5 or not back:
            continue
        point = _ESCAPED.sub(lambda code: chr(int(code[1], 8)), fields[4])
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, back.split(" ")[0]
    return kind


def _rights(home: Path) -> Iterator[Finding]:
    if os.name != "posix":
        return
    if home.is_symlink():
        yield _finding(Standing.WEAK, f"{home} is a link to {home.resolve()}: set MAILMCP_HOME to the folder itself.")
    if home.stat().st_uid != os.getuid():
        yield _finding(Standing.WRONG, f"{home} belongs to another user, who can read your mail: use one of yours.")
    for path in (home.resolve(), *sorted(home.iterdir())):
        mode = path.lstat().st_mode
        trouble = no_file(path) if path.name in _NEEDED or stat.S_ISLNK(mode) else None
        if trouble:
            yield _finding(Standing.WRONG, trouble, stops=path.name in _NEEDED)
        elif mode & 0o077 and not (path.name == "config.toml" and not mode & 0o022):
            yield _finding(
                Standing.WRONG, f"{path} can be used by others ({mode & 0o777:04o}): type `chmod go-rwx '{path}'`."
            )


def _finding(standing: Standing, sentence: str, *, stops: bool = False) -> Finding:
    return Finding(subject="home", standing=standing, sentence=sentence, stops=stops)
