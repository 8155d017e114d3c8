from odoo import api, models
from odoo.exceptions import ConcurrencyError, LockError, UserError
from odoo.tools import SQL

from .api_delivery import plain_text
from .drift import DRIFTS

MAX_DRIFTS = 2000
KINDS = dict(DRIFTS)


class FranchiseSyncApi(models.AbstractModel):
    """Reconciliation: the worker compares both sides and reports; what follows is decided here (R-G5).

    A run: `reconcile_page` until its `next` is 0, each page compared with what the supplier's side says of the same
    uuids; `report_drift` for what differs; `close_reconciliation` at the end, with the totals. Every call may be repeated.
    """

    _inherit = "franchise.sync.api"

    @api.model
    def report_drift(self, endpoint, run, rows):
        """Record what differs, and repair it or stop it. Batched; what a run reported already has no second effect.

        - `missing_there`: delivered, or unknown whether, and the supplier has nothing: sent again under the same key.
          What was answered is not: they took a document away that they had decided on, and a person asks why.
        - `missing_here`: they have an answer, or a document of ours, that we don't know: all answers are read again.
          Each is known by its id, so nothing is applied twice.
        - `amount`, `state`, `hash`: the message is stopped, and with it what follows in its line, until a person
          settles the difference or a complete run no longer finds it.

        :param run: the run's unique text, 8 to 64 characters.
        :param rows: [{uuid, kind, ours, theirs, remote_ref}], at most 2,000; `ours` and `theirs` are shown as they are.
        :return: [{uuid, kind, effect: requeued | blocked | reread | noted}] in the order given.
        :raises UserError: an unknown kind, or a key that is no message of this system (but for `missing_here`).
        """
        self = self._system()
        system = self._endpoint(endpoint)
        if not isinstance(rows, list | tuple) or len(rows) > MAX_DRIFTS:
            raise UserError(self.env._("Differences come as a list, at most %s in one call.", MAX_DRIFTS))
        record = self._reconciliation(system, run)
        given = {(plain_text(row.get("uuid"), 64), row.get("kind")): row for row in rows}
        messages = self._reported_messages(system, given)
        drifts = self.env["franchise.sync.drift"].sudo()
        known = {
            (drift.outbox_uuid, drift.kind): drift
            for drift in drifts.search(
                [
                    ("endpoint_id", "=", system.id),
                    ("settled_at", "=", False),
                    ("outbox_uuid", "in", [uuid for uuid, _kind in given]),
                ]
            )
        }
        fresh = {key: row for key, row in given.items() if key not in known or known[key].seen_by_id != record}
        effects = self._repair(system, record, fresh, messages)
        new = []
        for key, effect in effects.items():
            row = given[key]
            values = {
                "ours": plain_text(row.get("ours"), 200),
                "theirs": plain_text(row.get("theirs"), 200),
                "remote_ref": plain_text(row.get("remote_ref"), 200),
                "seen_by_id": record.id,
            }
            if key in known:
                # What stopped a message goes on stopping it, though it can't be stopped twice.
                if effect != "noted":
                    values["effect"] = effect
                known[key].write(values)
                continue
            message = messages.get(key[0])
            identity = {"outbox_uuid": key[0], "kind": key[1], "endpoint_id": system.id, "found_by_id": record.id}
            named = {"message_id": message.id, "document_name": message.document_name} if message else {}
            new.append({**values, **identity, **named, "effect": effect})
        for drift in drifts.create(new):
            known[drift.outbox_uuid, drift.kind] = drift
        if new:
            system._alert_owner(
                self.env._("Both sides differ"),
                self.env._("The reconciliation found %s new differences: look at “Differences”.", len(new)),
            )
        self._flush_as_system()
        return [
            {"uuid": uuid, "kind": kind, "effect": known[uuid, kind].effect}
            for uuid, kind in ((plain_text(row.get("uuid"), 64), row.get("kind")) for row in rows)
        ]

    @api.model
    def close_reconciliation(self, endpoint, run, compared, totals, complete):
        """End a run. A complete one settles the open differences of this system that it did not find again.

        :param compared: number of messages compared.
        :param totals: [{currency, messages, ours, theirs}]: accepted amounts as decimal strings, a currency once.
        :param complete: every page was compared, and the supplier's side could be asked about all of them.
        :return: {"found": differences seen by this run, "settled": those of earlier runs that it settled}
        :raises UserError: an unknown currency, or an amount that is none.
        """
        self = self._system()
        system = self._endpoint(endpoint)
        record = self._reconciliation(system, run)
        names = [plain_text(total.get("currency"), 20) for total in totals]
        currencies = self.env["res.currency"].sudo().with_context(active_test=False).search([("name", "in", names)])
        ids = {currency.name: currency.id for currency in currencies}
        lines = []
        for total in totals:
            if total.get("currency") not in ids:
                raise UserError(self.env._("“%s” is no currency that we know.", plain_text(total.get("currency"), 20)))
            lines.append(
                {
                    "reconciliation_id": record.id,
                    "currency_id": ids[total["currency"]],
                    "messages": int(total.get("messages") or 0),
                    "ours": float(self._parse_amount(total.get("ours") or 0)),
                    "theirs": float(self._parse_amount(total.get("theirs") or 0)),
                }
            )
        if not record.ended_at:
            self.env["franchise.sync.reconciliation.total"].sudo().create(lines)
            record.write({"ended_at": self._now(), "compared": int(compared), "is_complete": bool(complete)})
            stale = self.env["franchise.sync.drift"].sudo()
            if complete:
                stale = stale.search(
                    [("endpoint_id", "=", system.id), ("settled_at", "=", False), ("seen_by_id", "<", record.id)]
                )
                stale._settle()
            settled = len(stale)
        else:
            settled = 0
        self._flush_as_system()
        return {"found": record.found_count, "settled": settled}

    def _reconciliation(self, system, run):
        """The record of this run, made at its first call and locked: calls of one run go one after the other."""
        token = self._token(run)
        self.env.execute_query(
            SQL(
                """
                INSERT INTO franchise_sync_reconciliation
                       (endpoint_id, company_id, run, started_at, create_uid, write_uid, create_date, write_date)
                VALUES (%(endpoint)s, %(company)s, %(run)s, %(now)s, %(user)s, %(user)s, %(now)s, %(now)s)
                    ON CONFLICT (endpoint_id, run) DO NOTHING
             RETURNING id
                """,
                endpoint=system.id,
                company=system.company_id.id,
                run=token,
                now=self._now(),
                user=self.env.uid,
            )
        )
        record = (
            self.env["franchise.sync.reconciliation"]
            .sudo()
            .search([("endpoint_id", "=", system.id), ("run", "=", token)])
        )
        try:
            record.lock_for_update()
        except LockError as error:
            raise ConcurrencyError(str(error)) from error
        return record

    def _reported_messages(self, system, given):
        """{uuid: message} of what is reported, locked; every key must be one of this system's."""
        wrong = [kind for _uuid, kind in given if kind not in KINDS]
        if wrong:
            raise UserError(self.env._("“%s” is no kind of difference.", plain_text(wrong[0], 50)))
        messages = (
            self.env["franchise.sync.message"]
            .sudo()
            .search([("endpoint_id", "=", system.id), ("uuid", "in", [uuid for uuid, _kind in given])], order="id")
        )
        try:
            messages.lock_for_update()
        except LockError as error:
            raise ConcurrencyError(str(error)) from error
        found = {message.uuid: message for message in messages}
        unknown = [uuid for uuid, kind in given if uuid not in found and kind != "missing_here"]
        if unknown:
            raise UserError(self.env._("%s is no message of this system.", unknown[0]))
        return found

    def _repair(self, system, record, rows, messages):
        """{(uuid, kind): effect} after what can be repaired was, and what must not go on was stopped."""
        effects = dict.fromkeys(rows, "noted")
        requeued = blocked = self.env["franchise.sync.message"].sudo()
        now = self._now()
        for uuid, kind in rows:
            message = messages.get(uuid)
            if kind == "missing_here":
                effects[uuid, kind] = "reread"
            elif kind == "missing_there":
                if message.state in ("delivered", "parked") and not message.answered_at:
                    effects[uuid, kind] = "requeued"
                    requeued |= message
            elif message.state == "delivered" or (
                message.state == "pending" and not (message.lease_until and message.lease_until > now)
            ):
                effects[uuid, kind] = "blocked"
                blocked |= message
        requeued -= blocked  # both sides have it, whatever else was said
        requeued._requeue()
        requeued._log_intervention("requeue", "")
        blocked.write(
            {
                "state": "parked",
                "lease_token": False,
                "lease_until": False,
                "last_error": self.env._("Both sides differ: see “Differences”."),
            }
        )
        blocked._log_intervention("block", "")
        if "reread" in effects.values():
            if not record.answers_reread:
                system.poll_cursor = False
                record.answers_reread = True
            self._retry_parked(system)
        return effects
