"""Odoo's JSON-2: ``POST /json/2/<model>/<method>`` with named arguments and the API key as bearer token.

One call is one transaction there, repeated by Odoo itself on serialization errors. The key says which user;
it is checked anew at every call. Private methods are refused. A result is the bare JSON value; an error is an
object with the exception's name and words, under a status of its own (401, 403, 404, 409, 422, 500).
"""

from __future__ import annotations

import json
import ssl
from time import monotonic
from typing import Any

from franchise_sync.errors import ConfigurationError, UnknownFate
from franchise_sync.text import load_json, register_secret
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target, TargetPolicy
from franchise_sync.transport.http import HttpTransport, Reply, check_status
from franchise_sync.transport.odoo_client import Observer, fault


class Json2Client:
    """A client of one database as the user whose key it has; used by one thread.

    :param deadline: seconds that one call may take in total, unless the caller sets an earlier end
    :param max_bytes: size of the largest reply that is read, in bytes
    """

    def __init__(
        self,
        target: Target,
        database: str,
        key: str,
        *,
        policy: TargetPolicy,
        deadline: float = 30.0,
        max_bytes: int = 32 * 1024 * 1024,
        tls: ssl.SSLContext | None = None,
        observer: Observer | None = None,
    ) -> None:
        register_secret(key)
        headers = {"X-Odoo-Database": database, "Authorization": f"bearer {key}"}
        self._transport = HttpTransport(target, policy, max_bytes=max_bytes, headers=headers, tls=tls)
        self.target = target
        self._database = database
        self._seconds = deadline
        self._observer = observer

    def call(self, model: str, method: str, *, deadline: Deadline | None = None, **kwargs: Any) -> Any:
        """Call a public method of a model, without records.

        :return: the method's result, fractions as :class:`~decimal.Decimal`
        :raise SyncError: see :mod:`franchise_sync.errors` for what each kind means
        """
        body = json.dumps(kwargs).encode()
        end = deadline.capped(self._seconds) if deadline else Deadline(self._seconds)
        started = monotonic()
        try:
            reply = self._transport.exchange("POST", f"/json/2/{model}/{method}", body, end)
        finally:
            if self._observer:
                self._observer(method, monotonic() - started)
        return self._result(reply)

    def server_version(self) -> str:
        """:return: the server's version, asked without a login"""
        reply = self._transport.exchange("GET", "/json/version", None, Deadline(self._seconds))
        answer = self._result(reply)
        return str(answer.get("version", "?")) if isinstance(answer, dict) else "?"

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _result(self, reply: Reply) -> Any:
        try:
            data = load_json(reply.data)
        except ValueError:
            if reply.status == 404:
                # Without a database Odoo knows no such path, and says so on a page for people.
                raise ConfigurationError(
                    f"{self.target} has no JSON-2 for the database {self._database!r}: "
                    "no such database, or an Odoo older than 19."
                ) from None
            check_status(self.target, reply)
            raise UnknownFate(f"{self.target} answered something that is not JSON.") from None
        if reply.status == 200:
            return data
        if isinstance(data, dict) and isinstance(data.get("name"), str):
            raise fault(self.target, {"data": data})
        check_status(self.target, reply)
        raise ConfigurationError(f"{self.target} answered {reply.status}.")
