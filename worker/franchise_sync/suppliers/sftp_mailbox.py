"""Puts files into a supplier's folders so that each message arrives once, and takes theirs away.

The order of a delivery, and what a kill between two steps leaves:

1. ``out/<name>.<random>.part`` is written, read back, and compared by size and hash.
   Left: a stray part, swept later.
2. A receipt ``sent/<uuid>.json`` that names this very part is moved into place by a rename that never
   replaces, so of two workers one wins. **This is the decision.** Left: a receipt whose part still stands.
3. The part is renamed to its final name, at once and whole. Left: the file, and a receipt whose part is gone.

Whoever comes later reads the receipt and completes step 3. A receipt whose part is gone means: delivered,
even when the supplier's program has taken the file away since; a second file is never made.
"""

from __future__ import annotations

import errno
import hashlib
import re
import secrets
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import paramiko

from franchise_sync.errors import SyncError
from franchise_sync.suppliers.sftp_session import Session
from franchise_sync.text import canonical_json, load_json

PART = ".part"
_RECEIPT_BYTES = 4096
_CHUNK = 256 * 1024
#: Requests of 32 KB under way at once when reading (measured: 8 read 3 MB/s, 64 and more 80 MB/s).
_READ, _READ_AHEAD = 32 * 1024, 128
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
#: Files looked at in one poll; the rest waits for the next.
MAX_LISTED = 5000


class Different(SyncError):
    """Something else stands under the name of the message."""


class Unreadable(SyncError):
    """A file of theirs that is not read, with the reason."""


@dataclass(frozen=True)
class Folders:
    """Paths on the supplier's server."""

    out: str
    sent: str
    incoming: str
    archive: str
    error: str


@dataclass(frozen=True)
class Receipt:
    """What we promised about one message; ``part`` is empty where the file stood there before."""

    file: str
    part: str
    sha256: str
    payload_sha256: str


@dataclass(frozen=True)
class Listed:
    """An entry of the folder with their files."""

    name: str
    size: int
    modified: int  #: seconds since 1970 by their clock, 0 if they don't say
    regular: bool


class Mailbox:
    """The folders of one supplier, over one connection."""

    def __init__(self, session: Session, folders: Folders) -> None:
        self.session = session
        self.folders = folders
        self._sftp = session.sftp

    def put(self, uuid: str, name: str, data: bytes, payload_sha256: str) -> str:
        """Deliver one file, however often this is called and by however many.

        :param name: final name, the same for the same message
        :return: a sentence: what was found or done
        :raise Different: another content has this name or this key; somebody has to look
        :raise OSError: the server refused an operation, or the connection is gone
        """
        digest = hashlib.sha256(data).hexdigest()
        receipt = self.receipt(uuid)
        if receipt is None:
            part = "" if self._is_there(name, digest, len(data)) else self._upload(name, data, digest)
            mine = Receipt(name, part, digest, payload_sha256)
            receipt = self._promise(uuid, mine)
            if part and receipt != mine:
                self._forget(f"{self.folders.out}/{part}")
        if (receipt.file, receipt.sha256, receipt.payload_sha256) != (name, digest, payload_sha256):
            raise Different(
                f"Under this key the file {receipt.file} with the hash {receipt.sha256[:12]} was "
                "delivered, now it would be "
                f"{name} with {digest[:12]}: nothing was sent. Compare with the supplier."
            )
        return self._complete(receipt, len(data))

    def receipt(self, uuid: str) -> Receipt | None:
        """:raise Different: it can't be read"""
        path = f"{self.folders.sent}/{uuid}.json"
        try:
            with self._sftp.open(path, "r") as file:
                text = file.read(_RECEIPT_BYTES + 1)
        except FileNotFoundError:
            return None
        try:
            found = Receipt(**load_json(text))
        except (ValueError, TypeError):
            raise Different(
                f"The receipt {path} is damaged: look whether the file is there, then remove it."
            ) from None
        if any(not isinstance(value, str) for value in asdict(found).values()) or not _NAME.fullmatch(
            found.file
        ):
            raise Different(f"The receipt {path} is damaged: look whether the file is there, then remove it.")
        return found

    def is_complete(self, receipt: Receipt) -> bool:
        """:return: whether the file has got its final name, be it that it was taken away since"""
        return not receipt.part or not self._exists(f"{self.folders.out}/{receipt.part}")

    def sweep(self, names: list[str]) -> None:
        """Remove parts that killed workers left of these files, which are complete."""
        done = {f"{name}." for name in names}
        for entry in self._sftp.listdir(self.folders.out):
            stem, _dot, _random = entry.removesuffix(PART).rpartition(".")
            if entry.endswith(PART) and f"{stem}." in done:
                self._forget(f"{self.folders.out}/{entry}")

    def list_incoming(self) -> list[Listed]:
        """:return: their files by name; what is hidden or still being written (``.part``, ``.tmp``) is left
        out"""
        found = []
        for entry in self._sftp.listdir_iter(self.folders.incoming):
            name, mode = str(entry.filename), entry.st_mode or 0
            if name.startswith(".") and name not in (".", "..") and "/" not in name:
                continue
            if name in (".", "..") or stat.S_ISDIR(mode) or name.endswith((PART, ".tmp", ".filepart")):
                continue
            regular = stat.S_ISREG(mode)
            found.append(Listed(name, entry.st_size or 0, entry.st_mtime or 0, regular))
            if len(found) >= MAX_LISTED:
                break
        return sorted(found, key=lambda listed: listed.name)

    def read_incoming(self, listed: Listed, max_bytes: int) -> bytes:
        """:raise Unreadable: not a plain file with a plain name, or too large
        :raise OSError: the server refused
        """
        if not _NAME.fullmatch(listed.name):
            raise Unreadable(
                f"The file name {listed.name[:80]!r} is refused: letters, digits, '.', '-' and '_' are "
                "allowed, no paths."
            )
        if not listed.regular:
            raise Unreadable(f"{listed.name} is a link or a device, not a file: it was not opened.")
        if listed.size > max_bytes:
            raise Unreadable(f"{listed.name} has {listed.size} bytes, more than the {max_bytes} allowed.")
        data = self._read(f"{self.folders.incoming}/{listed.name}", max_bytes)
        if len(data) > max_bytes:
            raise Unreadable(f"{listed.name} has more than the {max_bytes} bytes allowed.")
        return data

    def file_away(self, listed: Listed, data: bytes, problem: str) -> None:
        """Move a file of theirs to the archive, or with a sentence beside it to the errors.

        A name that was refused stays: it is not ours to handle.

        :raise OSError: the server refused
        """
        if not _NAME.fullmatch(listed.name):
            return
        folder = self.folders.error if problem else self.folders.archive
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(data).hexdigest()[:8]
        for attempt in range(20):
            name = f"{moment}-{digest}{f'-{attempt}' if attempt else ''}-{listed.name}"
            try:
                # This kind of rename doesn't replace what is there.
                self._sftp.rename(f"{self.folders.incoming}/{listed.name}", f"{folder}/{name}")
            except FileNotFoundError:
                if self._exists(f"{self.folders.incoming}/{listed.name}"):
                    raise  # it's the folder that is missing
                return  # another worker was quicker
            except OSError:
                if not self._exists(f"{folder}/{name}"):
                    raise
                continue
            if problem:
                with self._sftp.open(f"{folder}/{name}.txt", "w") as file:
                    file.write(problem.encode("utf-8", "replace") + b"\n")
            return
        raise OSError(errno.EEXIST, f"{folder} has twenty files of the name of {listed.name}")

    def ensure(self, *folders: str) -> None:
        """Make folders that only we use."""
        for folder in folders:
            if not self._exists(folder):
                try:
                    self._sftp.mkdir(folder)
                except OSError:
                    if not self._exists(folder):
                        raise

    def is_folder(self, path: str) -> bool:
        """:return: whether it exists and is a folder"""
        try:
            return stat.S_ISDIR(self._sftp.stat(path).st_mode or 0)
        except FileNotFoundError:
            return False

    def _upload(self, name: str, data: bytes, digest: str) -> str:
        """:return: name of the part, which holds all of the data"""
        part = f"{name}.{secrets.token_hex(4)}{PART}"
        path = f"{self.folders.out}/{part}"
        try:
            with self._sftp.open(path, "wx") as file:
                file.set_pipelined(True)
                for start in range(0, len(data), _CHUNK):
                    file.write(data[start : start + _CHUNK])
            if hashlib.sha256(self._read(path, len(data))).hexdigest() != digest:
                raise OSError(errno.EIO, f"{part} came out differently from how it was written")
        except OSError:
            self._forget(path)
            raise
        return part

    def _promise(self, uuid: str, mine: Receipt) -> Receipt:
        """:return: the receipt that counts: ours, or that of another worker who was quicker"""
        path = f"{self.folders.sent}/{uuid}.json"
        draft = f"{self.folders.sent}/{uuid}.{secrets.token_hex(4)}.tmp"
        try:
            with self._sftp.open(draft, "wx") as file:
                file.write(canonical_json(asdict(mine)).encode())
            if self._read(draft, _RECEIPT_BYTES) != canonical_json(asdict(mine)).encode():
                raise OSError(errno.EIO, f"{draft} came out differently from how it was written")
            self._sftp.rename(draft, path)
        except OSError:
            self._forget(draft)
            if not self.session.alive or not self._exists(path):
                raise
        counts = self.receipt(uuid)
        if counts is None:
            raise OSError(errno.ENOENT, f"the receipt {path} vanished")
        return counts

    def _complete(self, receipt: Receipt, size: int) -> str:
        final, part = f"{self.folders.out}/{receipt.file}", f"{self.folders.out}/{receipt.part}"
        if self._is_there(receipt.file, receipt.sha256, size):
            return f"{receipt.file} was there already, with the same content."
        if receipt.part:
            try:
                self._rename(part, final)
                return f"{receipt.file} was written, compared and renamed."
            except FileNotFoundError:
                if not self.is_folder(self.folders.out):
                    raise
        return f"{receipt.file} was delivered before and has been taken since."

    def _rename(self, old: str, new: str) -> None:
        """At once, with no moment in which both names are there; servers without that extension do it their
        way."""
        try:
            self._sftp.posix_rename(old, new)
        except FileNotFoundError:
            raise
        except OSError as error:
            if error.errno is not None or not self.session.alive:
                raise
            self._sftp.rename(old, new)

    def _is_there(self, name: str, digest: str, size: int) -> bool:
        """:raise Different: something else has that name"""
        path = f"{self.folders.out}/{name}"
        try:
            attributes = self._sftp.lstat(path)
        except FileNotFoundError:
            return False
        if not stat.S_ISREG(attributes.st_mode or 0):
            raise Different(f"{name} is there as a link or a device, not as a file: nothing was sent.")
        try:
            same = hashlib.sha256(self._read(path, size)).hexdigest() == digest
        except FileNotFoundError:  # taken away between the two looks
            return False
        if not same:
            raise Different(
                f"{name} is there with another content ({attributes.st_size} bytes, ours has {size}): "
                "nothing was sent. "
                "Somebody has to compare the two."
            )
        return True

    def _read(self, path: str, max_bytes: int) -> bytes:
        """:return: at most one byte more than ``max_bytes``"""
        with self._sftp.open(path, "r") as file:
            size = file.stat().st_size or 0
            if size <= max_bytes:
                file.prefetch(size, max_concurrent_requests=_READ_AHEAD)
            data = bytearray()
            while len(data) <= max_bytes and (chunk := file.read(min(_READ, max_bytes + 1 - len(data)))):
                data += chunk
            return bytes(data)

    def _exists(self, path: str) -> bool:
        try:
            self._sftp.lstat(path)
        except FileNotFoundError:
            return False
        return True

    def _forget(self, path: str) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            self._sftp.remove(path)
