"""Scheduled actions over very many records: in batches, each a transaction, and one bad record stops no other."""

import logging
import random
import time

from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

TRIES = 5  # of a batch that another transaction touched at the same time
PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds: at most so long before the first repetition, and before any
TRACEBACKS = 20  # in the log, a run


def by_id(model, domain, size):
    """The batches of what `domain` finds, in the order of ids, for `BatchRun.work`.

    Each starts after the last id of the one before: a record that failed, or still fits the domain, comes once a run,
    and the thousandth batch costs what the first did. Where a partial index answers better than a domain can, or rows
    should be locked, give `work` a function of your own.

    :param size: records a batch.
    """
    domain = Domain(domain)
    return lambda after: model.search(domain & Domain("id", ">", after), order="id", limit=size)


class BatchRun:
    """One run of a scheduled action, through any number of records and several kinds of work::

        with BatchRun(self.env, "The renewal", commit) as run:
            run.work(by_id(self, domain, 500), lambda contracts: contracts._renew(today))
        return {"done": run.done, "failed": run.failed}

    *A batch* is what the function given to `work` returns; its records are handled together, inside a savepoint.
    Around the handling it costs a fixed number of statements, whatever it holds.
    *Committed* is after each batch; what was done stays done, and the caches are empty for the next one.
    *A bad record* makes its batch fail: that is halved until the record stands alone (about 2 log2(size) more tries),
    then it is logged, told to `on_failure`, and left for the next run. The others are handled.
    *Two transactions at once* (serialization error, deadlock, lock not available) are nobody's fault: the batch is
    asked for anew in a new transaction, so that it sees what the other did; after a short pause of random length, or
    the two would meet again.
    *Progress* is told to the scheduler after each batch. When the time of the run is over, `work` stops and does no
    more; the scheduler then calls again soon. Until anything has succeeded it goes on, so that bad records in front
    don't hide the good ones behind them.
    """

    def __init__(self, env, task, commit=True, on_failure=None):
        """
        :param env: of the scheduled action; its context leads to the scheduler's progress.
        :param task: subject of the log's sentence, e.g. "The renewal".
        :param commit: False inside a transaction of somebody else's: nothing is committed, and a serialization
            error goes to whoever began the transaction.
        :param on_failure: function (record, error), called for each record that failed even alone.
        """
        self.env = env
        self.task = task
        self.commit = commit
        self.on_failure = on_failure
        self.done = self.failed = 0  # records
        self.time_over = False
        self._logged = 0

    def __enter__(self):
        return self

    def __exit__(self, error_type, _error, _traceback):
        if error_type is None and self.commit and not self.time_over:
            self.env["ir.cron"]._commit_progress(remaining=0)

    def work(self, next_batch, handle, place=lambda record: record.id, start=0):
        """Handle all that `next_batch` gives, batch by batch, as long as there is time.

        :param next_batch: function of the last record's place so far (`start` at first) that gives the next records, in
            the order of places; no records: that was all. It is called again for a batch that is repeated.
        :param handle: function of records that deals with all of them, or raises.
        :param place: function of a record that gives its place in the order, before it is handled; its id by default.
        :return: number of records handled without fault.
        """
        after, tries, done = start, 0, 0
        while not self.time_over:
            try:
                records = next_batch(after)
                if not records:
                    break
                last = place(records[-1])
                failed = self._handle_apart(records, handle)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                tries += 1
                if not self.commit or tries > TRIES:
                    raise
                self.env.cr.rollback()
                time.sleep(random.uniform(0, min(PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)))  # noqa: S311 - no secret
                continue
            tries, after = 0, last
            done += len(records) - failed
            self.done += len(records) - failed
            self.failed += failed
            if self.commit:
                # Told that more may remain, the scheduler calls again soon when the time of this run is over.
                time_left = self.env["ir.cron"]._commit_progress(len(records), remaining=1)
                self.time_over = not time_left and bool(self.done)
        return done

    def _handle_apart(self, records, handle):
        """Handle the records together; when that fails, in halves. Returns how many failed even alone."""
        try:
            with self.env.cr.savepoint():
                handle(records)
            return 0
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            if len(records) == 1:
                self._log(records, error)
                self._tell_failure(records, error)
                return 1
        middle = len(records) // 2
        return self._handle_apart(records[:middle], handle) + self._handle_apart(records[middle:], handle)

    def _log(self, record, error):
        """The first failures with their tracebacks; when everything fails, a log full of them helps nobody."""
        self._logged += 1
        _logger.error(
            "%s of %s failed; it is tried again at the next run: %s",
            self.task,
            record,
            error,
            exc_info=self._logged <= TRACEBACKS,
        )

    def _tell_failure(self, record, error):
        """Call `on_failure`; that it fails too stops nobody."""
        if self.on_failure:
            try:
                with self.env.cr.savepoint():
                    self.on_failure(record, error)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception:
                _logger.exception("The failure of %s can't be told.", record)
