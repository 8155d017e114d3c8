import json
from decimal import Decimal, InvalidOperation

import psycopg2
from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

ANSWER_STATES = ("acknowledged", "accepted", "rejected", "disputed")
MAX_ANSWERS = 2000
MAX_ANSWER_TEXT = 256 * 1024
MAX_ID = 128
APPLY_ERRORS = (UserError, psycopg2.Error)


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
        self = self._system()  # noqa: PLW0642 - from here on with the system's rights
        system = self._endpoint(endpoint)
        if len(answers) > MAX_ANSWERS:
            raise UserError(self.env._("At most %s answers fit in one call.", MAX_ANSWERS))
        stored = self._store_answers(system, answers)
        outcomes = self._apply_batch(system, stored)
        if cursor is not None and cursor != system.poll_cursor:
            system.poll_cursor = str(cursor)[:200]
        self._retry_parked(system, exclude=[inbox_id for inbox_id, _answer in stored])
        self._flush_as_system()
        reply = []
        for answer in answers:
            message_uid = str(answer["message_id"])
            # Popped: the second of two equal answers in one call is a duplicate of the first.
            status, reason = outcomes.pop(message_uid, ("duplicate", ""))
            reply.append({"message_id": message_uid, "status": status, "reason": reason})
        return reply

    def _store_answers(self, system, answers):
        """Insert the answers that are new, in one statement; the unique index decides what is new.

        :return: [(inbox id, answer)] of the new ones.
        """
        columns = {"uid": [], "uuid": [], "answer": [], "raw": []}
        by_uid = {}
        for answer in answers:
            uid = str(answer.get("message_id") or "")
            if not uid or len(uid) > MAX_ID:
                raise ValidationError(self.env._("An answer needs an id of 1 to %s characters.", MAX_ID))
            raw = str(answer.get("raw") or "").replace("\x00", "")
            text = json.dumps({key: value for key, value in answer.items() if key != "raw"}, ensure_ascii=False)
            if len(text) + len(raw) > MAX_ANSWER_TEXT:
                raise ValidationError(self.env._("Answer %s is too large.", uid))
            by_uid.setdefault(uid, answer)
            columns["uid"].append(uid)
            columns["uuid"].append(str(answer.get("uuid") or "")[:MAX_ID])
            columns["answer"].append(text)
            columns["raw"].append(raw)
        if not answers:
            return []
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO franchise_sync_inbox
                       (endpoint_id, company_id, message_uid, outbox_uuid, answer, raw, state,
                        create_uid, write_uid, create_date, write_date)
                SELECT %(endpoint)s, %(company)s, uid, uuid, answer, raw, 'parked', %(user)s, %(user)s, %(now)s, %(now)s
                  FROM unnest(%(uid)s::text[], %(uuid)s::text[], %(answer)s::text[], %(raw)s::text[])
                       AS given(uid, uuid, answer, raw)
                    ON CONFLICT (endpoint_id, message_uid) DO NOTHING
             RETURNING id, message_uid
                """,
                endpoint=system.id,
                company=system.company_id.id,
                user=self.env.uid,
                now=self._now(),
                **columns,
            )
        )
        return [(inbox_id, by_uid[uid]) for inbox_id, uid in rows]

    def _apply_batch(self, system, stored):
        """Apply stored answers together; if one breaks the batch, each alone. {answer id: (status, reason)}."""
        uuids = {str(answer.get("uuid") or "") for _inbox_id, answer in stored}
        messages = self.env["franchise.sync.message"].sudo().search([("uuid", "in", list(uuids))])
        outbox = {message.uuid: message for message in messages}
        try:
            with self.env.cr.savepoint():
                results = [self._judge(system, answer, outbox) for _inbox_id, answer in stored]
                self.env.flush_all()
        except APPLY_ERRORS as error:
            self._raise_if_transient(error)
            self.env.invalidate_all(flush=False)
            results = [self._judge_alone(system, answer, outbox) for _inbox_id, answer in stored]
        outcomes, refused = {}, []
        for (inbox_id, answer), (status, reason) in zip(stored, results, strict=True):
            message = outbox.get(str(answer.get("uuid") or ""))
            self.env["franchise.sync.inbox"].sudo().browse(inbox_id).write(
                {"state": status, "reason": reason[:500], "outbox_id": message.id if message else False}
            )
            outcomes[str(answer["message_id"])] = (status, reason)
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

    def _judge_alone(self, system, answer, outbox):
        try:
            with self.env.cr.savepoint():
                result = self._judge(system, answer, outbox)
                self.env.flush_all()
                return result
        except APPLY_ERRORS as error:
            self._raise_if_transient(error)
            self.env.invalidate_all(flush=False)
            return "refused", str(error)

    @staticmethod
    def _raise_if_transient(error):
        """Serialization failures and lost connections are no fault of the answer: the whole call is repeated."""
        if isinstance(error, psycopg2.OperationalError):
            raise error

    def _judge(self, system, answer, outbox):
        """(status, reason) of one answer, after its effect has been written."""
        message = outbox.get(str(answer.get("uuid") or ""))
        if message is None:
            return "parked", self.env._("No message with this key is known yet.")
        if message.endpoint_id != system:
            return "refused", self.env._("%s answered a message that was sent to another supplier.", system.name)
        return self._apply_answer(message, answer)

    def _apply_answer(self, message, answer):
        try:
            parsed = self._parse_answer(answer)
        except ValidationError as error:
            return "refused", str(error)
        document = self.env[message.res_model].sudo().browse(message.res_id).exists()
        if not document:
            return "refused", self.env._("The document of this message no longer exists.")
        reason = document._sync_check_answer(parsed)
        if reason:
            return "refused", reason
        document._sync_apply_answer(parsed)
        if parsed["state"] != "acknowledged" and not message.answered_at:
            message.answered_at = self._now()
        return "applied", ""

    def _parse_answer(self, answer):
        """The answer with Decimal amounts; never trusts the sender.

        :raises ValidationError: an unknown state, or an amount that is no finite number.
        """
        state = answer.get("state")
        if state not in ANSWER_STATES:
            raise ValidationError(self.env._("“%s” is no answer that we know.", state))

        def amount_of(value):
            try:
                amount = Decimal(str(value))
            except InvalidOperation:
                amount = Decimal("NaN")
            if not amount.is_finite():
                raise ValidationError(self.env._("“%s” is not an amount.", value))
            return amount

        return {
            **answer,
            "amount": amount_of(answer.get("amount") or 0),
            "lines": {str(line.get("key")): amount_of(line.get("amount")) for line in answer.get("lines") or []},
            "reason": str(answer.get("reason") or "")[:2000],
            "number": str(answer.get("number") or "")[:100],
            "currency": str(answer.get("currency") or ""),
        }

    def _retry_parked(self, system, exclude):
        """Answers that came before their message was known are tried again when it is."""
        parked = (
            self.env["franchise.sync.inbox"]
            .sudo()
            .search(
                [("endpoint_id", "=", system.id), ("state", "=", "parked"), ("id", "not in", exclude)],
                limit=500,
                order="id",
            )
        )
        if parked:
            known = self.env["franchise.sync.message"].sudo().search([("uuid", "in", parked.mapped("outbox_uuid"))])
            uuids = set(known.mapped("uuid"))
            self._apply_batch(system, [(row.id, json.loads(row.answer)) for row in parked if row.outbox_uuid in uuids])
