"""Connector ``sftp``: one file a message into a supplier's folder, answer files read and archived.

Options of the endpoint: ``host_key`` (lines of ssh-keyscan, needed), ``file_format`` (``csv`` or ``xml``),
``max_file_bytes``, and the folders ``folder_out``, ``folder_sent``, ``folder_in``, ``folder_archive`` and
``folder_error``. They are at the path of the address; one that begins with ``/~/``, and none at all, is
relative to the login's own folder.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import paramiko

from franchise_sync.erp.port import Answer, Endpoint, Message, Outcome
from franchise_sync.errors import ConfigurationError, MissingRight, PayloadError, SyncError, TransientError
from franchise_sync.suppliers.file_answers import BadFile, UnfinishedFile, alert, read_answers
from franchise_sync.suppliers.file_layout import document_of
from franchise_sync.suppliers.file_write import FORMATS
from franchise_sync.suppliers.port import (
    AnswerPage,
    Connector,
    ConnectorContext,
    Delivery,
    Finding,
    RemoteFact,
)
from franchise_sync.suppliers.sftp_mailbox import Different, Folders, Listed, Mailbox, Unreadable
from franchise_sync.suppliers.sftp_session import LOST, HostKeys, open_session, private_key, shown_key
from franchise_sync.text import one_line
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target

_FOLDER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_DEFAULTS = {"out": "out", "sent": "sent", "in": "in", "archive": "archive", "error": "error"}
MAX_FILE_BYTES = 10 * 1024 * 1024
#: Answers handed over together, files looked at for one page, and bytes read for it.
_PAGE_ANSWERS, _PAGE_FILES, _PAGE_BYTES = 2000, 200, 16 * 1024 * 1024
#: Seconds for which a file without its end counts as still being written.
UNFINISHED_SECONDS = 15 * 60
_RIGHT_WAIT, _FOLDER_WAIT, _SPACE_WAIT = 300, 600, 120


@dataclass(frozen=True)
class _Taken:
    """One file of theirs that was looked at, and what is wrong with it."""

    listed: Listed
    data: bytes
    problem: str


class SftpConnector(Connector):
    """Files for a supplier who exchanges files."""

    # The receipt decides before the file gets its name (sftp_mailbox.py): whoever sends again finds it.
    resend_is_safe = True
    send_size = 100

    def __init__(self, endpoint: Endpoint, context: ConnectorContext) -> None:
        super().__init__(endpoint, context)
        if not endpoint.login:
            raise ConfigurationError(f"The endpoint {endpoint.code!r} has no login.")
        self._target = Target.parse(endpoint.url, ("sftp",))
        self._host_key = str(endpoint.options.get("host_key") or "")
        self._format = str(endpoint.options.get("file_format") or "csv")
        if self._format not in FORMATS:
            raise ConfigurationError(
                f"The file format {self._format[:40]!r} of {endpoint.code!r} is not csv or xml."
            )
        self._folders = _folders(endpoint, self._target.prefix)
        limit = endpoint.options.get("max_file_bytes") or MAX_FILE_BYTES
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise ConfigurationError(
                f"The option max_file_bytes of {endpoint.code!r} must be a number from 1 on."
            )
        self._max_file_bytes = min(limit, context.max_bytes)

    def send(self, messages: Sequence[Message], deadline: Deadline) -> list[Delivery]:
        done: dict[str, Delivery] = {}
        ready: list[tuple[Message, str, bytes]] = []
        for message in messages:
            try:
                ready.append((message, *self._file(message)))
            except PayloadError as error:
                done[message.uuid] = Delivery(message.uuid, Outcome.UNKNOWN, detail=str(error))
        if ready:
            with self._open(deadline) as box:
                done.update(self._put_all(box, ready))
        return [done[message.uuid] for message in messages]

    def ask(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, str]:
        return {uuid: fact.remote_ref for uuid, fact in self.facts(uuids, deadline).items()}

    def facts(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, RemoteFact]:
        found = {}
        with self._open(deadline) as box, _translated(box, self._target):
            for uuid in uuids:
                receipt = box.receipt(uuid)
                if receipt and box.is_complete(receipt):
                    found[uuid] = RemoteFact(self._reference(receipt.file), sha256=receipt.payload_sha256)
        return found

    def answers(self, cursor: str) -> Iterator[AnswerPage]:
        # A page's files move when the next page is asked for, so after our Odoo has stored what they say.
        # Killed in
        # between, they are read again: under the same ids, which our Odoo knows.
        taken: list[_Taken] = []
        seen: set[str] = set()
        while True:
            # A connection of its own for each page: our Odoo may take its time with one.
            with self._open(Deadline(self.context.call_seconds)) as box, _translated(box, self._target):
                if any(file.listed.regular or file.problem for file in taken):
                    box.ensure(self._folders.archive, self._folders.error)
                for file in taken:
                    box.file_away(file.listed, file.data, file.problem)
                taken, answers = self._read_page(box, seen)
            if not taken:
                return
            yield AnswerPage(tuple(answers), cursor)

    def check(self) -> list[Finding]:
        findings: list[Finding] = []

        def step(name: str, sentence: str, probe: Callable[[], object]) -> bool:
            try:
                findings.append(Finding(name, True, sentence.format(probe())))
            except SyncError as error:
                findings.append(Finding(name, False, str(error)))
            return findings[-1].ok

        deadline = Deadline(self.context.call_seconds)
        if not step("secret", "is a {}", lambda: "key" if private_key(self.context.secret) else "password"):
            return findings
        if not step("host key", "{} pinned", lambda: len(HostKeys.parse(self._host_key).keys)):
            step(
                "shown", "the server shows {}", lambda: shown_key(self._target, self.context.policy, deadline)
            )
            return findings
        try:
            with self._open(deadline) as box, _translated(box, self._target):
                findings.append(
                    Finding("login", True, f"{self.endpoint.login} is let in, the host key is the pinned one")
                )
                findings += self._check_folders(box)
        except SyncError as error:
            findings.append(Finding("login", False, str(error)))
        return findings

    def _check_folders(self, box: Mailbox) -> Iterator[Finding]:
        for folder in (self._folders.out, self._folders.incoming):
            there = box.is_folder(folder)
            words = "is there" if there else "is missing: the supplier has to make it"
            yield Finding("folder", there, f"{folder} {words}")
        for folder in (self._folders.sent, self._folders.archive, self._folders.error):
            words = "is there" if box.is_folder(folder) else "will be made when it is needed"
            yield Finding("folder", True, f"{folder} {words}")

    def _open(self, deadline: Deadline) -> _OpenMailbox:
        return _OpenMailbox(self, deadline)

    def connect(self, deadline: Deadline) -> Mailbox:
        """:raise SyncError: as ``open_session``"""
        session = open_session(
            self._target,
            self.endpoint.login,
            self.context.secret,
            HostKeys.parse(self._host_key),
            self.context.policy,
            deadline,
        )
        return Mailbox(session, self._folders)

    def _file(self, message: Message) -> tuple[str, bytes]:
        """:raise PayloadError: it can't be written"""
        document = document_of(message.kind, message.payload, message.uuid)
        if document is None:
            raise PayloadError(
                f"Messages of kind {message.kind[:60]!r} are unknown to this worker; it was not sent."
            )
        return f"{document.name}.{self._format}", FORMATS[self._format](document, message.sha256)

    def _put_all(self, box: Mailbox, ready: list[tuple[Message, str, bytes]]) -> dict[str, Delivery]:
        done: dict[str, Delivery] = {}
        try:
            box.ensure(self._folders.sent)
            for message, name, data in ready:
                done[message.uuid] = self._put(box, message, name, data)
            if again := [name for message, name, _data in ready if _is_repeated(message, done)]:
                box.sweep(again)
        except (*LOST, OSError) as error:
            words, wait = _in_words(error, box, self._target)
            for message, _name, _data in ready:
                done.setdefault(
                    message.uuid, Delivery(message.uuid, Outcome.RETRY, detail=words, retry_after=wait)
                )
        return done

    def _put(self, box: Mailbox, message: Message, name: str, data: bytes) -> Delivery:
        request = f"put {self._reference(name)}, {len(data)} bytes"
        try:
            words = box.put(message.uuid, name, data, message.sha256)
        except Different as error:
            return Delivery(
                message.uuid, Outcome.UNKNOWN, detail=str(error), request=request, response=str(error)
            )
        ref = self._reference(name)
        return Delivery(message.uuid, Outcome.ACK, ref, words, request=request, response=words)

    def _reference(self, name: str) -> str:
        return f"{self._folders.out}/{name}"

    def _read_page(self, box: Mailbox, seen: set[str]) -> tuple[list[_Taken], list[Answer]]:
        """:param seen: names that this poll has looked at; grows"""
        taken: list[_Taken] = []
        answers: list[Answer] = []
        size = 0
        for listed in box.list_incoming():
            if listed.name in seen:
                continue
            late = box.session.deadline.remaining() < self.context.call_seconds / 3
            if taken and (late or len(taken) >= _PAGE_FILES or size + listed.size > _PAGE_BYTES):
                break
            data = b""
            try:
                data = box.read_incoming(listed, self._max_file_bytes)
                found = read_answers(listed.name, data)
                problem = ""
            except FileNotFoundError:  # another worker has archived it
                seen.add(listed.name)
                continue
            except UnfinishedFile as error:
                if abs(time.time() - listed.modified) < UNFINISHED_SECONDS:
                    seen.add(listed.name)
                    continue
                found, problem = [], f"{error} It has not grown for long."
            except (BadFile, Unreadable) as error:
                found, problem = [], str(error)
            if taken and len(answers) + len(found) > _PAGE_ANSWERS:
                break
            seen.add(listed.name)
            size += len(data)
            taken.append(_Taken(listed, data, problem))
            answers += found or [alert(listed.name, data, listed.size, problem)]
        return taken, answers


class _OpenMailbox:
    """Opens the mailbox and closes its connection."""

    def __init__(self, connector: SftpConnector, deadline: Deadline) -> None:
        self._connector, self._deadline = connector, deadline
        self._box: Mailbox | None = None

    def __enter__(self) -> Mailbox:
        self._box = self._connector.connect(self._deadline)
        return self._box

    def __exit__(self, *_error: object) -> None:
        if self._box:
            self._box.session.close()


class _translated:
    """Turns what Paramiko raises into the worker's kinds of errors."""

    def __init__(self, box: Mailbox, target: Target) -> None:
        self._box, self._target = box, target

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, (EOFError, paramiko.SSHException, OSError)):
            return
        words, wait = _in_words(error, self._box, self._target)
        if not self._box.session.alive:
            raise TransientError(words) from None
        if wait == _RIGHT_WAIT:
            raise MissingRight(words) from None
        if wait == _FOLDER_WAIT:
            raise ConfigurationError(words) from None
        raise TransientError(words, wait) from None


def _in_words(error: Exception, box: Mailbox, target: Target) -> tuple[str, int]:
    """:return: a sentence, and the seconds after which trying again makes sense (0: Odoo's own steps)"""
    said = one_line(str(error), 200) or error.__class__.__name__
    if not box.session.alive:
        return f"The connection to {target.netloc} ended before all was done: {said}.", 0
    if isinstance(error, PermissionError):
        return (
            f"{target.netloc} doesn't allow it: {said}. Our login needs to write into the folders there.",
            _RIGHT_WAIT,
        )
    if isinstance(error, FileNotFoundError):
        return (
            f"{target.netloc}: a folder of ours is missing there: {said}. See 'franchise-sync check'.",
            _FOLDER_WAIT,
        )
    return (
        f"{target.netloc} refused to write or read: {said}. Its disk or our quota there may be full; "
        "nothing stands under "
        "the final name.",
        _SPACE_WAIT,
    )


def _is_repeated(message: Message, done: Mapping[str, Delivery]) -> bool:
    return message.attempt > 1 and done[message.uuid].outcome is Outcome.ACK


def _folders(endpoint: Endpoint, prefix: str) -> Folders:
    """:raise ConfigurationError: a name that leads elsewhere"""
    base = prefix.removeprefix("/~").lstrip("/") if prefix.startswith("/~") else prefix
    names = {}
    for name, default in _DEFAULTS.items():
        value = str(endpoint.options.get(f"folder_{name}") or default)
        if not _FOLDER.fullmatch(value):
            raise ConfigurationError(
                f"The folder {value[:60]!r} of {endpoint.code!r} is refused: letters, digits, '-', '_' and "
                "'/' between them."
            )
        names[name] = f"{base}/{value}" if base else value
    if len(set(names.values())) != len(names):
        raise ConfigurationError(f"Two folders of {endpoint.code!r} are the same.")
    if ".." in base.split("/"):
        raise ConfigurationError(f"The path of {endpoint.code!r} must not contain '..'.")
    return Folders(names["out"], names["sent"], names["in"], names["archive"], names["error"])
