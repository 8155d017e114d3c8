"""odoorpc, wrapped so that it can be trusted with money.

What is used of odoorpc is its knowledge of Odoo: login, session context, ``execute_kw``. What is replaced is
the one
method through which all of that talks, :meth:`odoorpc.ODOO.json`, because odoorpc's own has a time-out per
read
instead of a deadline, follows redirects, accepts an answer to another request, and prints the password at
debug level.
"""

from __future__ import annotations

import itertools
import json
import ssl
from collections.abc import Callable
from time import monotonic
from typing import Any

import odoorpc

from franchise_sync.errors import (
    AuthenticationError,
    ConfigurationError,
    MissingRight,
    Refused,
    SyncError,
    TransientError,
    UnknownFate,
)
from franchise_sync.text import load_json, one_line, register_secret
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target, TargetPolicy
from franchise_sync.transport.http import HttpTransport

#: Called after each remote call with its method's name and its duration in seconds.
Observer = Callable[[str, float], None]

_AUTHENTICATION_FAULTS = {
    "odoo.exceptions.AccessDenied",
    "odoo.http.SessionExpiredException",
    "werkzeug.exceptions.Unauthorized",
}
_REFUSING_FAULTS = {
    "odoo.exceptions.UserError",
    "odoo.exceptions.ValidationError",
    "odoo.exceptions.MissingError",
    "odoo.exceptions.RedirectWarning",
}


class OdooClient(odoorpc.ODOO):
    """A client of one database as one user; used by one thread.

    :param deadline: seconds that one call may take in total, unless the caller sets an earlier end
    :param max_bytes: size of the largest reply that is read, in bytes
    """

    def __init__(
        self,
        target: Target,
        database: str,
        login: str,
        key: str,
        *,
        policy: TargetPolicy,
        deadline: float = 30.0,
        max_bytes: int = 32 * 1024 * 1024,
        tls: ssl.SSLContext | None = None,
        observer: Observer | None = None,
    ) -> None:
        register_secret(key)
        # The header spares Odoo a session on the database "postgres" per call and settles which database is
        # meant.
        self._transport = HttpTransport(
            target, policy, max_bytes=max_bytes, headers={"X-Odoo-Database": database}, tls=tls
        )
        self.target = target
        self._database, self._user, self._key = database, login, key
        self._seconds = deadline
        self._deadline: Deadline | None = None
        self._ids = itertools.count(1)
        self._observer = observer
        protocol = "jsonrpc+ssl" if target.scheme == "https" else "jsonrpc"
        # A given version keeps odoorpc from asking for it; it only matters below Odoo 10.
        super().__init__(target.host, protocol, target.port, version="19.0", opener=_NoOpener())

    def call(
        self, model: str, method: str, *args: Any, deadline: Deadline | None = None, **kwargs: Any
    ) -> Any:
        """Call a public method, logging in first if need be.

        :return: the method's result, fractions as :class:`~decimal.Decimal`
        :raise SyncError: see :mod:`franchise_sync.errors` for what each kind means
        """
        self._deadline = deadline.capped(self._seconds) if deadline else Deadline(self._seconds)
        started = monotonic()
        try:
            self._ensure_login()
            return self.execute_kw(model, method, list(args), kwargs)
        except AuthenticationError:
            self.logout()
            raise
        finally:
            self._deadline = None
            if self._observer:
                self._observer(method, monotonic() - started)

    @property
    def uid(self) -> int:
        """:return: id of our user in that database
        :raise SyncError: the login failed
        """
        if not self._env:
            self._deadline = Deadline(self._seconds)
            self._ensure_login()
        return int(self.env.uid)

    def server_version(self) -> str:
        """:return: the server's version, asked without a login"""
        self._deadline = Deadline(self._seconds)
        answer = self.json("/jsonrpc", {"service": "common", "method": "version", "args": []})
        return str((answer.get("result") or {}).get("server_version", "?"))

    def close(self) -> bool:
        """Forget the login and close the connection."""
        self._transport.close()
        return bool(self.logout())

    def json(self, url: str, params: dict[str, Any]) -> dict[str, Any]:
        """The one way out: everything that odoorpc sends passes here."""
        request_id = next(self._ids)
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params, "id": request_id})
        raw = self._transport.post(url, body.encode(), self._deadline or Deadline(self._seconds))
        try:
            data = load_json(raw)
        except ValueError:
            raise UnknownFate(f"{self.target} answered something that is not JSON.") from None
        if not isinstance(data, dict) or data.get("id") != request_id:
            raise UnknownFate(f"{self.target} answered another request than the one that was sent.")
        if data.get("error"):
            raise fault(self.target, data["error"])
        return data

    def _ensure_login(self) -> None:
        if self._env:
            return
        try:
            self.login(self._database, self._user, self._key)
        except odoorpc.error.RPCError:
            raise AuthenticationError(
                f"{self.target} refused the login {self._user!r} on database {self._database!r}: "
                "wrong login or API key."
            ) from None


class _NoOpener:
    """Stands where odoorpc would keep its urllib opener; nothing may go past :meth:`OdooClient.json`."""

    def open(self, *_args: Any, **_kwargs: Any) -> Any:
        raise NotImplementedError("this client speaks through OdooClient.json only")


def fault(target: Target, error: Any) -> SyncError:
    """:return: the typed error for an error object of Odoo's; JSON-2 sends the inner part, ``data``, alone"""
    data = error.get("data") if isinstance(error, dict) else None
    data = data if isinstance(data, dict) else {}
    name = str(data.get("name") or "")
    words = one_line(
        data.get("message") or (error.get("message") if isinstance(error, dict) else "") or "no reason"
    )
    if name in _AUTHENTICATION_FAULTS:
        return AuthenticationError(f"{target} refused the login or API key: {words}")
    if name == "odoo.exceptions.AccessError":
        return MissingRight(f"{target} denied access: {words}")
    if words.startswith("Object ") and words.endswith("doesn't exist"):
        return ConfigurationError(f"{target} lacks a module that is needed: {words}")
    if name == "builtins.AttributeError" and "does not exist" in words:
        return ConfigurationError(f"{target} runs another version than this worker expects: {words}")
    if name == "werkzeug.exceptions.NotFound" and words.startswith("the model "):
        return ConfigurationError(f"{target} lacks a module that is needed: {words}")
    if name in ("werkzeug.exceptions.NotFound", "werkzeug.exceptions.UnprocessableEntity"):
        return ConfigurationError(f"{target} runs another version than this worker expects: {words}")
    if name.startswith("psycopg2.") and "database" in words and "does not exist" in words:
        return ConfigurationError(f"{target} has no such database: {words}")
    if name in _REFUSING_FAULTS:
        return Refused(words)
    # Everything else is a fault inside Odoo. Its transaction was rolled back, so nothing happened.
    return TransientError(f"{target} failed inside ({name or 'unnamed'}): {words}")
