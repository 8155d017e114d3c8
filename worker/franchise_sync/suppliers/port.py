"""What a connector is: one class that knows one kind of supplier's system.

A connector moves documents and answers; it decides nothing about money or claims, and it keeps no state.
Register it under the entry point group ``franchise_sync.connectors``; the contract test
(``tests/worker/test_connector_contract.py``) says what is expected of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from franchise_sync.erp.port import Answer, Endpoint, Message, Outcome
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import TargetPolicy
from franchise_sync.transport.odoo_client import Observer


@dataclass(frozen=True)
class ConnectorContext:
    """What a connector is given besides its endpoint.

    :param secret: password or API key in the supplier's system; never log it
    :param call_seconds: seconds that one remote call may take in total
    """

    secret: str = field(repr=False)
    policy: TargetPolicy = field(default_factory=TargetPolicy)
    call_seconds: float = 30.0
    max_bytes: int = 32 * 1024 * 1024
    observer: Observer | None = None


@dataclass(frozen=True)
class Delivery:
    """What became of one message at the supplier's.

    :param detail: one sentence for a human; for a rejection in the supplier's words
    :param retry_after: seconds the supplier asked us to wait, 0 if it didn't
    :param request: what was sent, without secrets, for the attempt log
    :param response: what came back, without secrets, for the attempt log
    :param gone: the receiver says that this address is no more (410); our Odoo then disables the endpoint
    """

    uuid: str
    outcome: Outcome
    remote_ref: str = ""
    detail: str = ""
    retry_after: int = 0
    request: str = ""
    response: str = ""
    gone: bool = False


@dataclass(frozen=True)
class AnswerPage:
    """Some answers, and the cursor that is true once they are stored."""

    answers: tuple[Answer, ...]
    cursor: str


@dataclass(frozen=True)
class RemoteFact:
    """What the supplier's side says about one message, to be compared with ours. What it can't tell is empty.

    :param state: their answer so far, in the words of :class:`~franchise_sync.erp.port.Answer`
    :param amount: what they accepted, in ``currency``; None while they say nothing
    :param sha256: hash of the payload as it arrived there
    """

    remote_ref: str
    state: str = ""
    amount: Decimal | None = None
    currency: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Finding:
    """One line of ``franchise-sync check``."""

    name: str
    ok: bool
    sentence: str


class Connector(ABC):
    """A client of one endpoint, used by one thread.

    :raise SyncError: every method raises these kinds only; whatever concerns the whole batch is raised,
        whatever concerns one message is in its :class:`Delivery`
    """

    #: Whether sending a message again can never make a second document, whoever sends it and whenever. If
    #: so, a
    #: batch whose fate is unknown may simply be sent again; if not, it is parked for a human.
    resend_is_safe: bool = False
    #: Whether :meth:`ask` can tell what arrived. If not, it says nothing, and what is uncertain is for a
    #: human.
    can_be_asked: bool = True
    #: Messages handed to one :meth:`send`, at most. Each is classified on its own.
    send_size: int = 200

    def __init__(self, endpoint: Endpoint, context: ConnectorContext) -> None:
        self.endpoint = endpoint
        self.context = context

    @abstractmethod
    def send(self, messages: Sequence[Message], deadline: Deadline) -> list[Delivery]:
        """Deliver a batch. A message of a kind that the connector doesn't know is parked (UNKNOWN).

        :return: one delivery a message, in any order
        """

    @abstractmethod
    def ask(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, str]:
        """Ask the receiver which of these it already has, completely.

        :return: remote reference by uuid, for those that are there
        """

    def facts(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, RemoteFact]:
        """What the receiver has of these, to reconcile. One that tells more than existence overrides it.

        :return: facts by uuid, for those that are there
        """
        return {uuid: RemoteFact(ref) for uuid, ref in self.ask(uuids, deadline).items()}

    @abstractmethod
    def answers(self, cursor: str) -> Iterator[AnswerPage]:
        """Read answers that are new since the cursor; may repeat old ones, must not skip any."""

    @abstractmethod
    def check(self) -> list[Finding]:
        """Explain what is wrong with this endpoint, changing nothing. Doesn't raise."""

    def close(self) -> None:  # noqa: B027 - a connector without a connection has nothing to close
        """Give back connections."""
