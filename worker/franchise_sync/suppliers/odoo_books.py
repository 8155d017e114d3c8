"""A supplier's stock Odoo as the handlers of kinds see it: calls, our customer, rights, bulk loading."""

from __future__ import annotations

from typing import Any

from franchise_sync.erp.port import Endpoint
from franchise_sync.errors import ConfigurationError, MissingRight
from franchise_sync.suppliers.odoo_document import LOAD_CONTEXT, PROFILE
from franchise_sync.suppliers.odoo_load import Loader
from franchise_sync.suppliers.odoo_profile import Profile
from franchise_sync.suppliers.port import FileSource, no_files
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.odoo_client import OdooClient

#: (model, operation) pairs that a kind needs.
Rights = tuple[tuple[str, str], ...]


class Books:
    """One supplier's Odoo, used by one thread; ``deadline`` bounds the calls of the batch under way."""

    def __init__(
        self, client: OdooClient, endpoint: Endpoint, profile: Profile = PROFILE, files: FileSource = no_files
    ) -> None:
        self.client = client
        self.files = files
        self.endpoint = endpoint
        self.profile = profile
        self.deadline: Deadline | None = None
        self._seen: set[Rights] = set()

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """:raise SyncError: whatever went wrong, named"""
        return self.client.call(model, method, *args, deadline=self.deadline, **kwargs)

    def loader(self, model: str, fields: list[str]) -> Loader:
        """:return: ``load()`` of that model, in the mode that creates what isn't there and leaves what is"""
        return lambda rows: self.call(model, "load", fields, rows, context=LOAD_CONTEXT)

    def customer_ref(self, payload_ref: str) -> str:
        """:return: our reference in their customer list: the endpoint's, else the payload's"""
        return str(self.endpoint.options.get("customer_ref") or payload_ref)

    def partner(self, ref: str) -> int:
        """:raise ConfigurationError: none or several customers with this reference"""
        if not ref:
            raise ConfigurationError(
                "Neither the endpoint nor the message names our customer reference at the supplier."
            )
        domain = [("ref", "=", ref), ("parent_id", "=", False)]
        ids = self.call("res.partner", "search", domain, limit=2)
        if len(ids) != 1:
            found = "more than one customer" if ids else "no customer"
            raise ConfigurationError(f"The supplier's system has {found} with the reference {ref!r}.")
        return int(ids[0])

    def partner_or_error(self, ref: str) -> int | ConfigurationError:
        """The same, with the error as a value: of a batch, only the messages for that customer wait."""
        try:
            return self.partner(ref)
        except ConfigurationError as error:
            return error

    def check_rights(self, rights: Rights, group: str) -> str:
        """Asked once: without this, ``load()`` would blame each record for a right that the user lacks.

        :param group: what gives these rights in a stock Odoo, for the sentence
        :return: names of the models
        :raise MissingRight: the API user can't do its work
        """
        if rights not in self._seen:
            for model, operation in rights:
                if not self.call(model, "has_access", [], operation):
                    raise MissingRight(
                        f"The user {self.endpoint.login!r} at {self.client.target} may not {operation} "
                        f"{model}: give it the group {group}."
                    )
            self._seen.add(rights)
        return ", ".join(dict.fromkeys(model for model, _operation in rights))
