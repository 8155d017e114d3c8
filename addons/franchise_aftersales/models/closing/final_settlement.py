from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"
GROUP_FINANCE = "franchise_aftersales.group_finance"


class FranchiseFinalSettlement(models.Model):
    """What a terminated contract's two sides owe each other: computed from documents, never typed (R-B8).

    | step | who | what happens |
    | --- | --- | --- |
    | compute | contract manager | one line an amount, with its source and formula |
    | reopen | contract manager | the stock count or what is withheld changes |
    | approve | finance, not who computed | the amounts become charges and go through the normal settlement |
    | cancel | finance | its charges are taken back, while none is in a settlement |

    A total above zero is owed by the franchisee.
    """

    _name = "franchise.final.settlement"
    _description = "Final Settlement"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _number_sequence = "franchise.final.settlement"

    _transitions = {
        "compute": Transition(("draft",), "computed", GROUP_CONTRACT),
        "reopen": Transition(("computed",), "draft", GROUP_CONTRACT),
        "approve": Transition(("computed",), "approved", GROUP_FINANCE),
        "cancel": Transition(("draft", "computed", "approved"), "cancelled", GROUP_FINANCE),
    }
    _frozen_fields = frozenset({"name", "termination_id", "fault", "reserve_percent"})
    _step_fields = frozenset(
        {"date", "date_start", "date_end", "computed_by_id", "computed_at", "approved_by_id", "approved_at", "line_ids"}
    )

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [("draft", "Draft"), ("computed", "Computed"), ("approved", "Approved"), ("cancelled", "Cancelled")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    termination_id = fields.Many2one(
        "franchise.termination", required=True, index=True, ondelete="restrict", check_company=True
    )
    contract_id = fields.Many2one(related="termination_id.contract_id", store=True, index=True)
    company_id = fields.Many2one(related="termination_id.company_id", store=True, index=True)
    franchisee_id = fields.Many2one(related="termination_id.franchisee_id", store=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    date_effective = fields.Date(related="termination_id.date_effective", string="Contract Ends On")
    date = fields.Date(string="Computed For", readonly=True, copy=False, help="Last day of the contract, as computed.")
    date_start = fields.Date(string="Term Starts", readonly=True, copy=False)
    date_end = fields.Date(string="Term Would Have Ended", readonly=True, copy=False)
    fault = fields.Selection(
        [
            ("franchisee", "Franchisee"),
            ("franchisor", "Franchisor"),
            ("mutual", "Mutual agreement"),
            ("expiry", "Expiry of the term"),
        ],
        string="Cause Lies With",
        compute="_compute_fault",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
        help="An early end is charged unless the franchisor is its cause or the term has run.",
    )
    reserve_percent = fields.Float(
        string="Reserve %",
        digits=(5, 2),
        default=lambda self: self.env.company.franchise_reserve_percent,
        required=True,
        help="Part held back of what the franchisee may come to owe of each open claim.",
    )
    line_ids = fields.One2many("franchise.final.line", "final_id", string="Amounts", readonly=True, copy=False)
    goods_ids = fields.One2many("franchise.final.goods", "final_id", string="Stock Bought Back")
    withholding_ids = fields.One2many("franchise.final.withholding", "final_id", string="Withheld of the Deposit")
    reserve_ids = fields.One2many("franchise.final.reserve", "final_id", string="Reserves", readonly=True, copy=False)
    amount_total = fields.Monetary(
        string="Final Settlement", compute="_compute_amounts", store=True, help="Positive: the franchisee owes us."
    )
    amount_unsettled = fields.Monetary(
        string="Confirmed Before",
        compute="_compute_amounts",
        store=True,
        help="Charges confirmed earlier that no settlement holds yet; for information, they are settled by themselves.",
    )
    amount_balance = fields.Monetary(string="Together", compute="_compute_amounts", store=True)
    computed_by_id = fields.Many2one("res.users", string="Calculated By", readonly=True, copy=False)
    computed_at = fields.Datetime(string="Computed On", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_at = fields.Datetime(string="Approved On", readonly=True, copy=False)
    progress = fields.Selection(
        [("open", "Not approved"), ("charged", "Not settled"), ("settled", "Not posted"), ("posted", "Posted")],
        string="Settlement",
        compute="_compute_progress",
    )

    _unique_termination = models.UniqueIndex(
        "(termination_id) WHERE state != 'cancelled'", "This termination has a final settlement already: use that one."
    )
    _four_eyes = models.Constraint(
        "CHECK (state != 'approved' OR (approved_by_id IS NOT NULL AND computed_by_id IS NOT NULL"
        " AND approved_by_id != computed_by_id))",
        "Nobody approves a final settlement that they computed.",
    )
    _check_percent = models.Constraint(
        "CHECK (reserve_percent BETWEEN 0 AND 100)", "The reserve lies between 0 and 100 % of a claim."
    )

    @api.depends("termination_id")
    def _compute_fault(self):
        for final in self:
            final.fault = final.termination_id._final_fault() if final.termination_id else "franchisee"

    @api.depends("line_ids.amount", "line_ids.amount_unsettled")
    def _compute_amounts(self):
        totals = {
            final.id: sums
            for final, *sums in self.env["franchise.final.line"]._read_group(
                [("final_id", "in", self.ids)], ["final_id"], ["amount:sum", "amount_unsettled:sum"]
            )
        }
        for final in self:
            amount, unsettled = totals.get(final.id, (0.0, 0.0))
            final.amount_total, final.amount_unsettled = amount, unsettled
            final.amount_balance = amount + unsettled

    def _compute_progress(self):
        charges = self._charges().grouped("res_id")
        posted = self._posted_charge_ids()
        for final in self:
            own = charges.get(final.id, self.env["franchise.charge"]).filtered("amount")
            if final.state != "approved":
                final.progress = "open"
            elif own.filtered(lambda charge: not charge.is_settled):
                final.progress = "charged"
            else:
                final.progress = "posted" if posted.issuperset(own.ids) else "settled"

    def _charges(self):
        """The charges that these final settlements wrote and did not take back (with all rights)."""
        return (
            self.env["franchise.charge"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids), ("state", "!=", "cancelled")])
        )

    def _posted_charge_ids(self):
        """Ids of their charges whose settlement is posted."""
        lines = (
            self.env["franchise.settlement.line"]
            .sudo()
            .search(
                [
                    ("source_model", "=", "franchise.charge"),
                    ("source_id", "in", self._charges().ids),
                    ("state", "=", "posted"),
                ]
            )
        )
        return set(lines.mapped("source_id"))

    def action_compute(self):
        """Compute every amount from the documents; whoever computes can't approve.

        :raises UserError: the termination has no date, or no terms were in force on it.
        """
        self._check_transition("compute")
        for final in self:
            facts = final._facts()
            final.sudo().line_ids.unlink()
            self.env["franchise.final.line"].sudo().create(final._line_values(facts))
            final._move(
                "compute",
                {
                    "date": facts.effective,
                    "date_start": facts.date_start,
                    "date_end": facts.date_end,
                    "computed_by_id": self.env.uid,
                    "computed_at": fields.Datetime.now(),
                },
            )
        self._reserve_goods()
        return True

    def _reserve_goods(self):
        """Count again what is taken back of these purchases; exchanges and other buy-backs are seen (R-A7)."""
        self.env["franchise.exchange.quota"].sudo()._reserve(self.goods_ids.sudo().invoice_line_id)

    def action_reopen(self):
        """Back to draft, to correct the count of goods or what is withheld, and to compute again."""
        self._move("reopen", {"computed_by_id": False, "computed_at": False})
        self._reserve_goods()
        return True

    def action_approve(self):
        """Approve as a second person: the amounts become confirmed charges, the reserves are set aside.

        :raises UserError: the user computed it, the contract still runs, or the documents say something else than when it
            was computed.
        """
        self._check_transition("approve")
        for final in self:
            if final.computed_by_id == self.env.user:
                raise UserError(self.env._("%s: nobody approves a final settlement that they computed.", final.name))
            if final.termination_id.date_effective > fields.Date.context_today(final):
                # Else months to come were charged at the minimum, and their reports refused.
                raise UserError(
                    self.env._(
                        "%(final)s: the contract runs until %(day)s. Approve what is owed then, not before.",
                        final=final.name,
                        day=final.termination_id.date_effective,
                    )
                )
            final._check_up_to_date()
        for final in self:
            final._move("approve", {"approved_by_id": self.env.uid, "approved_at": fields.Datetime.now()})
            self.env["franchise.charge"]._charge(final._prepare_charges())
            self.env["franchise.final.reserve"].sudo().create(final._prepare_reserves())
        return True

    def _check_up_to_date(self):
        """:raises UserError: a charge, claim, count or term changed since the amounts were computed."""
        self.ensure_one()
        fresh = sorted(line._fingerprint() for line in self.line_ids)
        values = self._line_values(self._facts())
        if fresh != sorted(self.env["franchise.final.line"]._fingerprint_of(vals) for vals in values):
            raise UserError(
                self.env._(
                    "%s: charges, claims, goods or dates have changed since it was computed. Reopen it, compute again "
                    "and have the new amounts approved.",
                    self.name,
                )
            )

    def action_cancel(self):
        """Take it back with its charges and reserves. :raises UserError: one of its charges is in a settlement."""
        self._check_transition("cancel")
        self._check_nothing_settled()
        self._take_back()
        return True

    def _take_back(self):
        """Cancel with all rights, after somebody decided so: charges first, then reserves, then the document."""
        charges = self._charges() | self.reserve_ids.sudo().charge_ids.filtered(
            lambda charge: charge.state != "cancelled"
        )
        charges._cancel()
        self.reserve_ids.sudo().unlink()
        self.sudo()._move("cancel")
        self._reserve_goods()

    def _check_nothing_settled(self):
        for final in self:
            charges = final._charges() | final.reserve_ids.sudo().charge_ids
            settled = charges.filtered("is_settled")
            if settled:
                raise UserError(
                    self.env._(
                        "%(final)s: “%(charge)s” is in a settlement already. What was settled is corrected by an "
                        "adjustment, not taken back.",
                        final=final.name,
                        charge=settled[0].name,
                    )
                )

    def action_propose_goods(self):
        """List what the franchisee bought within the window, to be counted in stock.

        :raises UserError: not a draft, or no terms were in force.
        """
        for final in self:
            if final.state != "draft":
                raise UserError(self.env._("%s is computed: reopen it to count goods again.", final.name))
            self.env["franchise.final.goods"].create(final._prepare_goods(final._facts()))
        return True

    def action_print(self):
        """The final settlement as PDF, in the franchisee's language."""
        return self.env.ref("franchise_aftersales.action_report_final_settlement").report_action(self)

    def action_view_charges(self):
        """Open the charges that came of it, releases of reserves included."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Charges"),
            "res_model": "franchise.charge",
            "view_mode": "list",
            "domain": [("id", "in", (self._charges() | self.reserve_ids.sudo().charge_ids).ids)],
        }

    def action_view_settlements(self):
        """Open the settlements that hold its charges."""
        self.ensure_one()
        lines = (
            self.env["franchise.settlement.line"]
            .sudo()
            .search([("source_model", "=", "franchise.charge"), ("source_id", "in", self._charges().ids)])
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settlements"),
            "res_model": "franchise.settlement",
            "view_mode": "list,form",
            "domain": [("id", "in", lines.settlement_id.ids)],
        }
