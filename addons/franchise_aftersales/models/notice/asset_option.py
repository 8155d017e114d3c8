from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.allocation import to_decimal
from ...tools.asset_price import asset_price
from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"
GROUP_MANAGER = "franchise_aftersales.group_manager"


class FranchiseAssetOption(models.Model):
    """Our option to take over the assets of outlets at the end of a contract, at the price of its terms (R-A12).

    Draft → open (list and values agreed; the option's days run) → exercised by a manager (each asset taken over is charged
    as an amount that we owe) or lapsed.
    """

    _name = "franchise.asset.option"
    _description = "Option to Buy Assets"
    _inherit = [
        "franchise.contract.header.mixin",
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "franchise.evidence.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _number_sequence = "franchise.asset.option"

    _transitions = {
        "open": Transition(("draft",), "open", GROUP_CONTRACT),
        "exercise": Transition(("open",), "exercised", GROUP_MANAGER),
        "lapse": Transition(("open",), "lapsed", GROUP_CONTRACT),
        "cancel": Transition(("draft",), "cancelled", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset({"name", "contract_id", "date_end", "price_rule", "option_days", "terms_reason"})
    _evidence_fields = ("appraisal_ids",)
    _step_fields = frozenset({"entered_by_id", "exercised_by_id", "exercised_on"})

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("open", "Open"),
            ("exercised", "Exercised"),
            ("lapsed", "Lapsed"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    contract_id = fields.Many2one(domain="[('state', 'in', ('signed', 'ended'))]")
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    date_end = fields.Date(
        string="End of the Contract",
        compute="_compute_terms",
        store=True,
        readonly=False,
        precompute=True,
        help="The option's days run from here.",
    )
    price_rule = fields.Selection(
        selection=lambda self: (
            self.env["franchise.contract.version"]._fields["asset_price_rule"]._description_selection(self.env)
        ),
        string="Price",
        compute="_compute_terms",
        store=True,
        readonly=False,
        precompute=True,
        help="By the contract's terms on the day of its end.",
    )
    option_days = fields.Integer(string="Days", compute="_compute_terms", store=True, readonly=False, precompute=True)
    line_ids = fields.One2many("franchise.asset.option.line", "option_id", string="Assets", copy=True)
    amount_total = fields.Monetary(string="Price of the Assets", compute="_compute_amount_total", store=True)
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    exercised_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    exercised_on = fields.Date(readonly=True, copy=False)
    appraisal_ids = fields.Many2many("ir.attachment", "franchise_asset_appraisal_rel", copy=False)

    _one_each = models.UniqueIndex(
        "(contract_id) WHERE state IN ('open', 'exercised')", "The assets of this contract have an option already."
    )
    _four_eyes = models.Constraint(
        "CHECK (exercised_by_id IS NULL OR exercised_by_id IS DISTINCT FROM entered_by_id)",
        "Nobody buys assets whose list they entered.",
    )

    @api.depends("contract_id")
    def _compute_terms(self):
        versions = self.env["franchise.contract.version"].sudo()
        versions = versions._in_force_on((option.contract_id.id, option.contract_id.date_end) for option in self)
        for option in self:
            end = option.contract_id.date_end
            terms = versions.get((option.contract_id.id, end))
            option.date_end = end
            option.price_rule = terms.asset_price_rule if terms else "lower"
            option.option_days = terms.asset_option_days if terms else 60

    @api.depends("line_ids.price", "line_ids.is_taken")
    def _compute_amount_total(self):
        self.mapped("currency_id")  # read together: each amount written asks for its own currency
        for option in self:
            option.amount_total = sum(option.line_ids.filtered("is_taken").mapped("price"))

    @api.depends("state", "date_end", "option_days")
    def _compute_deadline_date(self):
        for option in self:
            option.deadline_date = (
                option.state == "open" and option.date_end and fields.Date.add(option.date_end, days=option.option_days)
            )

    def _deadline_passed(self):
        """An option that nobody exercised lapses by itself."""
        result = super()._deadline_passed()
        self.filtered(lambda option: option.state == "open")._move("lapse")
        return result

    def action_open(self):
        """The list is complete and valued; the option runs.

        :raises UserError: no asset, or an asset lacks the value that the rule needs.
        """
        self._check_transition("open")
        for option in self:
            if not option.line_ids:
                raise UserError(self.env._("%s lists no asset.", option.name))
            for line in option.line_ids:
                if option.price_rule != "book" and not line.is_appraised:
                    raise UserError(
                        self.env._("%(option)s: %(asset)s is not appraised.", option=option.name, asset=line.name)
                    )
            option._keep_files(option.appraisal_ids)
        return self._move("open")

    def action_exercise(self):
        """Take the chosen assets over: each is charged, negative, for we owe its price.

        :raises UserError: the option has lapsed, nothing is chosen, or the user entered the list.
        """
        self._check_transition("exercise")
        today = fields.Date.context_today(self)
        for option in self:
            taken = option.line_ids.filtered("is_taken")
            if option.deadline_date < today:
                raise UserError(
                    self.env._(
                        "%(option)s: the option lapsed on %(day)s.", option=option.name, day=option.deadline_date
                    )
                )
            if not taken:
                raise UserError(self.env._("%s: choose at least one asset.", option.name))
            if self.env.user in option.entered_by_id | option.line_ids.entered_by_id:
                raise UserError(self.env._("%s: nobody buys assets whose list they entered.", option.name))
            self.env["franchise.charge"]._charge([line._prepare_charge(today) for line in taken])
        return self._move("exercise", {"exercised_by_id": self.env.uid, "exercised_on": today})

    def action_lapse(self):
        """Give the option up before its days are over."""
        return self._move("lapse")

    def action_cancel(self):
        """Give up a draft."""
        return self._move("cancel")

    def action_view_charges(self):
        """Open the amounts that we owe for the assets taken over."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Charges"),
            "res_model": "franchise.charge",
            "view_mode": "list,form",
            "domain": [("res_model", "=", self._name), ("res_id", "=", self.id)],
        }


class FranchiseAssetOptionLine(models.Model):
    """One asset of an outlet, with its values and the price by the rule."""

    _name = "franchise.asset.option.line"
    _description = "Asset of an Outlet"
    _order = "option_id, id"
    _check_company_auto = True

    option_id = fields.Many2one("franchise.asset.option", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="option_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="option_id.currency_id")
    state = fields.Selection(related="option_id.state")
    name = fields.Char(string="Asset", required=True)
    outlet_id = fields.Many2one("franchise.outlet", check_company=True, ondelete="restrict")
    acquired_on = fields.Date()
    book_value = fields.Monetary(required=True, help="At the end of the contract.")
    is_appraised = fields.Boolean(string="Appraised")
    appraised_value = fields.Monetary()
    is_taken = fields.Boolean(string="Take Over", default=True)
    price = fields.Monetary(compute="_compute_price", store=True)
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, help="Who gave the values.")

    _check_values = models.Constraint(
        "CHECK (book_value >= 0 AND appraised_value >= 0)", "Values of assets are not negative."
    )

    @api.depends("book_value", "is_appraised", "appraised_value", "option_id.price_rule")
    def _compute_price(self):
        self.mapped("currency_id")  # read together: each amount written asks for its own currency
        for line in self:
            rule, inputs = line.option_id.price_rule, line._price_inputs()
            known = rule and (rule == "book" or line.is_appraised)
            # Negative values are refused by the database, with a sentence.
            valid = known and inputs["book"] >= 0 and (inputs["appraised"] or 0) >= 0
            rounding = to_decimal(line.currency_id.rounding or 0.01)
            line.price = float(asset_price(rule, rounding=rounding, **inputs)) if valid else 0

    def _price_inputs(self):
        """{"book", "appraised"} as Decimal; appraised None when it is not."""
        self.ensure_one()
        return {
            "book": to_decimal(self.book_value),
            "appraised": to_decimal(self.appraised_value) if self.is_appraised else None,
        }

    def _prepare_charge(self, day):
        self.ensure_one()
        option = self.option_id
        inputs = {key: "" if value is None else str(value) for key, value in self._price_inputs().items()}
        return {
            "contract_id": option.contract_id.id,
            "kind": "asset_purchase",
            "date": day,
            "amount": -self.price,
            "res_model": option._name,
            "res_id": option.id,
            "res_line": self.id,
            "formula_values": {"formula": "asset_price", "about": self.name, "rule": option.price_rule, **inputs},
        }

    @api.model_create_multi
    def create(self, vals_list):
        self._check_price_computed(set().union(*vals_list))
        lines = super().create([{**vals, "entered_by_id": self.env.uid} for vals in vals_list])
        lines._check_list_open({"name"})
        return lines

    def write(self, vals):
        self._check_price_computed(vals)
        self._check_list_open(set(vals))
        # Choosing what is taken over is the deciding person's; any value given is somebody's who may not decide.
        vals = {name: value for name, value in vals.items() if name != "entered_by_id"}
        result = super().write(vals if set(vals) <= {"is_taken"} else {**vals, "entered_by_id": self.env.uid})
        if "option_id" in vals:
            self._check_list_open({"name"})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self._check_list_open({"name"})

    def _check_price_computed(self, names):
        if "price" in names:
            raise UserError(self.env._("The price follows from the values by the contract's rule; it isn't entered."))

    def _check_list_open(self, changed):
        """The list changes in a draft; which assets are taken over may still be chosen while the option is open."""
        for line in self:
            state = line.option_id.state
            if state == "draft" or (state == "open" and changed <= {"is_taken"}):
                continue
            raise UserError(self.env._("%s: the list of assets is fixed.", line.option_id.name))
