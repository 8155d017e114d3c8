from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.due_dates import lasts_until
from ..base.document import Transition
from .duty import ANCHORS
from .terms import DEBTORS, END_RULES

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseObligation(models.Model):
    """What a party owes the other, by when and until when; the register outlives the contract (R-A4, R-B9, R-C7).

    Most rows follow from a clause's duty (`franchise.clause.holder.mixin` creates them), others are entered by hand. A
    duty to be done has a due day; a lasting one has the day of its next check in the same field, and its last day.
    """

    _name = "franchise.obligation"
    _description = "Obligation"
    _inherit = [
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_due, id"
    _check_company_auto = True

    _transitions = {
        "fulfil": Transition(("open", "breached"), "done", GROUP_CONTRACT),
        "breach": Transition(("open",), "breached", GROUP_CONTRACT),
        "cure": Transition(("breached",), "open", GROUP_CONTRACT),
        "waive": Transition(("open", "breached"), "waived", GROUP_CONTRACT),
        "reopen": Transition(("waived",), "open", GROUP_CONTRACT),
    }
    _editable_states = ("open",)
    _frozen_fields = frozenset(
        {
            "name",
            "clause_id",
            "contract_id",
            "agreement_id",
            "company_id",
            "debtor",
            "is_lasting",
            "is_payment",
            "every_months",
            "date_due",
            "date_end",
            "end_rule",
            "end_months",
            "waive_reason",
        }
    )
    _step_fields = frozenset(
        {
            "duty_id",
            "notice_id",
            "anchor",
            "anchor_date",
            "occurrence",
            "date_document_end",
            "waive_kind",
            "breach_date",
        }
    )

    name = fields.Char(required=True, translate=True)
    state = fields.Selection(
        [("open", "Open"), ("done", "Fulfilled"), ("breached", "Breached"), ("waived", "Waived")],
        string="Status",
        default="open",
        required=True,
        copy=False,
        tracking=True,
    )
    clause_id = fields.Many2one("franchise.clause", index=True, ondelete="restrict", check_company=True)
    duty_id = fields.Many2one("franchise.clause.duty", readonly=True, copy=False, index=True, ondelete="restrict")
    contract_id = fields.Many2one("franchise.contract", index=True, ondelete="restrict", check_company=True)
    agreement_id = fields.Many2one("franchise.service.agreement", index=True, ondelete="restrict", check_company=True)
    notice_id = fields.Many2one(
        "franchise.notice", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Other Party", compute="_compute_partner_id", store=True, index=True
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_partner_id", store=True)
    debtor = fields.Selection(DEBTORS, string="Owed By", required=True, default="franchisee", tracking=True)
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user, tracking=True)
    is_lasting = fields.Boolean(
        string="Lasting", help="To be kept all the time until its last day, not to be done by a day."
    )
    is_payment = fields.Boolean(
        string="Payment of Bills", help="Our duty to pay the supplier's bills in time: checked against the ledger."
    )
    anchor = fields.Selection(ANCHORS, string="Counted From", readonly=True, copy=False)
    anchor_date = fields.Date(string="Counted From Day", readonly=True, copy=False)
    occurrence = fields.Integer(string="Repetition", readonly=True, copy=False)
    every_months = fields.Integer(string="Every (Months)", help="Repeated, or checked, every so many months; 0: once.")
    date_due = fields.Date(
        string="Due On", tracking=True, help="Day by which it is to be done; of a lasting duty, day of its next check."
    )
    end_rule = fields.Selection(END_RULES, string="Lasts", required=True, default="with_contract")
    end_months = fields.Integer(string="Months After")
    date_document_end = fields.Date(string="Document Ended On", readonly=True, copy=False)
    date_end = fields.Date(
        string="Lasts Until",
        compute="_compute_date_end",
        store=True,
        readonly=False,
        help="Last day of a lasting duty; empty with a lasting duty: for ever.",
    )
    survives = fields.Boolean(
        string="Survives the Contract",
        compute="_compute_survives",
        store=True,
        help="It is owed after the end as well.",
    )
    check_ids = fields.One2many("franchise.obligation.check", "obligation_id", string="Checks", readonly=True)
    check_date = fields.Date(string="Last Check", compute="_compute_check_date")
    breach_date = fields.Date(string="Breached On", readonly=True, copy=False)
    breach_amount = fields.Monetary(string="Amount at Stake", tracking=True, copy=False)
    breach_consequence = fields.Text(
        string="Consequence", copy=False, help="What follows from the breach, and who decided."
    )
    waive_reason = fields.Char(string="Reason for Waiving", copy=False)
    waive_kind = fields.Selection(
        [
            ("agreed", "Waived by us"),
            ("ended", "Contract ended"),
            ("replaced", "Clause replaced"),
            ("withdrawn", "End withdrawn"),
        ],
        string="Waived Because",
        readonly=True,
        copy=False,
    )

    _unique_occurrence = models.UniqueIndex(
        "(duty_id, COALESCE(contract_id, 0), COALESCE(agreement_id, 0), anchor, COALESCE(notice_id, 0), occurrence)"
        " WHERE duty_id IS NOT NULL AND (waive_kind IS NULL OR waive_kind != 'withdrawn')",
        "This duty is in the register already: reload the page to see it.",
    )
    _by_document = models.Index("(contract_id, state, date_due)")
    _check_numbers = models.Constraint(
        "CHECK (every_months >= 0 AND end_months >= 0 AND breach_amount >= 0)",
        "Months and the amount at stake can't be negative.",
    )
    _check_breach = models.Constraint(
        "CHECK (state != 'breached' OR breach_date IS NOT NULL)", "A breach has the day on which it was found."
    )

    @api.depends("contract_id.franchisee_id", "agreement_id.supplier_id", "company_id")
    def _compute_partner_id(self):
        for obligation in self:
            document = obligation._document()
            obligation.partner_id = obligation.contract_id.franchisee_id or obligation.agreement_id.supplier_id
            obligation.currency_id = document.currency_id or obligation.company_id.currency_id

    @api.depends(
        "duty_id", "is_lasting", "every_months", "end_rule", "end_months", "date_document_end", "contract_id.date_end"
    )
    def _compute_date_end(self):
        for obligation in self:
            if obligation.duty_id and (obligation.is_lasting or obligation.every_months):
                end = obligation.date_document_end or obligation._planned_end()
                obligation.date_end = lasts_until(obligation.end_rule, obligation.end_months, end)
            else:
                obligation.date_end = obligation.date_end

    @api.depends("end_rule", "anchor")
    def _compute_survives(self):
        for obligation in self:
            obligation.survives = obligation.end_rule != "with_contract" or obligation.anchor in ("end", "termination")

    @api.depends("check_ids.date")
    def _compute_check_date(self):
        latest = dict(
            self.env["franchise.obligation.check"]._read_group(
                [("obligation_id", "in", self.ids)], ["obligation_id"], ["date:max"]
            )
        )
        for obligation in self:
            obligation.check_date = latest.get(obligation._origin, False)

    @api.depends("state", "date_due", "date_end", "is_lasting")
    def _compute_deadline_date(self):
        for obligation in self:
            day = obligation.date_due or (obligation.is_lasting and obligation.date_end)
            obligation.deadline_date = obligation.state == "open" and day

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if self:
            raise UserError(
                self.env._("“%s” stays in the register: waive it with a reason instead.", self[0].display_name)
            )

    def _document(self):
        """The contract or agreement under which it is owed; an empty contract for neither."""
        self.ensure_one()
        return self.agreement_id or self.contract_id

    def _planned_end(self):
        """Last day of the contract as planned, or None: an agreement has no such day."""
        self.ensure_one()
        return self.contract_id.date_end or None

    def _deadline_summary(self, passed):
        self.ensure_one()
        document = self._document()
        what = f"{self.name} ({document.display_name})" if document else self.name
        if self.is_lasting:
            return self.env._("Check is overdue: %s", what) if passed else self.env._("To be checked: %s", what)
        if self.debtor == "franchisor":
            return self.env._("We owe, overdue: %s", what) if passed else self.env._("We owe: %s", what)
        return self.env._("Owed to us, overdue: %s", what) if passed else self.env._("Owed to us: %s", what)

    def action_fulfil(self):
        """It was done, or has run its time. The next repetition follows by itself.

        :raises UserError: a lasting duty still runs, or bills are overdue where paying them is the duty.
        """
        self._check_transition("fulfil")
        today = fields.Date.context_today(self)
        running = self.filtered(lambda duty: duty.is_lasting and not (duty.date_end and duty.date_end < today))
        if running:
            raise UserError(
                self.env._(
                    "“%s” is a lasting duty that still runs: record a check, or waive it with a reason.",
                    running[0].name,
                )
            )
        self._check_bills_paid()
        self._move("fulfil")
        self._create_next()
        return True

    def action_breach(self):
        """It was broken; what follows from that has been entered.

        :raises UserError: the consequence is missing.
        """
        self._check_transition("breach")
        for obligation in self:
            if not (obligation.breach_consequence or "").strip():
                raise UserError(
                    self.env._("Enter what follows from the breach of “%s”, and the amount at stake.", obligation.name)
                )
        self._move("breach", {"breach_date": fields.Date.context_today(self)})
        self._create_next()
        return True

    def action_cure(self):
        """The breach was cured: the duty goes on."""
        return self._move("cure")

    def action_waive(self):
        """Give it up.

        :raises UserError: the reason is missing.
        """
        self._check_transition("waive")
        for obligation in self:
            if not (obligation.waive_reason or "").strip():
                raise UserError(self.env._("Enter the reason for waiving “%s”.", obligation.name))
        self._move("waive", {"waive_kind": "agreed"})
        self._create_next()
        return True

    def action_reopen(self):
        """It was waived by mistake: it is owed again.

        :raises UserError: it was replaced by another row of the register.
        """
        self._check_transition("reopen")
        replaced = self.filtered(lambda duty: duty.waive_kind in ("replaced", "withdrawn"))
        if replaced:
            raise UserError(
                self.env._("“%s” was replaced by another row of the register and stays waived.", replaced[0].name)
            )
        return self._move("reopen", {"waive_kind": False, "waive_reason": False})

    def _check_bills_paid(self):
        """A duty to pay in time isn't kept while bills are overdue in the ledger (R-C7). :raises UserError:"""
        for agreement in self.filtered("is_payment").agreement_id.filtered("overdue_bill_count"):
            raise UserError(
                self.env._(
                    "%(count)s bills of %(supplier)s are overdue (%(amount)s): the duty to pay in time isn't kept.",
                    count=agreement.overdue_bill_count,
                    supplier=agreement.supplier_id.display_name,
                    amount=agreement.company_id.currency_id.format(agreement.overdue_bill_amount),
                )
            )
