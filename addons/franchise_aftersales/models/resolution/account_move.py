from odoo import api, fields, models
from odoo.exceptions import UserError

# What a credit note for a claim says, beside the taxes and texts that finance may still correct.
FOLLOWED = frozenset({"state", "payment_state"})


class AccountMove(models.Model):
    """Credit notes that are drawn up for a claim: the execution follows them, and they never give more than was accepted."""

    _inherit = "account.move"

    franchise_execution_id = fields.Many2one(
        "franchise.claim.execution",
        string="For What Was Promised",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    franchise_claim_id = fields.Many2one(
        related="franchise_execution_id.claim_id", string="Claim", store=True, index="btree_not_null"
    )

    def _post(self, soft=True):
        refunds = self.filtered("franchise_execution_id")
        refunds._check_execution_amount()
        posted = super()._post(soft=soft)
        lines = refunds.sudo().invoice_line_ids.franchise_offer_line_id.invoice_line_id
        self.env["franchise.claim.refund.quota"].sudo()._reserve(lines)
        return posted

    def _check_execution_amount(self):
        """All live credit notes of an execution say what was accepted; rounding of taxes may move a smallest unit a line.

        :raises UserError: names both amounts.
        """
        for execution in self.franchise_execution_id.sudo():
            moves = execution.move_ids.filtered(lambda move: move.state != "cancel")
            currency = execution.currency_id
            slack = currency.rounding * len(moves.invoice_line_ids)
            if set(moves.mapped("move_type")) - {"out_refund"} or moves.currency_id != currency:
                raise UserError(
                    self.env._(
                        "%(execution)s is given by credit notes in %(currency)s.",
                        execution=execution.display_name,
                        currency=currency.name,
                    )
                )
            if currency.compare_amounts(abs(sum(moves.mapped("amount_untaxed")) - execution.amount), slack) > 0:
                raise UserError(
                    self.env._(
                        "%(execution)s: %(amount)s without tax were accepted, but its credit notes come to %(credited)s.",
                        execution=execution.display_name,
                        amount=currency.format(execution.amount),
                        credited=currency.format(sum(moves.mapped("amount_untaxed"))),
                    )
                )

    def write(self, vals):
        if "franchise_execution_id" in vals and not self.env["franchise.claim.execution"]._is_moving():
            raise UserError(
                self.env._("Credit notes of claims are drawn up from what was accepted, not linked by hand.")
            )
        result = super().write(vals)
        if FOLLOWED.intersection(vals):
            self.sudo().franchise_execution_id._follow()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get("franchise_execution_id") for vals in vals_list):
            raise UserError(
                self.env._("Credit notes of claims are drawn up from what was accepted, not linked by hand.")
            )
        return super().create(vals_list)

    def unlink(self):
        executions = self.sudo().franchise_execution_id
        result = super().unlink()
        executions._follow()
        return result


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    franchise_offer_line_id = fields.Many2one(
        "franchise.claim.offer.line",
        string="Goods of an Offer",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    def _reconcile_post_hook(self, data):
        result = super()._reconcile_post_hook(data)
        (data["not_paid_invoices"] | data["in_payment_invoices"]).sudo().franchise_execution_id._follow()
        return result


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def unlink(self):
        moves = (self.debit_move_id | self.credit_move_id).move_id.filtered("franchise_execution_id")
        result = super().unlink()
        moves.sudo().franchise_execution_id._follow()
        return result


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            # A payment without an entry of its own is matched to the credit note, not reconciled with it.
            self.sudo().invoice_ids.franchise_execution_id._follow()
        return result
