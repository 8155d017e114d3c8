"""Compare both sides of one endpoint, page by page, and have our Odoo repair or stop what differs (R-G5).

Both sides move while they are compared. So answers that wait are read first, and what seems to differ is
looked at a second time after reading answers again; only what differs both times is reported. A page is all
that is held in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

from franchise_sync import log, metrics
from franchise_sync.delivery.classify import kind_of
from franchise_sync.delivery.compare import accepted_amounts, compare
from franchise_sync.erp.port import Drift, ErpPort, ReconcileRow, Total
from franchise_sync.errors import ConfigurationError, SyncError
from franchise_sync.suppliers.port import Connector, RemoteFact
from franchise_sync.transport.deadline import Deadline

_log = log.get(__name__)
PAGE = 500
#: Differences that a report lists one by one; all are counted, and our Odoo has them all.
LISTED = 1000


@dataclass
class Comparison:
    """What came of one endpoint.

    :param kinds: number of differences by kind
    :param effects: number by what our Odoo did about them; empty when nothing was to be repaired
    :param settled: earlier differences that are no more
    :param problem: why not everything was compared; empty when it was
    """

    endpoint: str
    run: str
    compared: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)
    totals: list[Total] = field(default_factory=list)
    drifts: list[Drift] = field(default_factory=list)
    settled: int = 0
    problem: str = ""

    @property
    def found(self) -> int:
        """Number of differences."""
        return sum(self.kinds.values())

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON; amounts stay :class:`~decimal.Decimal`."""
        plain = {name: dict(getattr(self, name)) for name in ("kinds", "effects")}
        rows = {name: [asdict(row) for row in getattr(self, name)] for name in ("totals", "drifts")}
        single = ("endpoint", "run", "compared", "settled", "problem")
        return {**{name: getattr(self, name) for name in single}, "found": self.found, **plain, **rows}


class Reconciler:
    """Reconciles for one thread.

    :param collect: reads the endpoint's answers that wait
    :param seconds: for one page of questions to the supplier
    :param stopping: whether to end after the page under way
    """

    def __init__(
        self,
        erp: ErpPort,
        connector: Connector,
        collect: Callable[[], object],
        *,
        seconds: float = 40.0,
        page: int = PAGE,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._erp = erp
        self._connector = connector
        self._collect = collect
        self._seconds = seconds
        self._page = page
        self._stopping = stopping
        self._sums: dict[str, tuple[int, Decimal, Decimal]] = {}

    def reconcile(
        self, code: str, *, repair: bool, progress: Callable[[int], None] = lambda _compared: None
    ) -> Comparison:
        """Compare every message of the endpoint.

        :param repair: report to our Odoo, which repairs or stops; else nothing changes on either side
        :return: with ``problem`` when a side could not be asked to the end; what was found until then counts
        """
        result = Comparison(code, str(uuid4()))
        try:
            if not self._connector.can_be_asked:
                raise ConfigurationError(f"The supplier's system of {code!r} can't be asked what it has.")
            self._collect()
            self._compare_all(result, repair, progress)
        except SyncError as error:
            metrics.FAILURES.labels("reconcile", kind_of(error)).inc()
            result.problem = str(error)
        result.totals = [Total(currency, *sums) for currency, sums in sorted(self._sums.items())]
        if repair and (result.compared or not result.problem):
            result.settled = self._erp.close_reconciliation(
                code, result.run, result.compared, result.totals, not result.problem
            )
            if result.effects["reread"]:
                self._read_again(result)
        write = _log.warning if result.found or result.problem else _log.info
        write(
            "reconciled" if not result.problem else "not reconciled to the end",
            endpoint=code,
            run=result.run,
            compared=result.compared,
            problem=result.problem,
            **result.kinds,
        )
        return result

    def _compare_all(self, result: Comparison, repair: bool, progress: Callable[[int], None]) -> None:
        after = 0
        while True:
            if self._stopping():
                raise ConfigurationError("Stopped before the end.")
            page = self._erp.reconcile_page(result.endpoint, after, self._page)
            facts = self._facts(page.rows)
            drifts = self._differing(page.rows, facts)
            rows = page.rows
            if drifts:
                rows, facts, drifts = self._second_look(result.endpoint, after, page.rows, facts, drifts)
            self._add_up(rows, facts)
            self._note(result, drifts, repair)
            result.compared += len(page.rows)
            progress(result.compared)
            if not page.next:
                return
            after = page.next

    def _facts(self, rows: Iterable[ReconcileRow]) -> dict[str, RemoteFact]:
        uuids = [row.uuid for row in rows]
        return dict(self._connector.facts(uuids, Deadline(self._seconds))) if uuids else {}

    @staticmethod
    def _differing(rows: Iterable[ReconcileRow], facts: dict[str, RemoteFact]) -> list[Drift]:
        return [drift for row in rows for drift in compare(row, facts.get(row.uuid))]

    def _second_look(
        self,
        code: str,
        after: int,
        rows: tuple[ReconcileRow, ...],
        facts: dict[str, RemoteFact],
        drifts: list[Drift],
    ) -> tuple[tuple[ReconcileRow, ...], dict[str, RemoteFact], list[Drift]]:
        """:return: rows and facts with those of the suspects renewed; what still differs in the same way"""
        self._collect()
        suspects = {drift.uuid for drift in drifts}
        renewed = {
            row.uuid: row
            for row in self._erp.reconcile_page(code, after, self._page).rows
            if row.uuid in suspects
        }
        told = self._facts(renewed.values())
        now = tuple(renewed.get(row.uuid, row) for row in rows)
        known = {uuid: fact for uuid, fact in facts.items() if uuid not in renewed} | told
        before = {(drift.uuid, drift.kind) for drift in drifts}
        still = [
            drift for drift in self._differing(renewed.values(), known) if (drift.uuid, drift.kind) in before
        ]
        return now, known, still

    def _add_up(self, rows: Iterable[ReconcileRow], facts: dict[str, RemoteFact]) -> None:
        for row in rows:
            amounts = accepted_amounts(row, facts.get(row.uuid))
            if amounts is not None:
                count, ours, theirs = self._sums.get(row.currency, (0, Decimal(0), Decimal(0)))
                self._sums[row.currency] = (count + 1, ours + amounts[0], theirs + amounts[1])

    def _note(self, result: Comparison, drifts: list[Drift], repair: bool) -> None:
        if not drifts:
            return
        effects = self._erp.report_drift(result.endpoint, result.run, drifts) if repair else []
        result.effects.update(effects)
        result.drifts += drifts[: LISTED - len(result.drifts)]
        for number, drift in enumerate(drifts):
            result.kinds[drift.kind] += 1
            metrics.DRIFTS.labels(result.endpoint, drift.kind).inc()
            _log.warning(
                f"both sides differ: {drift.kind}",
                endpoint=result.endpoint,
                uuid=drift.uuid,
                ours=drift.ours,
                theirs=drift.theirs,
                effect=effects[number] if number < len(effects) else "",
            )

    def _read_again(self, result: Comparison) -> None:
        """Our Odoo has put the cursor back: read the answers of that time now, not at the next look."""
        try:
            self._collect()
        except SyncError as error:
            _log.warning("answers not read again yet", endpoint=result.endpoint, reason=str(error))
