"""Connector ``email``, the last resort: one letter a message, and a person records the answer in our Odoo.

Option of the endpoint: ``email_to``, the supplier's address. The mail server is our own, from the worker's
settings.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.errors import ConfigurationError, PayloadError, SyncError
from franchise_sync.suppliers.email_letter import in_bytes, letter, message_id, printer
from franchise_sync.suppliers.email_smtp import MailServer, MailSession
from franchise_sync.suppliers.file_layout import FileDocument, document_of
from franchise_sync.suppliers.port import AnswerPage, Connector, ConnectorContext, Delivery, Finding
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import TargetPolicy

#: Share of the deadline below which no further letter is begun.
LAST_LETTER = 0.25
#: One address without a name, quotes or comments; nothing in it can be taken for a header or a second
#: recipient.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])")


class EmailConnector(Connector):
    """Letters to a supplier without a system."""

    # A mailbox can't tell a repetition from a new letter, and nobody can ask it what it has.
    resend_is_safe = False
    can_be_asked = False
    needs_secret = False
    # A letter is printed in some tenths of a second.
    send_size = 20

    def __init__(self, endpoint: Endpoint, context: ConnectorContext) -> None:
        super().__init__(endpoint, context)
        self._recipient = str(endpoint.options.get("email_to") or "")
        if not ADDRESS.fullmatch(self._recipient):
            raise ConfigurationError(
                f"The endpoint {endpoint.code!r} has no e-mail address like claims@supplier.example: "
                f"{self._recipient[:60]!r}."
            )
        if context.mail_server is None:
            raise ConfigurationError(
                "FRANCHISE_SYNC_SMTP_HOST and FRANCHISE_SYNC_MAIL_FROM are not set: no mail is sent."
            )
        self._server: MailServer = context.mail_server
        if not ADDRESS.fullmatch(self._server.sender):
            raise ConfigurationError(
                f"FRANCHISE_SYNC_MAIL_FROM {self._server.sender[:60]!r} is not an e-mail address."
            )
        # Set by the operator, like our own Odoo; TLS is demanded all the same.
        self._policy = TargetPolicy(inside=True)

    def send(self, messages: Sequence[Message], deadline: Deadline) -> list[Delivery]:
        done: dict[str, Delivery] = {}
        ready: list[FileDocument] = []
        for message in messages:
            try:
                ready.append(self._document(message))
            except PayloadError as error:
                done[message.uuid] = Delivery(message.uuid, Outcome.UNKNOWN, detail=str(error))
        if ready:
            with MailSession(self._server, self._policy, deadline) as session:
                for document in ready:
                    done[document.uuid] = self._write(session, document, deadline)
        return [done[message.uuid] for message in messages]

    def ask(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, str]:
        """:return: nothing: a mailbox can't be asked"""
        return {}

    def answers(self, cursor: str) -> Iterator[AnswerPage]:
        """:return: nothing: the supplier writes to a person, who records the answer in our Odoo"""
        return iter(())

    def check(self) -> list[Finding]:
        findings = [Finding("recipient", True, f"letters go to {self._recipient}")]
        try:
            printer()
            findings.append(Finding("printing", True, "letters can be printed"))
        except SyncError as error:
            findings.append(Finding("printing", False, str(error)))
        try:
            MailSession(self._server, self._policy, Deadline(self.context.call_seconds)).close()
            findings.append(
                Finding("mail server", True, f"{self._server.host} answers by TLS and takes the login")
            )
        except SyncError as error:
            findings.append(Finding("mail server", False, str(error)))
        return findings

    def _document(self, message: Message) -> FileDocument:
        if message.lost:
            raise PayloadError(
                "A worker that had this message ended without a word: it may have been sent as a letter. "
                "Look into the "
                "mail server's log or ask the supplier before you send it again."
            )
        document = document_of(message.kind, message.payload, message.uuid)
        if document is None:
            raise PayloadError(
                f"Messages of kind {message.kind[:60]!r} are unknown to this worker; it was not sent."
            )
        return document

    def _write(self, session: MailSession, document: FileDocument, deadline: Deadline) -> Delivery:
        uuid = document.uuid
        if deadline.remaining() < deadline.seconds * LAST_LETTER:
            # A letter that the deadline cuts off would have to be parked.
            return Delivery(
                uuid, Outcome.RETRY, detail="Not sent: no time was left; it goes with the next batch."
            )
        try:
            mail = letter(document, self._server.sender, self._recipient, datetime.now(UTC))
        except PayloadError as error:
            return Delivery(uuid, Outcome.UNKNOWN, detail=str(error))
        fate = session.send(self._server.sender, self._recipient, in_bytes(mail))
        ref = message_id(uuid, self._server.sender) if fate.outcome is Outcome.ACK else ""
        request = f"mail to {self._recipient}: {mail['Subject']}"
        return Delivery(uuid, fate.outcome, ref, fate.words, request=request, response=fate.words)
