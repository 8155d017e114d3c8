import json
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import psycopg2
from markupsafe import escape
from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, LockError, UserError, ValidationError
from odoo.tools import SQL

from .api_delivery import plain_text

ANSWER_STATES = ("acknowledged", "accepted", "rejected", "disputed")
MAX_ANSWERS = 2000
MAX_ANSWER_TEXT = 256 * 1024
MAX_ID = 128
MAX_PARKED_RETRIES = 500
# What a malformed answer may raise on its way; anything else is a fault of ours and shows as one.
APPLY_ERRORS = (UserError, psycopg2.Error, TypeError, ValueError, AttributeError, ArithmeticError)


class Stored(NamedTuple):
    """One answer kept in the inbox: its row, its id, the outbox key it names, and what it says."""

    inbox_id: int
    uid: str
    uuid: str
    answer: dict


class FranchiseSyncApi(models.AbstractModel):
    """Answers: `receive` keeps each one once, with the text as it came, and applies it in the same transaction."""

    _inherit = "franchise.sync.api"

    @api.model
    def receive(self, endpoint, answers, cursor=None):
        """Take supplier's answers: each is stored once and applied once, whatever is repeated or out of order.

        One bad answer never blocks the others: it is refused with a reason and its system's owner is told.

        :param answers: [{message_id, uuid, state, number, currency, amount, lines, reason, occurred_at, raw}]
        :param cursor: where the next poll goes on; stored with the answers.
        :return: [{message_id, status: applied | duplicate | parked | refused, reason}] in the order given.
        """
        self = self._system()
        return self._receive(self._endpoint(endpoint), answers, cursor)

    def _receive(self, system, answers, cursor=None):
        """`receive` for a caller that has been checked: the worker's user, or a sender whose signature is right."""
        if not isinstance(answers, list | tuple) or len(answers) > MAX_ANSWERS:
            raise UserError(self.env._("Answers come as a list, at most %s in one call.", MAX_ANSWERS))
        outcomes = {}
        readable = [(uid, answer) for answer in answers if (uid := self._readable_uid(answer, outcomes))]
        outcomes.update(self._apply_batch(system, self._store_answers(system, readable)))
        cursor = plain_text(cursor, 200) if cursor is not None else system.poll_cursor
        if cursor != system.poll_cursor:
            system.poll_cursor = cursor
        self._retry_parked(system)
        self._flush_as_system()
        reply = []
        for answer in answers:
            uid = answer.get("message_id", "") if isinstance(answer, dict) else ""
            # Popped: the second of two equal answers in one call is a duplicate of the first.
            status, reason = outcomes.pop(str(uid), ("duplicate", ""))
            reply.append({"message_id": plain_text(uid, MAX_ID), "status": status, "reason": reason})
        return reply

    def _readable_uid(self, answer, outcomes):
        """The answer's id; None when it can't be kept at all, which is noted in `outcomes` by the id as given."""
        given = answer.get("message_id", "") if isinstance(answer, dict) else ""
        if isinstance(given, str) and given and given == plain_text(given, MAX_ID):
            return given
        outcomes[str(given)] = ("refused", self.env._("An answer needs an id of 1 to %s characters.", MAX_ID))
        return None

    def _store_answers(self, system, answers):
        """Insert the answers that are new, in one statement; the unique index decides what is new.

        :param answers: [(id, answer)].
        :return: [Stored] of the new ones.
        """
        if not answers:
            return []
        rows = {}
        for uid, given in answers:
            answer = given
            uuid = plain_text(answer.get("uuid"), MAX_ID)
            raw = plain_text(answer.get("raw"), MAX_ANSWER_TEXT + 1)
            text = json.dumps({key: value for key, value in answer.items() if key != "raw"}, default=str)
            if len(text) + len(raw) > MAX_ANSWER_TEXT:
                # Its beginning is kept as evidence; without a state it is refused.
                answer, raw = {"uuid": uuid}, (raw or text)[:MAX_ANSWER_TEXT]
                text = json.dumps(answer)
            rows.setdefault(uid, (uuid, text, raw, answer))
        stored = self.env.execute_query(
            SQL(
                """
                INSERT INTO franchise_sync_inbox
                       (endpoint_id, company_id, message_uid, outbox_uuid, answer, raw, state,
                        create_uid, write_uid, create_date, write_date)
                SELECT %(endpoint)s, %(company)s, uid, uuid, answer, raw, 'parked', %(user)s, %(user)s, %(now)s, %(now)s
                  FROM unnest(%(uids)s::text[], %(uuids)s::text[], %(texts)s::text[], %(raws)s::text[])
                       AS given(uid, uuid, answer, raw)
                    ON CONFLICT (endpoint_id, message_uid) DO NOTHING
             RETURNING id, message_uid
                """,
                endpoint=system.id,
                company=system.company_id.id,
                user=self.env.uid,
                now=self._now(),
                uids=list(rows),
                uuids=[row[0] for row in rows.values()],
                texts=[row[1] for row in rows.values()],
                raws=[row[2] for row in rows.values()],
            )
        )
        ids = {uid: inbox_id for inbox_id, uid in stored}
        return [Stored(ids[uid], uid, uuid, answer) for uid, (uuid, _text, _raw, answer) in rows.items() if uid in ids]

    def _apply_batch(self, system, stored):
        """Apply stored answers together; if one breaks the batch, each alone. {answer id: (status, reason)}."""
        if not stored:
            return {}
        messages = self.env["franchise.sync.message"].sudo().search([("uuid", "in", [row.uuid for row in stored])])
        outbox = {message.uuid: message for message in messages}
        try:
            with self.env.cr.savepoint():
                results = self._judge(system, stored, outbox)
                self.env.flush_all()
        except APPLY_ERRORS as error:
            self._raise_if_transient(error)
            self.env.invalidate_all(flush=False)
            results = [self._judge_alone(system, row, outbox) for row in stored]
        outcomes, refused = {}, []
        inbox = self.env["franchise.sync.inbox"].sudo().browse([row.inbox_id for row in stored])
        for kept, row, (status, reason) in zip(inbox, stored, results, strict=True):
            message = outbox.get(row.uuid)
            kept.write({"state": status, "reason": reason[:500], "outbox_id": message.id if message else False})
            outcomes[row.uid] = (status, reason)
            if status == "refused":
                refused.append(reason)
        if refused:
            system._alert_owner(
                self.env._("Answers refused"),
                self.env._(
                    "%(count)s answers were refused, the first one: %(reason)s", count=len(refused), reason=refused[0]
                ),
            )
        return outcomes

    def _judge_alone(self, system, row, outbox):
        try:
            with self.env.cr.savepoint():
                [result] = self._judge(system, [row], outbox)
                self.env.flush_all()
                return result
        except APPLY_ERRORS as error:
            self._raise_if_transient(error)
            self.env.invalidate_all(flush=False)
            return "refused", str(error)

    @staticmethod
    def _raise_if_transient(error):
        """Locks, serialization failures and lost connections are no fault of the answer: the whole call is repeated."""
        if isinstance(error, LockError):
            raise ConcurrencyError(str(error)) from error
        if isinstance(error, psycopg2.OperationalError):
            raise error

    def _judge(self, system, stored, outbox):
        """[(status, reason)] of answers in their order, after their effect has been written; documents read together."""
        named = self.env["franchise.sync.message"].sudo().union(*outbox.values())
        documents = {}
        for model, messages in (
            named.filtered(lambda message: message.endpoint_id == system).grouped("res_model").items()
        ):
            for document in self.env[model].sudo().browse(set(messages.mapped("res_id"))).exists():
                documents[model, document.id] = document
        results, notes, acknowledged = [], {}, {}
        for row in stored:
            message = outbox.get(row.uuid)
            if not row.uuid:  # a file that nobody could read: the worker says why
                reason = plain_text(row.answer.get("reason"), 500)
                results.append(("refused", reason or self.env._("The answer names no message.")))
            elif message is None:
                results.append(("parked", self.env._("No message with this key is known yet.")))
            elif message.endpoint_id != system:
                reason = self.env._("%s answered a message that was sent to another supplier.", system.name)
                results.append(("refused", reason))
            else:
                document = documents.get((message.res_model, message.res_id))
                results.append(self._apply_answer(message, document, row.answer, notes, acknowledged))
        for model, ids in acknowledged.items():
            self.env[model].sudo().browse(ids)._sync_on_acknowledged()
        for (model, _turn), bodies in notes.items():
            self.env[model].sudo().browse(bodies)._message_log_batch(bodies=bodies)
        return results

    def _apply_answer(self, message, document, answer, notes, acknowledged):
        """(status, reason) after the effect; chatter notes and acknowledged documents are gathered, to be written together."""
        if not document:
            return "refused", self.env._("The document of this message no longer exists.")
        try:
            parsed = self._parse_answer(answer)
        except ValidationError as error:
            return "refused", str(error)
        reason = document._sync_check_answer(parsed)
        if reason:
            return "refused", reason
        if parsed["state"] == "acknowledged":
            acknowledged.setdefault(document._name, set()).add(document.id)
            return "applied", ""
        note = document._sync_apply_answer(parsed)
        if note:
            # A second note on the same document goes into the next round.
            turn = sum(document.id in bodies for (model, _turn), bodies in notes.items() if model == document._name)
            notes.setdefault((document._name, turn), {})[document.id] = escape(note)
        if not message.answered_at:
            message.answered_at = fields.Datetime.now()
        return "applied", ""

    def _parse_answer(self, answer):
        """The answer with Decimal amounts; never trusts the sender.

        :raises ValidationError: an unknown state, lines that are none, or an amount that is no finite number.
        """
        state = answer.get("state")
        if state not in ANSWER_STATES:
            raise ValidationError(self.env._("“%s” is no answer that we know.", plain_text(state, 100)))
        given = answer.get("lines") or []
        if not isinstance(given, list | tuple) or not all(isinstance(line, dict) for line in given):
            raise ValidationError(self.env._("The lines of an answer are a list of line numbers and amounts."))
        lines = {plain_text(line.get("key"), 100): self._parse_amount(line.get("amount")) for line in given}
        if len(lines) != len(given):
            raise ValidationError(self.env._("The answer names a line more than once."))
        return {
            **answer,
            "line_reasons": {plain_text(line.get("key"), 100): plain_text(line.get("reason"), 2000) for line in given},
            "amount": self._parse_amount(answer.get("amount") or 0),
            "lines": lines,
            "reason": plain_text(answer.get("reason"), 2000),
            "number": plain_text(answer.get("number"), 100),
            "currency": plain_text(answer.get("currency"), 10),
        }

    def _parse_amount(self, value):
        try:
            amount = Decimal(plain_text(value, 100))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite():
            raise ValidationError(self.env._("“%s” is not an amount.", plain_text(value, 100)))
        return amount

    def _retry_parked(self, system):
        """Answers that came before their message was known are tried again when it is."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT inbox.id, inbox.message_uid, inbox.outbox_uuid, inbox.answer
                  FROM franchise_sync_inbox inbox
                  JOIN franchise_sync_message message ON message.uuid = inbox.outbox_uuid
                 WHERE inbox.endpoint_id = %s AND inbox.state = 'parked'
              ORDER BY inbox.id LIMIT %s
                """,
                system.id,
                MAX_PARKED_RETRIES,
            )
        )
        self._apply_batch(system, [Stored(row_id, uid, uuid, json.loads(text)) for row_id, uid, uuid, text in rows])
