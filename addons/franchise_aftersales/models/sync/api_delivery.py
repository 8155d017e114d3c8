from datetime import UTC, datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, LockError, UserError
from odoo.tools import SQL

from .message import MAX_LOST_LEASES

GROUP_SYNC_WORKER = "franchise_aftersales.group_sync_worker"
MAX_LEASE = 2000
MAX_LEASE_SECONDS = 3600
LOG_TEXT_LIMIT = 4096
MAX_INTEGER = 2**31 - 1
MAX_RETRY_AFTER = 24 * 3600  # seconds that a supplier may ask us to wait
OUTCOMES = ("ack", "reject", "retry", "unknown")


def utc_text(moment):
    """A naive UTC datetime as "2026-11-23T08:00:00Z"; empty text for none."""
    return moment.replace(microsecond=0).isoformat() + "Z" if moment else ""


def utc_moment(text):
    """The naive UTC datetime of an ISO 8601 text with zone; False when there is none or it can't be read."""
    if not text:
        return False
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
        if moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return False
    return moment.replace(microsecond=0)


def plain_text(value, limit):
    """`value` as text that PostgreSQL can keep: no NUL, no lone surrogates, at most `limit` characters."""
    text = "" if value is None or value is False else str(value).replace("\x00", "")
    return text.encode("utf-8", "replace").decode()[:limit]


def bounded(value, highest):
    """`value` (a number or its text) between 0 and `highest`; what is no finite number counts as 0."""
    try:
        number = float(value or 0)
    except (TypeError, ValueError, OverflowError):
        return 0
    return min(number, highest) if number > 0 else 0


class FranchiseSyncApi(models.AbstractModel):
    """Everything that the worker may do, in batches. Only members of the worker's group can call it.

    Delivery: `lease` hands out due messages with their payloads, `finish` takes the results, `release` gives
    leases back. Every method may be repeated with the same arguments: a lost reply does no harm.
    """

    _name = "franchise.sync.api"
    _description = "Interface of the Sync Worker"

    @api.model
    def endpoints(self):
        """Systems to be served, secrets not included: [{code, connector, url, database, login, options, …}]."""
        self = self._system()
        return [endpoint._connection() for endpoint in self._endpoints_sudo()]

    @api.model
    def pending(self):
        """Per enabled system: how many messages are due now and how many delivered ones await an answer."""
        self = self._system()
        endpoints = self._endpoints_sudo().filtered("enabled")
        if not endpoints:
            return []
        rows = self.env.execute_query(
            SQL(
                """
                SELECT endpoint_id,
                       COUNT(*) FILTER (WHERE state = 'pending' AND next_attempt_at <= %(now)s
                                        AND (lease_until IS NULL OR lease_until <= %(now)s)),
                       COUNT(*) FILTER (WHERE state = 'delivered' AND awaits_answer AND answered_at IS NULL)
                  FROM franchise_sync_message
                 WHERE endpoint_id IN %(endpoints)s
                   AND (state = 'pending' OR (state = 'delivered' AND awaits_answer AND answered_at IS NULL))
              GROUP BY endpoint_id
                """,
                now=self._now(),
                endpoints=tuple(endpoints.ids),
            )
        )
        counts = {endpoint_id: (due, awaiting) for endpoint_id, due, awaiting in rows}
        return [
            {
                "code": endpoint.code,
                "due": counts.get(endpoint.id, (0, 0))[0],
                "awaiting_answer": counts.get(endpoint.id, (0, 0))[1],
                "breaker": endpoint.breaker_state,
            }
            for endpoint in endpoints
        ]

    @api.model
    def lease(self, endpoint, limit, lease_seconds, request_id):
        """Lease up to `limit` due messages of one system for `lease_seconds`; their payloads are in the reply.

        In order: a message waits until every earlier one of its claim is settled. One leaser per system at a time;
        another one gets an empty list. Repeating `request_id` gives the same messages again.

        :return: {"request_id", "lease_until", "messages": [{id, uuid, kind, aggregate, seq, attempt, payload, sha256}]}
        """
        self = self._system()
        system = self._endpoint(endpoint)
        seconds = min(max(int(lease_seconds), 1), MAX_LEASE_SECONDS)
        limit = min(max(int(limit), 0), MAX_LEASE)
        token = self._token(request_id)
        now = self._now()
        messages = self.env["franchise.sync.message"].sudo()
        leased = messages.search(
            [
                ("endpoint_id", "=", system.id),
                ("lease_token", "=", token),
                ("state", "=", "pending"),
                ("lease_until", ">", now),
            ]
        )
        if not leased and self._may_lease(system):
            limit = self._lease_limit(system, limit, now)
            until = now + timedelta(seconds=seconds)
            leased = messages.browse(self._lease_rows(system, limit, token, now, until))
            leased.invalidate_recordset()
        leased = leased.sorted(lambda message: (message.aggregate, message.seq))
        return {
            "request_id": token,
            "lease_until": utc_text(leased[:1].lease_until),
            "messages": [
                {
                    "id": message.id,
                    "uuid": message.uuid,
                    "kind": message.kind,
                    "aggregate": message.aggregate,
                    "seq": message.seq,
                    "attempt": message.attempts + 1,
                    "payload": message.payload,
                    "sha256": message.sha256,
                }
                for message in leased
            ],
        }

    def _may_lease(self, system):
        if not system.enabled or system.breaker_state == "open":
            return False
        # The lane: held until this transaction ends, so two leasers never compete for the same rows.
        [[free]] = self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(hashtext('franchise.sync.lane'), %s)", system.id)
        )
        return free

    def _lease_limit(self, system, limit, now):
        """How many of `limit` messages may be leased now; asked while the lane is held."""
        if system.breaker_state == "half_open":
            return min(limit, 0 if self._is_probing(system, now) else 1)
        return limit

    def _is_probing(self, system, now):
        """Whether a message is on its way to this system: a half-open breaker lets one through at a time."""
        return bool(
            self.env["franchise.sync.message"]
            .sudo()
            .search_count(
                [("endpoint_id", "=", system.id), ("state", "=", "pending"), ("lease_until", ">", now)], limit=1
            )
        )

    def _lease_rows(self, system, limit, token, now, until):
        """Take the lease in one statement; messages that lost three leases in a row are quarantined first.

        A message on its last lease before quarantine goes alone: others that were only in the same batch as one that
        kills the worker get their result, and are not set aside with it.
        """
        params = {
            "endpoint": system.id,
            "now": now,
            "until": until,
            "token": token,
            "limit": limit,
            "lost": MAX_LOST_LEASES,
        }
        self.env.flush_all()
        poisoned = self.env.execute_query(
            SQL(
                """
                UPDATE franchise_sync_message
                   SET state = 'quarantined', lease_token = NULL, lease_until = NULL,
                       last_error = 'Three leases in a row ended without a result.', write_date = %(now)s
                 WHERE endpoint_id = %(endpoint)s AND state = 'pending'
                   AND lease_until <= %(now)s AND lost_leases + 1 >= %(lost)s
             RETURNING id
                """,
                **params,
            )
        )
        if poisoned:
            system._alert_owner(
                self.env._("Messages set aside"),
                self.env._(
                    "%s messages ended three leases without a result. Look at them and send again.", len(poisoned)
                ),
            )
        due = SQL(
            """
            SELECT message.id, message.lost_leases + (message.lease_token IS NOT NULL)::int >= %(lost)s - 1 AS is_last
              FROM franchise_sync_message message
             WHERE message.endpoint_id = %(endpoint)s
               AND message.state = 'pending'
               AND message.next_attempt_at <= %(now)s
               AND (message.lease_until IS NULL OR message.lease_until <= %(now)s)
               AND NOT EXISTS (
                   SELECT 1 FROM franchise_sync_message earlier
                    WHERE earlier.aggregate = message.aggregate AND earlier.seq < message.seq
                      AND earlier.state IN ('pending', 'parked', 'dead', 'quarantined'))
            """,
            **params,
        )
        first = self.env.execute_query(SQL("%s ORDER BY message.next_attempt_at, message.id LIMIT 1", due))
        if not first or not limit:
            return []
        alone = first[0][1]
        # MATERIALIZED: as a plain subquery PostgreSQL may run it once per row, and the limit is lost.
        rows = self.env.execute_query(
            SQL(
                """
                WITH taken AS MATERIALIZED (
                    %(due)s
                       AND (message.lost_leases + (message.lease_token IS NOT NULL)::int >= %(lost)s - 1) = %(alone)s
                  ORDER BY message.next_attempt_at, message.id
                     LIMIT %(limit)s
                       FOR UPDATE OF message SKIP LOCKED)
                UPDATE franchise_sync_message message
                   SET lost_leases = message.lost_leases + CASE WHEN message.lease_token IS NULL THEN 0 ELSE 1 END,
                       lease_token = %(token)s, lease_until = %(until)s, write_date = %(now)s
                  FROM taken
                 WHERE message.id = taken.id
             RETURNING message.id
                """,
                **{**params, "due": due, "alone": alone, "limit": 1 if alone else limit},
            )
        )
        return [row[0] for row in rows]

    @api.model
    def finish(self, request_id, results):
        """Take the results of a lease: [{id, uuid, outcome, remote_ref, detail, retry_after, started_at, …}].

        A result whose lease is no longer held is late: an "ack" is still recorded, for it is a fact; anything else
        is only logged.

        :return: {"applied": [ids], "late": [ids]}
        """
        self = self._system()
        token = self._token(request_id)
        messages = (
            self.env["franchise.sync.message"]
            .sudo()
            .search(
                [
                    ("id", "in", [int(result["id"]) for result in results]),
                    ("company_id", "in", self.env.user.company_ids.ids),
                ]
            )
        )
        # Waits for whoever holds a row; what they changed makes PostgreSQL refuse, and Odoo repeats the call.
        self.env.execute_query(
            SQL(
                "SELECT id FROM franchise_sync_message WHERE id IN %s ORDER BY id FOR UPDATE",
                tuple(messages.ids) or (0,),
            )
        )
        by_id = {message.id: message for message in messages}
        applied, late, attempts, tally = [], [], [], {}
        delivered = messages.browse()
        for result in results:
            message = by_id.get(int(result["id"]))
            if not message or message.uuid != result.get("uuid") or result.get("outcome") not in OUTCOMES:
                raise UserError(self.env._("Result for message %s fits no message of the outbox.", result.get("uuid")))
            held = message.lease_token == token and message.state == "pending"
            attempts.append(self._prepare_attempt(message, token, result, late=not held))
            if held or (result["outcome"] == "ack" and message.state != "delivered"):
                message.write(self._prepare_result(message, result))
                if result["outcome"] == "ack":
                    delivered |= message
            if held:
                applied.append(message.id)
                counts = tally.setdefault(message.endpoint_id, [0, 0, ""])
                good = result["outcome"] in ("ack", "reject")
                counts[0 if good else 1] += 1
                if not good:
                    counts[2] = plain_text(result.get("detail"), 500)
            else:
                late.append(message.id)
        self.env["franchise.sync.attempt"].sudo().create(attempts)
        for model, group in delivered.grouped("res_model").items():
            documents = self.env[model].sudo().browse(group.mapped("res_id")).exists()
            try:
                documents._sync_on_delivered()
            except LockError as error:  # somebody has the document open in a step: Odoo repeats the call
                raise ConcurrencyError(str(error)) from error
        for message in messages.filtered(lambda message: message.id in applied and message.state == "rejected"):
            if document := self.env[message.res_model].sudo().browse(message.res_id).exists():
                document._sync_on_refused(message)
        for endpoint, (successes, failures, error) in tally.items():
            endpoint._note_result(successes, failures, error)
        self._alert_stuck(messages)
        self._flush_as_system()
        return {"applied": applied, "late": late}

    def _prepare_attempt(self, message, token, result, late):
        return {
            "message_id": message.id,
            "outcome": result["outcome"],
            "late": late,
            "lease_token": token,
            "started_at": utc_moment(result.get("started_at")),
            "duration_ms": int(bounded(result.get("duration_ms"), MAX_INTEGER)),
            "detail": plain_text(result.get("detail"), 500),
            "request": plain_text(result.get("request"), LOG_TEXT_LIMIT),
            "response": plain_text(result.get("response"), LOG_TEXT_LIMIT),
        }

    def _prepare_result(self, message, result):
        """Values that a result writes on its message."""
        attempts = message.attempts + 1
        vals = {
            "attempts": attempts,
            "lost_leases": 0,
            "lease_token": False,
            "lease_until": False,
            "last_error": False,
        }
        outcome = result["outcome"]
        if outcome == "ack":
            return {
                **vals,
                "state": "delivered",
                "remote_ref": plain_text(result.get("remote_ref"), 200),
                "delivered_at": fields.Datetime.now(),
            }
        vals["last_error"] = plain_text(result.get("detail"), 500)
        if outcome == "reject":
            return {**vals, "state": "rejected"}
        if outcome == "unknown":
            return {**vals, "state": "parked"}
        return {**vals, **message._postponed(attempts, bounded(result.get("retry_after"), MAX_RETRY_AFTER))}

    def _alert_stuck(self, messages):
        for endpoint, stuck in (
            messages.filtered(lambda message: message.state in ("rejected", "parked", "dead"))
            .grouped("endpoint_id")
            .items()
        ):
            endpoint._alert_owner(
                self.env._("Messages need attention"),
                self.env._(
                    "%(count)s messages were not taken, the last one for %(document)s: %(error)s",
                    count=len(stuck),
                    document=stuck[-1].document_name,
                    error=stuck[-1].last_error or "",
                ),
            )

    @api.model
    def release(self, request_id):
        """Give unfinished leases of `request_id` back at once, without counting a try. Returns how many."""
        self = self._system()
        messages = (
            self.env["franchise.sync.message"]
            .sudo()
            .search([("lease_token", "=", self._token(request_id)), ("state", "=", "pending")])
        )
        messages.write({"lease_token": False, "lease_until": False, "lost_leases": 0})
        self._flush_as_system()
        return len(messages)

    def _system(self):
        """This interface with the system's rights, after checking that the caller is the worker.

        :raises AccessError: the caller is anybody else.
        """
        if not self.env.user.has_group(GROUP_SYNC_WORKER):
            raise AccessError(self.env._("Only the sync worker's own user may use this interface."))
        # Over JSON-2 a call has no language unless it names one.
        return self.sudo().with_context(lang=self.env.user.lang)

    def _flush_as_system(self):
        """Write now, with the system's rights: at the end of a call Odoo flushes as the caller, who may read nothing,
        not even the currencies that amounts are rounded by."""
        self.env.flush_all()

    def _endpoints_sudo(self):
        """Systems of the companies that the worker's user may act for."""
        return self.env["franchise.sync.endpoint"].sudo().search([("company_id", "in", self.env.user.company_ids.ids)])

    def _endpoint(self, code):
        system = self._endpoints_sudo().filtered(lambda endpoint: endpoint.code == code)
        if not system:
            raise UserError(self.env._("There is no supplier system with the code “%s”.", code))
        return system

    def _token(self, request_id):
        token = str(request_id or "")
        if not 8 <= len(token) <= 64:
            raise UserError(self.env._("A lease is named by a unique text of 8 to 64 characters."))
        return token

    def _now(self):
        """PostgreSQL's clock, naive UTC, whole seconds as Odoo stores them: the one clock of leases and retries."""
        [[now]] = self.env.execute_query(SQL("SELECT date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC')"))
        return now
