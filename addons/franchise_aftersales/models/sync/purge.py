from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..base.batch import BatchRun, by_id

PURGE_BATCH = 500


class FranchiseSyncMessage(models.Model):
    """Removing what nobody needs any more: off unless a company says so (Settings).

    A whole line of messages (one claim's, one agreement's) goes together, when each of them was delivered long ago, has
    the answer that it owed, differs in nothing, and its document says that nothing more will be said about it. Anything
    else is kept: the messages are the proof of what a supplier was told. The ids of answers stay, so that one read again
    is still known; their texts go.
    """

    _inherit = "franchise.sync.message"

    @api.model
    def _purge(self, commit=True):
        """Run by the scheduler: remove old lines of messages, in batches. Returns {"done", "failed"} in messages looked at."""
        with BatchRun(self.env, "The removal of old messages", commit) as run:
            for company in self.env["res.company"].sudo().search([("franchise_sync_purge", "=", True)]):
                before = fields.Datetime.now() - timedelta(days=company.franchise_sync_keep_days)
                domain = Domain("company_id", "=", company.id) & self._old_domain(before)
                run.work(
                    by_id(self.sudo(), domain, PURGE_BATCH), lambda batch, before=before: batch._purge_lines(before)
                )
        return {"done": run.done, "failed": run.failed}

    @api.model
    def _old_domain(self, before):
        """Messages that were delivered before `before` and owe nothing."""
        return (
            Domain("state", "=", "delivered")
            & Domain("delivered_at", "<", before)
            & (Domain("awaits_answer", "=", False) | Domain("answered_at", "!=", False))
        )

    def _purge_lines(self, before):
        """Remove the lines of these messages that are finished as a whole."""
        line = self.search([("aggregate", "in", list(set(self.mapped("aggregate"))))])
        old = line.filtered_domain(self._old_domain(before))
        kept = set((line - old).mapped("aggregate"))
        drifts = self.env["franchise.sync.drift"].sudo().search([("message_id", "in", old.ids)])
        kept.update(drifts.filtered(lambda drift: not drift.settled_at).message_id.mapped("aggregate"))
        for model, messages in old.grouped("res_model").items():
            documents = self.env[model].sudo().browse(set(messages.mapped("res_id"))).exists()
            talking = documents.filtered(lambda document: not document._sync_is_closed())
            kept.update(messages.filtered(lambda message, ids=talking._ids: message.res_id in ids).mapped("aggregate"))
        gone = old.filtered(lambda message: message.aggregate not in kept)
        drifts.filtered(lambda drift: drift.message_id in gone).unlink()
        for model in ("franchise.sync.attempt", "franchise.sync.intervention"):
            self.env[model].sudo().search([("message_id", "in", gone.ids)]).unlink()
        answers = self.env["franchise.sync.inbox"].sudo().search([("outbox_id", "in", gone.ids)])
        answers.write({"answer": False, "raw": False, "outbox_id": False})
        gone.unlink()
