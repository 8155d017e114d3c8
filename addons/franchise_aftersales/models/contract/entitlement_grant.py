from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare

from ...tools.allocation import as_text
from ..base.document import _MOVING

# Who entered what is to be credited, and who credited it: never given from outside.
OWN = frozenset({"entered_by_id", "credited_by_id"})


class FranchiseEntitlementGrant(models.Model):
    """Something given towards an entitlement, with its evidence. Money given can be credited once as a charge."""

    _name = "franchise.entitlement.grant"
    _description = "Support Given"
    _order = "date desc, id desc"
    _check_company_auto = True

    entitlement_id = fields.Many2one("franchise.entitlement", required=True, index=True, ondelete="restrict")
    contract_id = fields.Many2one(related="entitlement_id.contract_id", store=True)
    company_id = fields.Many2one(related="entitlement_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="entitlement_id.currency_id")
    measure = fields.Selection(related="entitlement_id.measure")
    unit_id = fields.Many2one(related="entitlement_id.unit_id")
    date = fields.Date(required=True, default=fields.Date.context_today)
    name = fields.Char(string="What Was Given", required=True)
    amount = fields.Monetary()
    quantity = fields.Float(digits="Product Unit")
    attachment_ids = fields.Many2many("ir.attachment", string="Evidence", bypass_search_access=True)
    charge_id = fields.Many2one("franchise.charge", string="Credited As", compute="_compute_charge_id")
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    credited_by_id = fields.Many2one("res.users", readonly=True, copy=False)

    _check_one_measure = models.Constraint(
        "CHECK (COALESCE(amount, 0) >= 0 AND COALESCE(quantity, 0) >= 0"
        " AND (COALESCE(amount, 0) > 0) != (COALESCE(quantity, 0) > 0))",
        "What was given is an amount or a quantity, more than zero.",
    )
    _four_eyes = models.Constraint(
        "CHECK (credited_by_id IS NULL OR credited_by_id IS DISTINCT FROM entered_by_id)",
        "Nobody credits money that they entered.",
    )

    def _compute_charge_id(self):
        charges = self.env["franchise.charge"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("state", "!=", "cancelled")]
        )
        by_grant = {charge.res_id: charge for charge in charges}
        for grant in self:
            grant.charge_id = by_grant.get(grant.id, False)

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [{**vals, "entered_by_id": self.env.uid, "credited_by_id": False} for vals in vals_list]
        # Read together now: the totals are worked out again for one entitlement after the other.
        self.env["franchise.entitlement"].browse([vals.get("entitlement_id") for vals in vals_list]).mapped("state")
        grants = super().create(vals_list)
        grants._check_grantable()
        return grants

    def write(self, vals):
        if self.env.context.get("franchise_moving") is _MOVING:
            return super().write(vals)
        vals = {name: value for name, value in vals.items() if name not in OWN}
        if {"entitlement_id", "date", "amount", "quantity"} & vals.keys():
            self._check_not_charged()
            vals["entered_by_id"] = self.env.uid
        result = super().write(vals)
        if {"entitlement_id", "amount", "quantity"} & vals.keys():
            self._check_grantable()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_charged(self):
        self._check_not_charged()

    def _check_not_charged(self):
        self.invalidate_recordset(["charge_id"])
        charged = self.sudo().filtered("charge_id")
        if charged:
            raise UserError(self.env._("“%s” has been credited: it can't change any more.", charged[0].name))

    def _check_grantable(self):
        """Refuse what isn't owed, in words, before PostgreSQL refuses it. :raises UserError:"""
        for entitlement in self.entitlement_id:
            if entitlement.state != "open":
                raise UserError(
                    self.env._("%s isn't owed (any more): confirm it before something is given.", entitlement.name)
                )
            remaining = (
                entitlement.amount_remaining if entitlement.measure == "amount" else entitlement.quantity_remaining
            )
            other = entitlement.quantity_given if entitlement.measure == "amount" else entitlement.amount_given
            if other:
                raise UserError(
                    self.env._("%s is measured otherwise: enter an amount or a quantity as it says.", entitlement.name)
                )
            if float_compare(remaining, 0, precision_digits=6) < 0:
                raise UserError(
                    self.env._(
                        "More would be given of “%(what)s” than is owed: %(given)s of %(owed)s.",
                        what=entitlement.name,
                        given=as_text(entitlement.amount_given or entitlement.quantity_given),
                        owed=as_text(entitlement.amount_owed or entitlement.quantity_owed),
                    )
                )

    def action_charge(self):
        """Credit money that was granted to the franchisee with the next settlement, once, as a second person.

        :raises UserError: the grant isn't money, has been credited, or was entered by the user.
        """
        self.env["franchise.charge"].check_access("create")
        self.lock_for_update()
        for grant in self:
            if grant.measure != "amount":
                raise UserError(self.env._("“%s” isn't money: it can't be credited.", grant.name))
            if grant.entered_by_id == self.env.user:
                raise UserError(self.env._("“%s”: nobody credits money that they entered.", grant.name))
        self._check_not_charged()
        self._credit()
        self.env["franchise.charge"]._charge([grant._prepare_charge() for grant in self])
        self.invalidate_recordset(["charge_id"])
        return True

    def _credit(self):
        """Note who credits it; finance may, though these rows are contract managers'."""
        self.sudo().with_context(franchise_moving=_MOVING).write({"credited_by_id": self.env.uid})
        self.flush_recordset(["credited_by_id"])

    def _prepare_charge(self):
        """Values of the charge (negative: we owe it)."""
        self.ensure_one()
        entitlement = self.entitlement_id
        return {
            "contract_id": entitlement.contract_id.id,
            "kind": "subsidy",
            "date": self.date,
            "name": f"{entitlement.name}: {self.name}",
            "amount": -self.amount,
            "res_model": self._name,
            "res_id": self.id,
            "formula_values": {
                "formula": "subsidy",
                "date": fields.Date.to_string(self.date),
                "owed": as_text(entitlement.amount_owed),
                "entitlement": entitlement.name,
            },
        }
