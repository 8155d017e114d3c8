from odoo import api, fields, models
from odoo.exceptions import UserError


class FranchiseContract(models.Model):
    """The dated terms of a contract: which apply today, which applied on a day, and how they change (R-A2, R-A5)."""

    _inherit = "franchise.contract"

    version_ids = fields.One2many("franchise.contract.version", "contract_id", string="Terms")
    version_count = fields.Integer(string="Versions of Terms", compute="_compute_version_count")
    current_version_id = fields.Many2one(
        "franchise.contract.version", string="Terms in Force Today", compute="_compute_current_version_id"
    )
    terms_day = fields.Date(
        string="Terms on the Day", compute="_compute_terms_day", readonly=False, help="Enter a day to see what applied."
    )
    terms_version_id = fields.Many2one(
        "franchise.contract.version", string="Terms That Applied", compute="_compute_terms_version_id"
    )
    terms_summary = fields.Char(string="What Applied", compute="_compute_terms_version_id")
    charge_ids = fields.One2many("franchise.charge", "contract_id", string="Charges")
    charge_total = fields.Monetary(
        string="Charged", compute="_compute_charge_total", help="Sum of the confirmed charges; positive: owed to us."
    )

    @api.depends("version_ids")
    def _compute_version_count(self):
        counts = dict(
            self.env["franchise.contract.version"]._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.version_count = counts.get(contract._origin, 0)

    @api.depends("version_ids.state", "version_ids.date_from", "version_ids.date_to")
    def _compute_current_version_id(self):
        today = fields.Date.context_today(self)
        versions = self._terms_on([(contract._origin.id, today) for contract in self])
        for contract in self:
            contract.current_version_id = versions.get((contract._origin.id, today), False)

    def _compute_terms_day(self):
        self.terms_day = fields.Date.context_today(self)

    @api.depends_context("lang")
    @api.depends("terms_day", "version_ids.state", "version_ids.date_from", "version_ids.date_to")
    def _compute_terms_version_id(self):
        versions = self._terms_on([(contract._origin.id, contract.terms_day) for contract in self])
        for contract in self:
            version = versions.get((contract._origin.id, contract.terms_day))
            contract.terms_version_id = version or False
            contract.terms_summary = version.summary if version else self.env._("No terms were in force on this day.")

    @api.depends("charge_ids.amount", "charge_ids.state")
    def _compute_charge_total(self):
        totals = dict(
            self.env["franchise.charge"]._read_group(
                [("contract_id", "in", self.ids), ("state", "=", "confirmed")], ["contract_id"], ["amount:sum"]
            )
        )
        for contract in self:
            contract.charge_total = totals.get(contract._origin, 0.0)

    @api.model
    def _terms_on(self, pairs):
        """Which terms governed each (contract id, day): see `franchise.dated.version.mixin._in_force_on`."""
        return self.env["franchise.contract.version"]._in_force_on(pairs)

    def _spans_of_month(self, first, last):
        """{contract: [royalty terms of its days between `first` and `last`]}, clipped to its term, in one query."""
        versions = self.env["franchise.contract.version"].search(
            [
                ("contract_id", "in", self.ids),
                ("state", "=", "confirmed"),
                ("date_from", "<=", last),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", first),
            ]
        )
        by_contract = versions.grouped("contract_id")
        spans = {}
        for contract in self:
            begins, ends = max(first, contract.date_start), min(last, contract.date_end)
            found = [version._span(begins, ends) for version in by_contract.get(contract, ())]
            spans[contract] = [span for span in found if span.first <= span.last]
        return spans

    def _confirm_first_terms(self):
        """Put the drafted terms in force, or bare ones where no money was agreed, so that every day has its terms.

        :raises UserError: fees are agreed but no terms, or the terms begin later than the contract.
        """
        bare = self.filtered(lambda contract: not contract.version_ids)
        for contract in bare:
            if contract.initial_fee or contract.deposit:
                raise UserError(
                    self.env._(
                        "%s names a fee or a deposit but has no terms (royalty, refund of fees, notice…): add a version "
                        "of the terms, then sign.",
                        contract.name,
                    )
                )
        self.env["franchise.contract.version"].create(
            [{"contract_id": contract.id, "date_from": contract.date_start} for contract in bare]
        )
        self.version_ids.filtered(lambda version: version.state == "draft").sorted("date_from").action_confirm()
        begins = [(contract.id, contract.date_start) for contract in self]
        missing = set(begins) - self._terms_on(begins).keys()
        if missing:
            contract = self.browse(min(missing)[0])
            raise UserError(
                self.env._(
                    "The terms of %(contract)s don't begin with it: let a version start on %(date)s.",
                    contract=contract.name,
                    date=contract.date_start,
                )
            )

    def action_amend_terms(self):
        """Open the drafted next version of the terms, or draft it from the latest confirmed one.

        :raises UserError: there are no terms yet: they are written on the contract's form.
        """
        self.ensure_one()
        latest = self.version_ids.sorted("number", reverse=True)
        draft = latest.filtered(lambda version: version.state == "draft")[:1]
        if not draft and not latest:
            raise UserError(self.env._("%s has no terms yet: add the first version on its form.", self.name))
        if draft:
            return draft._open_form()
        return latest.sorted("date_from", reverse=True)[:1].action_amend()

    def action_view_versions(self):
        """Open the versions of the terms."""
        return self._open_related("franchise.contract.version", self.env._("Terms"))

    def action_view_charges(self):
        """Open the charges of this contract."""
        return self._open_related("franchise.charge", self.env._("Charges"), "list,form,pivot,graph")

    def _open_related(self, model, name, view_mode="list,form"):
        """Window action on the records of `model` that belong to this contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": view_mode,
            "domain": [("contract_id", "=", self.id)],
            "context": {"default_contract_id": self.id},
        }
