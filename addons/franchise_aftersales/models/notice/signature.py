from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import _MOVING


class FranchiseSignature(models.Model):
    """One party's signature under a contract: who, when, from where, drawn or on paper (R-A11).

    Written by the contract's own steps only, changed and deleted by nobody. When an offer is recalled, its signatures
    are void; they stay as a record.
    """

    _name = "franchise.signature"
    _description = "Contract Signature"
    _order = "contract_id, signed_at, id"
    _check_company_auto = True

    contract_id = fields.Many2one(
        "franchise.contract", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    party = fields.Selection(
        [("franchisor", "Franchisor"), ("franchisee", "Franchisee")], string="Signing Party", required=True
    )
    name = fields.Char(string="Signed By", required=True)
    signed_at = fields.Datetime(string="Signed On", required=True)
    method = fields.Selection([("drawn", "Drawn"), ("paper", "On paper")], required=True)
    image = fields.Image(string="Signature", max_width=1024, max_height=1024)
    ip = fields.Char(string="IP Address")
    user_id = fields.Many2one("res.users", string="Logged In As")
    terms_sha256 = fields.Char(string="SHA-256 of the Terms", help="Of what was signed; see the contract.")
    is_void = fields.Boolean(string="Void", help="The offer was recalled after this signature.")

    _unique_party = models.UniqueIndex(
        "(contract_id, party) WHERE is_void IS NOT TRUE", "This party has signed the contract already."
    )
    _check_drawn = models.Constraint(
        "CHECK (method = 'paper' OR (ip IS NOT NULL AND terms_sha256 IS NOT NULL))",
        "A signature in the portal says from where it came and what was signed.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_step()
        signatures = super().create(vals_list)
        images = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", signatures.ids), ("res_field", "=", "image")])
        )
        images._franchise_freeze()
        return signatures

    def write(self, vals):
        self._check_step()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        self._check_step()

    @api.model
    def _record(self, vals_list):
        """Write signatures; for the contract's own steps only. :return: the new signatures."""
        return self.with_context(franchise_moving=_MOVING).create(vals_list)

    def _trusted_write(self, vals):
        """Change signatures; for the contract's own steps only."""
        return self.with_context(franchise_moving=_MOVING).write(vals)

    def _check_step(self):
        if self.env.context.get("franchise_moving") is not _MOVING:
            raise UserError(self.env._("Signatures are given by the parties; nobody enters, changes or deletes them."))
