"""A supplier in memory, and connectors to it that keep the contract."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from worker_fakes import PAYLOADS

from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.suppliers.port import AnswerPage, Connector, ConnectorContext, Delivery, Finding, RemoteFact
from franchise_sync.transport.deadline import Deadline


class FakeSupplier:
    """A supplier's books: one document a uuid, and a receive log of every send."""

    def __init__(self) -> None:
        self.documents: dict[str, str] = {}
        self.received: list[str] = []
        self.pages: list[AnswerPage] = []
        #: Raised by the next sends: before anything is stored, or after everything is.
        self.fail_before: list[Exception] = []
        self.fail_after: list[Exception] = []
        self.refuses: dict[str, str] = {}
        self.deaf = False
        #: By uuid: what is told beyond existence.
        self.told: dict[str, RemoteFact] = {}


class FakeConnector(Connector):
    """The contract, kept over a :class:`FakeSupplier`."""

    resend_is_safe = True

    def __init__(self, endpoint: Endpoint, context: ConnectorContext, supplier: FakeSupplier) -> None:
        super().__init__(endpoint, context)
        self.supplier = supplier

    def send(self, messages: Sequence[Message], deadline: Deadline) -> list[Delivery]:
        supplier = self.supplier
        if supplier.fail_before:
            raise supplier.fail_before.pop(0)
        deliveries = []
        for message in messages:
            if message.kind not in PAYLOADS:
                words = f"Messages of kind {message.kind!r} are unknown here; it was not sent."
                deliveries.append(Delivery(message.uuid, Outcome.UNKNOWN, detail=words))
                continue
            supplier.received.append(message.uuid)
            if message.uuid in supplier.refuses:
                words = supplier.refuses[message.uuid]
                deliveries.append(Delivery(message.uuid, Outcome.REJECT, detail=words))
                continue
            ref = supplier.documents.setdefault(message.uuid, f"doc,{len(supplier.documents) + 1}")
            deliveries.append(Delivery(message.uuid, Outcome.ACK, ref))
        if supplier.fail_after:
            raise supplier.fail_after.pop(0)
        return deliveries

    def ask(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, str]:
        if self.supplier.deaf:
            raise TimeoutError("nobody answers")
        return {uuid: ref for uuid, ref in self.supplier.documents.items() if uuid in uuids}

    def facts(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, RemoteFact]:
        there = self.ask(uuids, deadline)
        return {uuid: self.supplier.told.get(uuid, RemoteFact(ref)) for uuid, ref in there.items()}

    def answers(self, cursor: str) -> Iterator[AnswerPage]:
        yield from (page for page in self.supplier.pages if page.cursor >= cursor)

    def check(self) -> list[Finding]:
        return [Finding("reachable", True, "is a fake")]


class UnsafeConnector(FakeConnector):
    """A supplier that can't tell a repetition from a new claim."""

    resend_is_safe = False
