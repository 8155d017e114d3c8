import json

from odoo import api, models
from odoo.tools import SQL

from .api_delivery import utc_text

MAX_PAGE = 2000


class FranchiseSyncApi(models.AbstractModel):
    """Monitoring: figures per system, and our side of a reconciliation."""

    _inherit = "franchise.sync.api"

    @api.model
    def status(self):
        """Figures per system: messages by state, age of the oldest due one (seconds), last success, breaker."""
        self = self._system()
        endpoints = self._endpoints_sudo()
        now = self._now()
        figures = {}
        if endpoints:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT endpoint_id, state, COUNT(*), 0,
                           COALESCE(EXTRACT(EPOCH FROM %(now)s - MIN(next_attempt_at)
                                            FILTER (WHERE state = 'pending' AND next_attempt_at <= %(now)s)), 0)
                      FROM franchise_sync_message
                     WHERE endpoint_id IN %(endpoints)s AND state <> 'delivered'
                  GROUP BY endpoint_id, state
                 UNION ALL
                    SELECT endpoint_id, 'delivered', COUNT(*), 0, 0
                      FROM franchise_sync_message
                     WHERE endpoint_id IN %(endpoints)s AND state = 'delivered'
                  GROUP BY endpoint_id
                 UNION ALL
                    SELECT endpoint_id, 'awaiting', 0, COUNT(*), 0
                      FROM franchise_sync_message
                     WHERE endpoint_id IN %(endpoints)s AND state = 'delivered' AND awaits_answer AND answered_at IS NULL
                  GROUP BY endpoint_id
                    """,
                    now=now,
                    endpoints=tuple(endpoints.ids),
                )
            )
            for endpoint_id, state, count, awaiting, oldest in rows:
                figures.setdefault(endpoint_id, {})[state] = (count, awaiting, int(oldest))
        result = []
        for endpoint in endpoints:
            by_state = figures.get(endpoint.id, {})
            entry = {
                state: by_state.get(state, (0, 0, 0))[0]
                for state in ("pending", "delivered", "rejected", "dead", "parked", "quarantined")
            }
            entry.update(
                code=endpoint.code,
                awaiting_answer=by_state.get("awaiting", (0, 0, 0))[1],
                oldest_due_seconds=by_state.get("pending", (0, 0, 0))[2],
                last_success_at=utc_text(endpoint.last_success_at),
                breaker=endpoint.breaker_state,
            )
            result.append(entry)
        return {"endpoints": result, "time": utc_text(now)}

    @api.model
    def reconcile_page(self, endpoint, after_id=0, limit=500):
        """Our side of the messages of one system, in pages by id, to be compared with the supplier's (R-G5).

        :return: {"rows", "next"}: `next` is the `after_id` of the next page, 0 after the last one. A row: id, uuid, kind,
            sha256, state, document (its number), remote_ref, delivered_at, awaits_answer; amount (asked) and
            accepted_amount (agreed so far) as decimal strings in `currency`; answer_state, our document's status.
        """
        self = self._system()
        system = self._endpoint(endpoint)
        limit = min(max(int(limit), 1), MAX_PAGE)
        messages = (
            self.env["franchise.sync.message"]
            .sudo()
            .search([("endpoint_id", "=", system.id), ("id", ">", int(after_id))], order="id", limit=limit)
        )
        answers = self._document_answers(messages)
        rows = []
        for message in messages:
            payload = json.loads(message.payload)
            rows.append(
                {
                    "id": message.id,
                    "uuid": message.uuid,
                    "kind": message.kind,
                    "sha256": message.sha256,
                    "state": message.state,
                    "document": message.document_name or "",
                    "remote_ref": message.remote_ref or "",
                    "delivered_at": utc_text(message.delivered_at),
                    "awaits_answer": message.awaits_answer,
                    "amount": payload.get("amount", ""),
                    "currency": payload.get("currency", ""),
                    **answers.get(message.id, {"answer_state": "", "accepted_amount": ""}),
                }
            )
        return {"rows": rows, "next": messages[-1:].id if len(messages) == limit else 0}

    def _document_answers(self, messages):
        """{message id: {answer_state, accepted_amount}} as the documents have them now."""
        result = {}
        for model, group in messages.grouped("res_model").items():
            documents = self.env[model].sudo().browse(group.mapped("res_id")).exists()
            summaries = {document.id: document._sync_answer_summary() for document in documents}
            for message in group:
                if message.res_id in summaries:
                    result[message.id] = summaries[message.res_id]
        return result
