from datetime import UTC, datetime, timedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .attempt import LOST_COLUMNS, lost_values
from .message import MAX_LOST_LEASES

GROUP_SYNC_WORKER = "franchise_aftersales.group_sync_worker"
MAX_LEASE = 2000
MAX_LEASE_SECONDS = 3600
# Columns of a leased message, as the worker gets it.
LEASED = ("id", "uuid", "kind", "aggregate", "seq", "attempt", "lost", "payload", "sha256")
LEASED_COLUMNS = "id, uuid, kind, aggregate, seq, attempts, lost_leases, payload, sha256"


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
    def endpoints(self, code=""):
        """Systems to be served, secrets not included: [{code, connector, url, database, login, options, …}].

        :param code: only this one.
        """
        self = self._system()
        return [endpoint._connection() for endpoint in self._endpoints_sudo(code)]

    @api.model
    def lease(self, endpoint, limit, lease_seconds, request_id):
        """Lease up to `limit` due messages of one system for `lease_seconds`; their payloads are in the reply.

        In order: a message waits until every earlier one of its claim is settled. One leaser per system at a time;
        another one gets an empty list. Repeating `request_id` gives the same messages again.

        :return: {"request_id", "lease_until", "messages": [{id, uuid, kind, aggregate, seq, attempt, lost, payload, sha256}]}
        """
        self = self._system()
        system = self._endpoint(endpoint)
        seconds = min(max(int(lease_seconds), 1), MAX_LEASE_SECONDS)
        limit = min(max(int(limit), 0), MAX_LEASE)
        token = self._token(request_id)
        now = self._now()
        self.env.flush_all()
        until, rows = self._lease_again(system, token, now)
        if not rows and self._may_lease(system):
            until = now + timedelta(seconds=seconds)
            rows = self._lease_rows(system, self._lease_limit(system, limit, now), token, now, until)
            self._note_leased(system, len(rows))
        return {
            "request_id": token,
            "lease_until": utc_text(until if rows else None),
            "messages": [{**dict(zip(LEASED, row, strict=True)), "attempt": row[5] + 1} for row in rows],
        }

    def _lease_again(self, system, token, now):
        """(end, rows) of a lease that is held already: its reply was lost on the way."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT lease_until, %s FROM franchise_sync_message
                 WHERE lease_token = %s AND endpoint_id = %s AND state = 'pending' AND lease_until > %s
              ORDER BY next_attempt_at, id
                """,
                SQL(LEASED_COLUMNS),
                token,
                system.id,
                now,
            )
        )
        return (rows[0][0], [row[1:] for row in rows]) if rows else (None, [])

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

    def _note_leased(self, system, count):
        """Hook: `count` messages were leased, after `_lease_limit` had allowed them; the lane is still held."""

    def _lease_rows(self, system, limit, token, now, until):
        """Take the lease in one statement; messages that lost three leases in a row are quarantined first.

        A message on its last lease before quarantine goes alone: others that were only in the same batch as one that
        kills the worker get their result, and are not set aside with it.

        :return: rows of `LEASED`, in the order in which they were due.
        """
        params = {
            "endpoint": system.id,
            "now": now,
            "until": until,
            "token": token,
            "limit": limit,
            "lost": MAX_LOST_LEASES,
            "columns": SQL(LEASED_COLUMNS),
            "lost_columns": LOST_COLUMNS,
            "lost_values": lost_values(self.env.uid, now),
        }
        self._quarantine_lost(system, params)
        if not limit:
            return []
        # MATERIALIZED: as a plain subquery PostgreSQL may run it once per row, and the limit is lost.
        rows = self.env.execute_query(
            SQL(
                """
                WITH due AS MATERIALIZED (
                    SELECT message.id AS due_id, message.next_attempt_at AS due_at,
                           message.lost_leases + (message.lease_token IS NOT NULL)::int >= %(lost)s - 1 AS is_last
                      FROM franchise_sync_message message
                     WHERE message.endpoint_id = %(endpoint)s
                       AND message.state = 'pending'
                       AND message.next_attempt_at <= %(now)s
                       AND (message.lease_until IS NULL OR message.lease_until <= %(now)s)
                       AND NOT EXISTS (
                           SELECT 1 FROM franchise_sync_message earlier
                            WHERE earlier.aggregate = message.aggregate AND earlier.seq < message.seq
                              AND earlier.state IN ('pending', 'parked', 'dead', 'quarantined'))
                  ORDER BY message.next_attempt_at, message.id
                     LIMIT %(limit)s
                       FOR UPDATE OF message SKIP LOCKED),
                taken AS MATERIALIZED (
                    SELECT due_id, is_last, row_number() OVER line AS place, first_value(is_last) OVER line AS alone
                      FROM due WINDOW line AS (ORDER BY due_at, due_id)),
                lost AS (
                    INSERT INTO franchise_sync_attempt (%(lost_columns)s)
                    SELECT %(lost_values)s FROM taken JOIN franchise_sync_message message ON message.id = due_id
                     WHERE message.lease_token IS NOT NULL AND is_last = alone AND (place = 1 OR NOT alone))
                UPDATE franchise_sync_message
                   SET lost_leases = lost_leases + (lease_token IS NOT NULL)::int,
                       lease_token = %(token)s, lease_until = %(until)s, write_date = %(now)s
                  FROM taken
                 WHERE id = due_id AND is_last = alone AND (place = 1 OR NOT alone)
             RETURNING place, %(columns)s
                """,
                **params,
            )
        )
        self.env["franchise.sync.message"].invalidate_model(flush=False)
        self.env["franchise.sync.attempt"].invalidate_model(flush=False)
        return [row[1:] for row in sorted(rows)]

    def _quarantine_lost(self, system, params):
        """Set aside what lost its last lease, and tell the system's owner."""
        poisoned = self.env.execute_query(
            SQL(
                """
                WITH poison AS MATERIALIZED (
                    SELECT id AS poison_id FROM franchise_sync_message
                     WHERE endpoint_id = %(endpoint)s AND state = 'pending'
                       AND lease_until <= %(now)s AND lost_leases + 1 >= %(lost)s
                       FOR UPDATE),
                logged AS (
                    INSERT INTO franchise_sync_attempt (%(lost_columns)s)
                    SELECT %(lost_values)s FROM poison JOIN franchise_sync_message message ON message.id = poison_id
                     WHERE message.lease_token IS NOT NULL)
                UPDATE franchise_sync_message
                   SET state = 'quarantined', lease_token = NULL, lease_until = NULL,
                       last_error = 'Three leases in a row ended without a result.', write_date = %(now)s
                  FROM poison WHERE id = poison_id
             RETURNING id
                """,
                **params,
            )
        )
        if poisoned:
            self.env["franchise.sync.message"].invalidate_model(flush=False)
            system._alert_owner(
                self.env._("Messages set aside"),
                self.env._(
                    "%s messages ended three leases without a result. Look at them and send again.", len(poisoned)
                ),
            )

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

    def _endpoints_sudo(self, code=""):
        """Systems of the companies that the worker's user may act for; with `code` only that one."""
        domain = [("company_id", "in", self.env.user.company_ids.ids)]
        if code:
            domain.append(("code", "=", str(code)))
        return self.env["franchise.sync.endpoint"].sudo().search(domain)

    def _endpoint(self, code):
        system = self._endpoints_sudo(code) if code else None
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
