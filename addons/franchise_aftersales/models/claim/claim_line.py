from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

# Kinds of loss whose amount is bound to what was invoiced on their bill line.
BOUND_KINDS = ("goods", "parts", "freight")
DIRECT_KINDS = ("goods", "parts", "labour", "freight")
ASSESSMENT = frozenset({"amount_assessed", "assess_reason"})
# Written by the line itself and by the steps of its claim.
OWN_FIELDS = frozenset({"amount_approved", "assessed_by_id", "company_id", "loss_group"})


class FranchiseClaimLine(models.Model):
    """One loss of a claim: goods from a posted vendor bill, a cost that came with them, or what their absence cost."""

    _name = "franchise.claim.line"
    _description = "Claim Line"
    _order = "claim_id, sequence, id"

    claim_id = fields.Many2one("franchise.claim", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    state = fields.Selection(related="claim_id.state")
    company_id = fields.Many2one(related="claim_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="claim_id.currency_id")
    kind = fields.Selection(
        [
            ("goods", "Goods"),
            ("parts", "Parts"),
            ("labour", "Labour"),
            ("freight", "Freight"),
            ("lost_sales", "Lost Sales"),
            ("penalty", "Penalty Paid"),
            ("late", "Late Delivery"),
        ],
        required=True,
        default="goods",
    )
    loss_group = fields.Selection(
        [("direct", "Direct"), ("indirect", "Indirect")],
        string="Loss",
        compute="_compute_loss_group",
        store=True,
        precompute=True,
        help="Direct: goods, parts, labour, freight. Indirect: what the fault or delay cost otherwise.",
    )
    invoice_line_id = fields.Many2one(
        "account.move.line",
        string="Bill Line",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('parent_state', '=', 'posted'), ('move_id.move_type', '=', 'in_invoice'),"
        " ('display_type', '=', 'product'), ('partner_id', '=', parent.supplier_id)]",
        help="Line of the posted bill on which the goods were bought or the freight was charged.",
    )
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_from_invoice_line",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
    )
    name = fields.Char(
        string="Description",
        compute="_compute_from_invoice_line",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    lot = fields.Char(string="Lot/Serial")
    batch = fields.Char(string="Production Batch")
    production_date = fields.Date(help="Where the warranty runs from production, it needs this day.")
    quantity = fields.Float(default=1.0, digits="Product Unit", required=True, help="Pieces; of labour: hours.")
    amount_claimed = fields.Monetary(
        string="Claimed", compute="_compute_amount_claimed", store=True, readonly=False, precompute=True
    )
    assess_reason = fields.Char(
        string="Reason for Assessment",
        copy=False,
        help="Why it is assessed at another amount than was claimed; kept in the log.",
    )
    assessed_by_id = fields.Many2one("res.users", string="Amount Assessed By", readonly=True, copy=False)
    amount_assessed = fields.Monetary(string="Assessed", copy=False)
    amount_approved = fields.Monetary(string="Approved", copy=False, readonly=True)

    _check_quantity = models.Constraint("CHECK (quantity > 0)", "The quantity must be more than zero.")
    _check_amounts = models.Constraint(
        "CHECK (amount_claimed >= 0 AND COALESCE(amount_assessed, 0) BETWEEN 0 AND amount_claimed"
        " AND COALESCE(amount_approved, 0) BETWEEN 0 AND COALESCE(amount_assessed, 0))",
        "No amount is negative; assessed is at most claimed, approved at most assessed.",
    )
    _check_reason = models.Constraint(
        "CHECK (COALESCE(amount_approved, 0) = 0 OR amount_approved = amount_claimed OR COALESCE(assess_reason, '') != '')",
        "Where less is approved than was claimed, the reason is given.",
    )
    _check_bill = models.Constraint(
        "CHECK (kind NOT IN ('goods', 'parts') OR invoice_line_id IS NOT NULL)",
        "Goods and parts need the bill line on which they were bought.",
    )

    @api.depends("invoice_line_id", "kind")
    def _compute_from_invoice_line(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            if line.invoice_line_id:
                line.product_id = line.invoice_line_id.product_id
                line.name = (
                    line.invoice_line_id.name or line.invoice_line_id.product_id.display_name or kinds[line.kind]
                )
            else:
                line.product_id = line.product_id
                line.name = line.name or kinds.get(line.kind)

    @api.depends("kind")
    def _compute_loss_group(self):
        for line in self:
            line.loss_group = "direct" if line.kind in DIRECT_KINDS else "indirect"

    @api.constrains("invoice_line_id", "claim_id", "kind")
    def _check_invoice_line(self):
        for line in self.filtered("invoice_line_id"):
            bill_line, claim = line.invoice_line_id.sudo(), line.claim_id
            if bill_line.parent_state != "posted" or bill_line.move_id.move_type != "in_invoice":
                problem = self.env._("is not a line of a posted vendor bill")
            elif line.kind != "freight" and bill_line.partner_id.commercial_partner_id != (
                claim.supplier_id.commercial_partner_id
            ):
                problem = self.env._("was bought from another supplier")
            elif bill_line.currency_id != claim.currency_id:
                problem = self.env._("is in another currency than the service agreement")
            elif bill_line.company_id != claim.company_id:
                problem = self.env._("belongs to another company")
            else:
                continue
            raise ValidationError(
                self.env._("%(claim)s: “%(line)s” %(problem)s.", claim=claim.name, line=line.name, problem=problem)
            )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_editable({"claim_id"}.union(*vals_list))
        lines.claim_id._note_involved()
        return lines

    def write(self, vals):
        self._check_editable(set(vals))
        if self.claim_id._is_moving() or not ASSESSMENT.intersection(vals):
            result = super().write(vals)
        else:
            before = {line: (line.amount_assessed, line.assess_reason) for line in self}
            result = super().write({**vals, "assessed_by_id": self.env.uid})
            self._log_assessment(before)
        if not self.claim_id._is_moving():
            self.claim_id._note_involved()
        if "claim_id" in vals:  # nor may a line move into a claim past its draft
            self._check_editable({"claim_id"})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self._check_editable({"claim_id"})

    def _check_editable(self, changed):
        """Lines change only in draft; what a loss is worth and why only while the claim is being assessed.

        :raises UserError: names the claim and what to do.
        """
        if self.claim_id._is_moving():
            return
        if changed & OWN_FIELDS:
            raise UserError(self.env._("Approved amounts follow from the claim's approval."))
        changed = changed - self._always_editable()
        if changed <= ASSESSMENT:
            wrong = self.claim_id.filtered(lambda claim: claim.state != "submitted")
        else:
            wrong = self.claim_id.filtered(lambda claim: claim.state != "draft")
        if wrong and changed:
            raise UserError(self.env._("%s is not in the right status to change its lines.", wrong[0].name))

    def _always_editable(self):
        """Names of fields with a rule of their own about who may change them and when."""
        return set()

    def _log_assessment(self, before):
        """Say in the claims' logs what was assessed, by whom and why. :param before: {line: (amount, reason)}."""
        bodies = {}
        for line, (amount, reason) in before.items():
            if line.currency_id.compare_amounts(line.amount_assessed, amount) or line.assess_reason != reason:
                text = self.env._(
                    "“%(line)s”: assessed at %(assessed)s of %(claimed)s. %(reason)s",
                    line=line.name,
                    assessed=line.currency_id.format(line.amount_assessed),
                    claimed=line.currency_id.format(line.amount_claimed),
                    reason=line.assess_reason or "",
                )
                bodies.setdefault(line.claim_id, []).append(text)
        if bodies:
            claims = self.env["franchise.claim"].union(*bodies)
            claims._message_log_batch({claim.id: Markup("<br/>").join(texts) for claim, texts in bodies.items()})

    def _differs(self):
        """Whether less is assessed than was claimed."""
        self.ensure_one()
        return bool(self.currency_id.compare_amounts(self.amount_assessed, self.amount_claimed))

    def _trusted_write(self, vals):
        """Write as part of a step of the claim."""
        trusted = self.claim_id._trusted()
        return self.with_env(trusted.env).write(vals)

    def _write_step(self, assignments):
        """Write columns of all lines in one statement, as part of a step of their claims.

        :param assignments: {column: SQL expression over the line's own columns}.
        """
        if not self:
            return
        names = list(assignments)
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                "UPDATE franchise_claim_line SET %s, write_date = now() AT TIME ZONE 'UTC' WHERE id IN %s RETURNING id",
                SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in assignments.items()),
                tuple(self.ids),
            )
        )
        self.invalidate_recordset([*names, "write_date"], flush=False)
        self.modified(names)
