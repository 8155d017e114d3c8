"""Poll a supplier's answers and hand them to our Odoo, which applies each exactly once."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable

from franchise_sync import log, metrics
from franchise_sync.erp.port import Answer, ErpPort, Receipt
from franchise_sync.errors import ConfigurationError
from franchise_sync.suppliers.port import Connector

_log = log.get(__name__)


class SeenAnswers:
    """Remembers which answers our Odoo has taken, so that the overlap of polling costs no call.

    Only a saving: after a restart they are handed over again and our Odoo calls them duplicates. Safe for
    threads.
    """

    def __init__(self, size: int = 50_000) -> None:
        self._size = size
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def new(self, code: str, answers: tuple[Answer, ...]) -> list[Answer]:
        """:return: those that were not taken yet"""
        with self._lock:
            return [answer for answer in answers if (code, answer.message_id) not in self._ids]

    def add(self, code: str, receipts: list[Receipt]) -> None:
        with self._lock:
            for receipt in receipts:
                self._ids[(code, receipt.message_id)] = None
            while len(self._ids) > self._size:
                self._ids.popitem(last=False)


class Collector:
    """Collects for one thread."""

    def __init__(
        self,
        erp: ErpPort,
        connector_of: Callable[[str], Connector],
        cursor_of: Callable[[str], str],
        seen: SeenAnswers | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        self._erp = erp
        self._connector_of = connector_of
        self._cursor_of = cursor_of
        self._seen = seen or SeenAnswers()
        self._stopping = stopping or threading.Event()

    def collect(self, code: str) -> Counter[str]:
        """:return: number of answers by what our Odoo did with them
        :raise SyncError: a side can't be reached; what was handed over stays, the rest comes next time
        """
        tally: Counter[str] = Counter()
        connector = self._connector_of(code)
        cursor = self._cursor_of(code)
        # A cursor that was put back says that our Odoo lacks answers: then what was taken counts for nothing.
        from_the_start = not cursor
        for page in connector.answers(cursor):
            answers = list(page.answers) if from_the_start else self._seen.new(code, page.answers)
            if answers or page.cursor != cursor:
                # The cursor is stored with the answers, in one transaction: neither can run ahead of the
                # other.
                receipts = self._erp.receive(code, answers, page.cursor)
                self._check(code, answers, receipts)
                self._seen.add(code, receipts)
                tally.update(receipt.status for receipt in receipts)
                cursor = page.cursor
            if self._stopping.is_set():
                break
        return tally

    def _check(self, code: str, answers: list[Answer], receipts: list[Receipt]) -> None:
        by_id = {receipt.message_id: receipt for receipt in receipts}
        for answer in answers:
            receipt = by_id.get(answer.message_id)
            if receipt is None:
                raise ConfigurationError(f"Our Odoo said nothing about the answer {answer.message_id}.")
            metrics.ANSWERS.labels(code, receipt.status).inc()
            write = _log.info if receipt.status in ("applied", "duplicate") else _log.warning
            write(
                f"answer {receipt.status}",
                endpoint=code,
                uuid=answer.uuid,
                message_id=answer.message_id,
                state=answer.state,
                reason=receipt.reason,
            )
