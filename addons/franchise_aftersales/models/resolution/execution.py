from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..base.document import Transition

GROUP_SERVICE = "franchise_aftersales.group_service"
GROUP_FINANCE = "franchise_aftersales.group_finance"
MONEY = ("credit_note", "settlement")
GOODS = ("replacement", "repair", "gift", "return")
OPEN = ("open", "underway")


class FranchiseClaimExecution(models.Model):
    """One thing that is done for an accepted offer, tracked until it is done (R-D8).

    Money follows Odoo's credit note or the settlement that pays it. Goods follow the documents of Inventory and Repairs
    where these are installed (`_make_document`, `_document_state`); else, and for what else has to be done, this is a task
    of warehouse, production or service that a person reports done.
    """

    _name = "franchise.claim.execution"
    _description = "Execution of an Offer"
    _inherit = ["franchise.document.mixin", "franchise.deadline.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "claim_id desc, id"
    _check_company_auto = True

    _transitions = {
        "start": Transition(("open",), "underway", GROUP_SERVICE),
        "finish": Transition(("open", "underway"), "done", GROUP_SERVICE),
        "reopen": Transition(("underway", "done"), "open", GROUP_SERVICE),
        "cancel": Transition(("open", "underway"), "cancelled", GROUP_SERVICE),
    }
    _editable_states = OPEN
    _frozen_fields = frozenset({"name", "team", "user_id", "date_due", "done_note", "cancel_reason"})
    _step_fields = frozenset(
        {"offer_id", "offer_line_id", "product_id", "quantity", "amount", "problem", "done_at", "done_by_id"}
    )

    claim_id = fields.Many2one("franchise.claim", required=True, index=True, ondelete="restrict")
    offer_id = fields.Many2one(
        "franchise.claim.offer", string="Accepted Offer", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    offer_line_id = fields.Many2one("franchise.claim.offer.line", readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="claim_id.currency_id", store=True)
    claimant_id = fields.Many2one(related="claim_id.claimant_id", store=True, index=True)
    outlet_id = fields.Many2one(related="claim_id.outlet_id", store=True)
    name = fields.Char(string="What", required=True)
    kind = fields.Selection(
        [
            ("credit_note", "Credit note"),
            ("settlement", "Paid with the settlement"),
            ("replacement", "Replacement"),
            ("repair", "Repair"),
            ("gift", "Gift"),
            ("return", "Goods come back"),
            ("task", "Internal task"),
        ],
        required=True,
        default="task",
        index=True,
    )
    state = fields.Selection(
        [("open", "Open"), ("underway", "Under Way"), ("done", "Done"), ("cancelled", "Cancelled")],
        string="Status",
        default="open",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    team = fields.Selection(
        [
            ("warehouse", "Warehouse"),
            ("production", "Production"),
            ("service", "Service"),
            ("finance", "Finance"),
        ],
        required=True,
        default="service",
        index=True,
        tracking=True,
    )
    user_id = fields.Many2one(
        "res.users", string="Assigned To", domain="[('share', '=', False)]", tracking=True, index=True
    )
    date_due = fields.Date(string="Due", default=lambda self: fields.Date.add(fields.Date.context_today(self), days=7))
    product_id = fields.Many2one("product.product", readonly=True, ondelete="restrict")
    quantity = fields.Float(digits="Product Unit", readonly=True)
    amount = fields.Monetary(readonly=True, help="Without tax.")
    problem = fields.Char(
        string="Why There Is No Document", readonly=True, copy=False, help="Set right what it says, then create it."
    )
    done_note = fields.Text(string="What Was Done", copy=False)
    done_at = fields.Datetime(string="Done On", readonly=True, copy=False)
    done_by_id = fields.Many2one("res.users", string="Reported Done By", readonly=True, copy=False)
    cancel_reason = fields.Char(copy=False, tracking=True)
    follows_document = fields.Boolean(string="Follows a Document", compute="_compute_follows_document")

    _unique_money = models.UniqueIndex(
        "(offer_id) WHERE kind IN ('credit_note', 'settlement') AND state != 'cancelled'",
        "The money of this offer is given already: by a credit note or with the settlement, never by both.",
    )
    _check_offer = models.Constraint(
        "CHECK (kind = 'task' OR offer_id IS NOT NULL)",
        "What is given to the claimant comes from an accepted offer.",
    )
    _check_money = models.Constraint(
        "CHECK ((kind IN ('credit_note', 'settlement')) = (COALESCE(amount, 0) > 0))",
        "Credit notes and payments have an amount, everything else has none.",
    )

    def _compute_follows_document(self):
        for execution in self:
            execution.follows_document = execution.kind in MONEY or bool(execution._document_state())

    @api.depends("state", "date_due")
    def _compute_deadline_date(self):
        for execution in self:
            execution.deadline_date = execution.state in OPEN and execution.date_due

    def _deadline_user(self):
        self.ensure_one()
        return self.user_id or self.claim_id.user_id

    def _deadline_summary(self, passed):
        self.ensure_one()
        values = {"claim": self.claim_id.name, "what": self.name, "day": fields.Date.to_string(self.deadline_date)}
        if passed:
            return self.env._("%(claim)s: “%(what)s” should have been done by %(day)s", **values)
        return self.env._("%(claim)s: “%(what)s” is due on %(day)s", **values)

    @api.depends("claim_id.name", "name")
    def _compute_display_name(self):
        for execution in self:
            execution.display_name = f"{execution.claim_id.name or ''} {execution.name or ''}".strip()

    @api.constrains("claim_id", "offer_id")
    def _check_claim(self):
        for execution in self:
            if execution.offer_id and execution.offer_id.claim_id != execution.claim_id:
                raise ValidationError(self.env._("%s belongs to another claim.", execution.offer_id.display_name))
            if execution.claim_id.state == "closed" and execution.state in OPEN and not self._is_moving():
                raise ValidationError(
                    self.env._("%s is closed: nothing is added to what is done for it.", execution.claim_id.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self._is_moving() and any(vals.get("kind", "task") != "task" for vals in vals_list):
            raise UserError(
                self.env._("Only an internal task is entered; everything else comes from an offer that was accepted.")
            )
        return super().create(vals_list)

    def write(self, vals):
        if not self._is_moving() and {"kind", "claim_id"}.intersection(vals):
            raise UserError(self.env._("What is done, and for which claim, follows from the accepted offer."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_tasks(self):
        if any(execution.kind != "task" or execution.state != "open" for execution in self):
            raise UserError(self.env._("Only an open internal task can be deleted; cancel the others, with a reason."))

    def action_start(self):
        """Begin with the tasks. :raises UserError: one follows a document."""
        self._check_transition("start")
        self._check_by_hand()
        return self._move("start")

    def action_finish(self):
        """Report the tasks done. :raises UserError: one follows a document, or there is no note on what was done."""
        self._check_transition("finish")
        self._check_by_hand()
        for execution in self:
            if not (execution.done_note or "").strip():
                raise UserError(self.env._("%s: write what was done, then report it done.", execution.display_name))
        return self._finish()

    def _finish(self):
        return self._move("finish", {"done_at": fields.Datetime.now(), "done_by_id": self.env.uid})

    def action_reopen(self):
        """Open the tasks again: they were not done after all. :raises UserError: one follows a document, or its claim is closed."""
        self._check_transition("reopen")
        self._check_by_hand()
        for execution in self:
            if execution.claim_id.state == "closed":
                raise UserError(self.env._("%s is closed: open it again first.", execution.claim_id.name))
        return self._reopen()

    def _reopen(self):
        return self._move("reopen", {"done_at": False, "done_by_id": False})

    def action_cancel(self):
        """What was promised isn't done after all; money is cancelled by finance only.

        :raises UserError: no reason is given, or the document of one has taken effect.
        """
        self._check_transition("cancel")
        for execution in self:
            if not (execution.cancel_reason or "").strip():
                raise UserError(self.env._("%s: say why it isn't done.", execution.display_name))
            if execution.kind in MONEY and not (self.env.su or self.env.user.has_group(GROUP_FINANCE)):
                raise UserError(
                    self.env._("%s is money that was promised: finance cancels it.", execution.display_name)
                )
        self.sudo()._drop_document()
        self._move("cancel")
        refunded = (
            self.offer_id.sudo().line_ids.invoice_line_id if set(MONEY).intersection(self.mapped("kind")) else None
        )
        if refunded:
            self.env["franchise.claim.refund.quota"].sudo()._reserve(refunded)
        for execution in self:
            execution._tell_claim(
                self.env._("“%(what)s” is cancelled: %(why)s", what=execution.name, why=execution.cancel_reason)
            )
        return True

    def _check_by_hand(self):
        for execution in self:
            if execution.follows_document:
                raise UserError(
                    self.env._(
                        "%s follows its document and is done when that is; it isn't reported by hand.",
                        execution.display_name,
                    )
                )

    def action_create_document(self):
        """Create the documents that are missing, after what kept them from being created was set right.

        :raises UserError: one still can't be created.
        """
        self.check_access("write")
        self.lock_for_update()
        for execution in self:
            if execution.state not in OPEN:
                raise UserError(self.env._("%s is not open.", execution.display_name))
            if execution._document_state():
                raise UserError(self.env._("%s has its document already.", execution.display_name))
            if not execution.sudo()._make_document():
                raise UserError(
                    self.env._(
                        "%s has no document: Inventory or Repairs isn't installed, or the product isn't goods. Report it "
                        "done by hand.",
                        execution.display_name,
                    )
                )
            execution.sudo()._trusted().problem = False
        self.sudo()._follow()
        return True

    def _make_documents(self):
        """Create each one's document; one that can't be created keeps the reason, and the others go on."""
        for execution in self:
            try:
                with self.env.cr.savepoint():
                    execution._make_document()
            except UserError as error:
                execution._trusted().problem = str(error.args[0])
        self._follow()

    def _make_document(self):
        """Hook: create the document that this follows. :return: whether there is one. :raises UserError: says why not."""
        self.ensure_one()
        return False

    def _document_state(self):
        """Hook: "open", "underway" or "done" after the document that this follows; None: there is no such document."""
        self.ensure_one()
        return None

    def _drop_document(self):
        """Hook: take back documents that have not taken effect. :raises UserError: one has."""

    def _follow(self):
        """Bring each to the status of its document; those that were cancelled stay so."""
        for execution in self.filtered(lambda execution: execution.state != "cancelled").sudo():
            target = execution._document_state() or (execution.kind in MONEY and "open") or execution.state
            if target == execution.state:
                continue
            if target == "open" or execution.state == "done":
                execution._reopen()
            if target == "underway":
                execution._move("start")
            elif target == "done":
                execution._finish()
            if execution.claim_id.state == "closed":
                execution._tell_claim(
                    self.env._("“%s” was done when the claim was closed, and is open again.", execution.name)
                )

    def _tell_claim(self, text):
        self.ensure_one()
        self.claim_id.sudo().message_post(
            body=text, subtype_xmlid="mail.mt_note", author_id=self.env.user.partner_id.id
        )
