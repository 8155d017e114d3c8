"""One SMTP connection: a checked address, verified TLS, one deadline; and one mail over it, with its fate."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from franchise_sync.erp.port import Outcome
from franchise_sync.errors import AuthenticationError, ConfigurationError, TransientError
from franchise_sync.text import one_line
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target, TargetPolicy


@dataclass(frozen=True)
class MailServer:
    """Our own outgoing mail server, from the worker's settings.

    :param tls: ``tls`` from the first byte, or ``starttls``, which is demanded, never optional
    """

    host: str
    port: int
    tls: str
    sender: str
    login: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""


@dataclass(frozen=True)
class Fate:
    """What became of one mail, and the server's words."""

    outcome: Outcome
    words: str


class _Smtp(smtplib.SMTP):
    """Over a connection that was made and checked before."""

    def __init__(self, link: socket.socket, host: str, timeout: float) -> None:
        self._link = link
        super().__init__(timeout=timeout)
        self._host = host  # whose certificate STARTTLS checks
        code, words = self.connect(host)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._link


class MailSession:
    """An open, encrypted and logged-in connection. Use as a context manager; it ends at the deadline."""

    def __init__(self, server: MailServer, policy: TargetPolicy, deadline: Deadline) -> None:
        """
        :raise TransientError: it can't be reached now
        :raise ConfigurationError: no TLS, a wrong certificate, an address that is not allowed
        :raise AuthenticationError: the login was refused
        """
        self._server, self._name = server, f"{server.host}:{server.port}"
        tls = _tls(server)
        self._smtp: _Smtp | None = None
        self._link = _connect(server, policy, deadline)
        self._watchdog = threading.Timer(deadline.remaining(), self._hang_up)
        self._watchdog.daemon = True
        self._watchdog.start()
        try:
            if server.tls == "tls":
                self._link = tls.wrap_socket(self._link, server_hostname=server.host)
            self._smtp = _Smtp(self._link, server.host, max(0.1, deadline.remaining()))
            self._smtp.ehlo()
            if server.tls == "starttls":
                if not self._smtp.has_extn("starttls"):
                    raise ConfigurationError(
                        f"{self._name} offers no STARTTLS: nothing was sent. Set SMTP_TLS to tls."
                    )
                self._smtp.starttls(context=tls)
                self._smtp.ehlo()
            if server.login:
                self._smtp.login(server.login, server.password)
        except smtplib.SMTPAuthenticationError as error:
            self._end()
            raise AuthenticationError(
                f"{self._name} refused the login {server.login!r}: {_words(error)}."
            ) from None
        except ssl.SSLCertVerificationError as error:
            self._end()
            raise ConfigurationError(
                f"The certificate of {self._name} is not valid: {error.verify_message}."
            ) from None
        except smtplib.SMTPNotSupportedError as error:
            self._end()
            raise ConfigurationError(f"{self._name} takes no login: {error}.") from None
        except ConfigurationError:
            self._end()
            raise
        except (OSError, smtplib.SMTPException) as error:
            self._end()
            raise TransientError(f"{self._name} ended the connection: {one_line(str(error), 200)}.") from None

    def send(self, sender: str, recipient: str, data: bytes) -> Fate:
        """Hand over one mail.

        Until the server has said 354 nothing is sent. From then on only its answer tells, and if that
        doesn't come
        nobody knows: the mail may be on its way, and a mail can't be sent twice under one key.
        """
        begun, smtp = False, self._smtp
        if smtp is None:  # pragma: no cover - a session without a greeting is never handed out
            return Fate(Outcome.RETRY, "Not connected.")
        try:
            smtp.rset()
            code, said = smtp.mail(sender)
            if code >= 400:
                # Our address, not the message: nothing about the claim is wrong.
                return Fate(
                    Outcome.RETRY, f"The mail server doesn't take our sender address: {_reply(code, said)}"
                )
            code, said = smtp.rcpt(recipient)
            if code >= 400:
                return Fate(_refusal(code), f"The mail server refused the recipient: {_reply(code, said)}")
            code, said = smtp.docmd("DATA")
            if code != 354:
                return Fate(_refusal(code), f"The mail server refused the mail: {_reply(code, said)}")
            begun = True
            smtp.send(_dotted(data))
            code, said = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            words = one_line(str(error), 200) or error.__class__.__name__
            if begun:
                return Fate(
                    Outcome.UNKNOWN,
                    f"Cut off after the mail had begun ({words}): whether it arrived is not known. Ask the "
                    "supplier, then "
                    "send it again here, or record the answer.",
                )
            return Fate(Outcome.RETRY, f"Cut off before the mail was sent: {words}.")
        if code < 400:
            return Fate(Outcome.ACK, _reply(code, said))
        return Fate(_refusal(code), f"The mail server refused the mail: {_reply(code, said)}")

    def close(self) -> None:
        self._watchdog.cancel()
        if self._smtp:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            self._smtp.close()

    def _end(self) -> None:
        self._watchdog.cancel()
        self._link.close()
        if self._smtp:
            self._smtp.close()

    def _hang_up(self) -> None:
        """A server that trickles keeps each read alive; this ends it all."""
        link = (self._smtp and self._smtp.sock) or self._link
        with suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> MailSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _connect(server: MailServer, policy: TargetPolicy, deadline: Deadline) -> socket.socket:
    failure = ""
    for family, address in policy.resolve(Target("smtps", server.host, server.port), deadline):
        link = socket.socket(family, socket.SOCK_STREAM)
        try:
            link.settimeout(deadline.timeout())
            link.connect(address)
        except OSError as error:
            link.close()
            failure = str(error)
            continue
        return link
    raise TransientError(f"{server.host}:{server.port} can't be reached: {failure}.")


def _tls(server: MailServer) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file or None)
    except OSError as error:
        raise ConfigurationError(f"The certificates in {server.ca_file} can't be read: {error}.") from None


def _dotted(data: bytes) -> bytes:
    """RFC 5321, 4.5.2: lines that begin with a dot get another one; a line with a dot alone ends the mail."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n").split(b"\n")
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"


def _refusal(code: int) -> Outcome:
    return Outcome.REJECT if code >= 500 else Outcome.RETRY


def _reply(code: int, said: Any) -> str:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"{code} {one_line(words, 300)}"


def _words(error: smtplib.SMTPResponseException) -> str:
    return _reply(error.smtp_code, error.smtp_error)
