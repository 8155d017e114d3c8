from collections import defaultdict

import psycopg2
from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL


class FranchiseSyncDocument(models.AbstractModel):
    """What a document implements to be told to suppliers' systems and to take their answers."""

    _name = "franchise.sync.document"
    _description = "Document Known to Suppliers"

    # Whether the partner owes an answer; what is only told is done when it is delivered.
    _sync_awaits_answer = True

    sync_state = fields.Selection(
        [
            ("none", "Not Connected"),
            ("pending", "Waiting"),
            ("delivered", "Delivered"),
            ("rejected", "Rejected"),
            ("parked", "Sent, Answer Unknown"),
            ("dead", "Given Up"),
            ("quarantined", "Quarantined"),
        ],
        string="Delivery",
        compute="_compute_sync_state",
    )

    def _compute_sync_state(self):
        latest = {}
        for message in (
            self.env["franchise.sync.message"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids)], order="seq")
        ):
            latest[message.res_id] = message.state
        for document in self:
            document.sync_state = latest.get(document.id, "none")

    def action_view_messages(self):
        """Open the sync messages of this document."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Messages"),
            "res_model": "franchise.sync.message",
            "view_mode": "list,form",
            "domain": [("res_model", "=", self._name), ("res_id", "=", self.id)],
        }

    def _sync_aggregate(self):
        """Text that orders this document's messages; the same text means the same line."""
        self.ensure_one()
        return f"{self._name},{self.id}"

    def _sync_partner(self):
        """The partner whose system is told about this document."""
        raise NotImplementedError

    def _sync_prepare_payload(self, kind, endpoint):
        """JSON-able dict of the event `kind` for `endpoint`, with a "document" entry; amounts as decimal strings, dates ISO 8601."""
        raise NotImplementedError

    def _sync_on_delivered(self):
        """The partner's system has the document now."""
        raise NotImplementedError

    def _sync_on_refused(self, message):
        """Hook: the partner's system refused `message` about this document for good; its owner is told anyway."""

    def _sync_on_acknowledged(self):
        """The partner says that it has taken note; where nothing else is meant by that, it has the document."""
        self._sync_on_delivered()

    def _sync_check_answer(self, answer):
        """Reason (translated text) to refuse `answer`, or an empty string. Must not write."""
        raise NotImplementedError

    def _sync_apply_answer(self, answer):
        """Write the effect of a checked answer.

        :return: text for the chatter, written for all answers of a call together; empty for none.
        """
        raise NotImplementedError

    def _sync_answer_summary(self):
        """{"answer_state", "accepted_amount" (decimal string)}: our view of the supplier's answer, to reconcile."""
        raise NotImplementedError

    def _sync_emit_again(self, message):
        """Tell the document as it is now, in place of `message`, which was rejected; a kind that needs more overrides it.

        :return: the new message; none where the partner has no system any more.
        """
        self.ensure_one()
        return self._sync_emit(message.kind)

    def _sync_log(self, body):
        """Note the same sentence in the chatter of all these documents.

        The first note is Odoo's own; the others are copies of its row, made by one statement: thousands are delivered
        in one call, and Odoo's batch takes most of the time of such a call.
        """
        if not self:
            return
        note = self[0]._message_log(body=body)
        others = self[1:]
        if not others:
            return
        note.flush_recordset()
        columns = SQL(", ").join(
            SQL.identifier(name)
            for name, field in note._fields.items()
            if field.store and field.column_type and name not in ("id", "res_id")
        )
        self.env.execute_query(
            SQL(
                "INSERT INTO mail_message (res_id, %(columns)s) SELECT other.id, %(columns)s"
                " FROM mail_message, unnest(%(ids)s) AS other(id) WHERE mail_message.id = %(note)s RETURNING res_id",
                columns=columns,
                ids=others.ids,
                note=note.id,
            )
        )
        others.invalidate_recordset([name for name in ("message_ids", "website_message_ids") if name in self._fields])

    def _sync_is_closed(self):
        """Whether nothing more will be said about this document: its old messages may then be removed."""
        self.ensure_one()
        return not self._sync_awaits_answer

    def _sync_emit(self, kind):
        """Write one outbox row per document in this very transaction; documents without a system are left out.

        :return: the new `franchise.sync.message` records (sudo).
        """
        messages = self.env["franchise.sync.message"].sudo()
        endpoints = self._sync_endpoints()
        documents = self.filtered(lambda document: document.id in endpoints)
        if not documents:
            return messages
        documents.lock_for_update()
        aggregates = {document.id: document._sync_aggregate() for document in documents}
        latest_seq = dict(
            messages._read_group([("aggregate", "in", list(aggregates.values()))], ["aggregate"], ["seq:max"])
        )
        latest_revision = dict(
            messages._read_group(
                [("res_model", "=", self._name), ("res_id", "in", documents.ids), ("kind", "=", kind)],
                ["res_id"],
                ["revision:max"],
            )
        )
        vals_list = []
        for document in documents:
            aggregate = aggregates[document.id]
            seq = latest_seq[aggregate] = latest_seq.get(aggregate, 0) + 1
            revision = latest_revision.get(document.id, 0) + 1
            endpoint = endpoints[document.id]
            payload = document._sync_prepare_payload(kind, endpoint)
            payload["document"]["revision"] = revision
            vals = messages._prepare_message(endpoint, document, kind, payload, aggregate, seq, revision)
            vals_list.append({**vals, "awaits_answer": self._sync_awaits_answer})
        try:
            with self.env.cr.savepoint():
                return messages.create(vals_list)
        except psycopg2.errors.UniqueViolation as error:
            # Another document in the same line was told at the same moment: Odoo repeats the call.
            raise ConcurrencyError(str(error)) from error

    def _sync_endpoints(self):
        """{document id: its supplier's system}, one query; a system that is switched off still collects messages."""
        wanted = defaultdict(list)
        for document in self:
            wanted[document.company_id.id, document._sync_partner().commercial_partner_id.id].append(document.id)
        found = (
            self.env["franchise.sync.endpoint"]
            .sudo()
            .search(
                [
                    ("company_id", "in", [company for company, _partner in wanted]),
                    ("partner_id", "in", [partner for _company, partner in wanted]),
                ]
            )
        )
        return {
            document_id: endpoint
            for endpoint in found
            for document_id in wanted.get((endpoint.company_id.id, endpoint.partner_id.commercial_partner_id.id), ())
        }

    @api.model
    def _sync_amount(self, amount, currency):
        """`amount` as the text a payload carries: plain decimal with the currency's number of digits."""
        return f"{amount:.{currency.decimal_places}f}"
