from datetime import timedelta

from odoo import api, models
from odoo.exceptions import ConcurrencyError, LockError, UserError
from odoo.tools import SQL

from .api_delivery import bounded, plain_text, utc_moment
from .message import MAX_ATTEMPTS

LOG_TEXT_LIMIT = 4096
DETAIL_LIMIT = 500
MAX_INTEGER = 2**31 - 1
MAX_RETRY_AFTER = 24 * 3600  # seconds that a supplier may ask us to wait
OUTCOMES = {"ack": "delivered", "reject": "rejected", "retry": "pending", "unknown": "parked"}
STUCK = ("rejected", "parked", "dead")


class Held:
    """A message whose row is locked, as it is now and as a result of this call makes it."""

    __slots__ = (
        "attempts",
        "company_id",
        "delivered_at",
        "endpoint_id",
        "id",
        "last_error",
        "lease_token",
        "next_attempt_at",
        "remote_ref",
        "res_id",
        "res_model",
        "state",
        "uuid",
    )  # fmt: skip

    def __init__(self, row):
        (self.id, self.uuid, self.state, self.lease_token, self.attempts, self.endpoint_id, self.company_id,
         self.res_model, self.res_id) = row  # fmt: skip
        # None: the column stays as it is.
        self.next_attempt_at = self.remote_ref = self.delivered_at = self.last_error = None


class Tally:
    """What one call brought of one system: for its circuit breaker and its owner."""

    __slots__ = ("error", "failures", "gone", "stuck", "successes")

    def __init__(self):
        self.successes = self.failures = self.stuck = 0
        self.error = ""
        self.gone = False


class FranchiseSyncApi(models.AbstractModel):
    """Results: `finish` records what became of a lease, `release` gives one back.

    The same few statements whatever a call carries: rows are locked and read by one, written by one, attempts are
    logged by one; documents are told together, a model at a time.
    """

    _inherit = "franchise.sync.api"

    @api.model
    def finish(self, request_id, results):
        """Take the results of a lease: [{id, uuid, outcome, remote_ref, detail, retry_after, started_at, …}].

        A result whose lease is no longer held is late: an "ack" is still recorded, for it is a fact; anything else
        is only logged. A result with "gone" (the system says that it is there no more, HTTP 410) switches the system
        off and costs its message no try.

        :return: {"applied": [ids], "late": [ids]}
        :raises UserError: a result fits no message of the user's companies; nothing is recorded then.
        """
        self = self._system()
        token = self._token(request_id)
        self.env.flush_all()
        now = self._now()
        held = self._lock_messages([int(result["id"]) for result in results])
        applied, late, attempts, changed, tally = [], [], [], {}, {}
        for result in results:
            message, outcome = held.get(int(result["id"])), result.get("outcome")
            if not message or message.uuid != result.get("uuid") or outcome not in OUTCOMES:
                raise UserError(self.env._("Result for message %s fits no message of the outbox.", result.get("uuid")))
            is_held = message.state == "pending" and message.lease_token == token
            attempts.append(self._attempt_row(message, result, is_late=not is_held))
            if is_held or (outcome == "ack" and message.state != "delivered"):
                self._apply_result(message, result, now)
                changed[message.id] = message
            if is_held:
                applied.append(message.id)
                self._count_result(tally.setdefault(message.endpoint_id, Tally()), message, result)
            else:
                late.append(message.id)
        self._write_messages(changed.values(), now)
        self._write_attempts(attempts, token, now)
        self._tell_documents(changed, applied)
        for endpoint_id, counts in tally.items():
            self.env["franchise.sync.endpoint"].sudo().browse(endpoint_id)._note_results(counts, now)
        self._flush_as_system()
        return {"applied": applied, "late": late}

    def _lock_messages(self, ids):
        """{id: Held} of the user's companies, locked in the order of ids.

        It waits for whoever holds a row; what they changed makes PostgreSQL refuse, and Odoo repeats the call.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, uuid, state, lease_token, attempts, endpoint_id, company_id, res_model, res_id
                  FROM franchise_sync_message
                 WHERE id = ANY(%s) AND company_id = ANY(%s)
              ORDER BY id FOR UPDATE
                """,
                ids,
                self.env.user.company_ids.ids,
            )
        )
        return {row[0]: Held(row) for row in rows}

    def _attempt_row(self, message, result, is_late):
        """Values of one row of the attempt log, in the order of `_write_attempts`."""
        return (
            message.id,
            message.endpoint_id,
            message.company_id,
            result["outcome"],
            is_late,
            utc_moment(result.get("started_at")) or None,
            int(bounded(result.get("duration_ms"), MAX_INTEGER)),
            plain_text(result.get("detail"), DETAIL_LIMIT),
            plain_text(result.get("request"), LOG_TEXT_LIMIT),
            plain_text(result.get("response"), LOG_TEXT_LIMIT),
        )

    def _apply_result(self, message, result, now):
        """Change `message` as the result says; the rows are written together afterwards."""
        outcome = result["outcome"]
        message.lease_token = None
        message.state = OUTCOMES[outcome]
        message.last_error = None if outcome == "ack" else plain_text(result.get("detail"), DETAIL_LIMIT)
        if outcome != "ack" and result.get("gone"):
            message.state, message.next_attempt_at = "pending", now
            return
        message.attempts += 1
        if outcome == "ack":
            message.remote_ref, message.delivered_at = plain_text(result.get("remote_ref"), 200), now
        elif outcome == "retry" and message.attempts >= MAX_ATTEMPTS:
            message.state = "dead"
        elif outcome == "retry":
            wish = bounded(result.get("retry_after"), MAX_RETRY_AFTER)
            delay = self.env["franchise.sync.message"]._retry_delay(message.attempts, wish)
            message.next_attempt_at = now + timedelta(seconds=delay)

    @staticmethod
    def _count_result(counts, message, result):
        if result["outcome"] in ("ack", "reject"):
            counts.successes += 1
        else:
            counts.failures += 1
            counts.error = plain_text(result.get("detail"), DETAIL_LIMIT)
            counts.gone = counts.gone or bool(result.get("gone"))
        if message.state in STUCK:
            counts.stuck += 1

    def _write_messages(self, messages, now):
        """Write what results changed, in one statement."""
        rows = [
            (row.id, row.state, row.attempts, row.next_attempt_at, row.remote_ref, row.delivered_at, row.last_error)
            for row in messages
        ]
        if not rows:
            return
        ids, states, tries, due, refs, delivered, errors = map(list, zip(*rows, strict=True))
        self.env.execute_query(
            SQL(
                """
                UPDATE franchise_sync_message message
                   SET state = result.state, attempts = result.attempts, last_error = result.last_error,
                       lost_leases = 0, lease_token = NULL, lease_until = NULL,
                       next_attempt_at = COALESCE(result.next_attempt_at, message.next_attempt_at),
                       remote_ref = COALESCE(result.remote_ref, message.remote_ref),
                       delivered_at = COALESCE(result.delivered_at, message.delivered_at),
                       write_uid = %(user)s, write_date = %(now)s
                  FROM unnest(%(ids)s::int[], %(states)s::text[], %(tries)s::int[], %(due)s::timestamp[],
                              %(refs)s::text[], %(delivered)s::timestamp[], %(errors)s::text[])
                       AS result(id, state, attempts, next_attempt_at, remote_ref, delivered_at, last_error)
                 WHERE message.id = result.id
             RETURNING message.id
                """,
                user=self.env.uid,
                now=now,
                ids=ids,
                states=states,
                tries=tries,
                due=due,
                refs=refs,
                delivered=delivered,
                errors=errors,
            )
        )
        self.env["franchise.sync.message"].invalidate_model(flush=False)

    def _write_attempts(self, rows, token, now):
        """Log the tries, in one statement."""
        if not rows:
            return
        messages, endpoints, companies, outcomes, late, started, took, details, requests, responses = map(
            list, zip(*rows, strict=True)
        )
        self.env.execute_query(
            SQL(
                """
                INSERT INTO franchise_sync_attempt
                       (message_id, endpoint_id, company_id, outcome, late, started_at, duration_ms, detail, request,
                        response, lease_token, create_uid, write_uid, create_date, write_date)
                SELECT tried.*, %(token)s, %(user)s, %(user)s, %(now)s, %(now)s
                  FROM unnest(%(messages)s::int[], %(endpoints)s::int[], %(companies)s::int[], %(outcomes)s::text[],
                              %(late)s::bool[], %(started)s::timestamp[], %(took)s::int[], %(details)s::text[],
                              %(requests)s::text[], %(responses)s::text[]) AS tried
             RETURNING id
                """,
                token=token,
                user=self.env.uid,
                now=now,
                messages=messages,
                endpoints=endpoints,
                companies=companies,
                outcomes=outcomes,
                late=late,
                started=started,
                took=took,
                details=details,
                requests=requests,
                responses=responses,
            )
        )
        self.env["franchise.sync.attempt"].invalidate_model(flush=False)

    def _tell_documents(self, changed, applied):
        """Tell the documents of what was delivered, a model at a time, and of what was refused."""
        delivered = {}
        for message in changed.values():
            if message.state == "delivered":
                delivered.setdefault(message.res_model, []).append(message.res_id)
        for model, ids in delivered.items():
            try:
                self.env[model].sudo().browse(ids).exists()._sync_on_delivered()
            except LockError as error:  # somebody has the document open in a step: Odoo repeats the call
                raise ConcurrencyError(str(error)) from error
        refused = [id_ for id_ in dict.fromkeys(applied) if changed[id_].state == "rejected"]
        for message in self.env["franchise.sync.message"].sudo().browse(refused):
            if document := self.env[message.res_model].sudo().browse(message.res_id).exists():
                document._sync_on_refused(message)

    @api.model
    def release(self, request_id):
        """Give unfinished leases of `request_id` back at once, without counting a try. Returns how many."""
        self = self._system()
        messages = (
            self.env["franchise.sync.message"]
            .sudo()
            .search(
                [
                    ("lease_token", "=", self._token(request_id)),
                    ("state", "=", "pending"),
                    ("company_id", "in", self.env.user.company_ids.ids),
                ]
            )
        )
        messages.write({"lease_token": False, "lease_until": False, "lost_leases": 0})
        self._flush_as_system()
        return len(messages)
