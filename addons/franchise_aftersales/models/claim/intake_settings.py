from odoo import api, fields, models


class ResCompany(models.Model):
    """How claims reach a company by e-mail, and how far back duplicates are looked for (R-D1)."""

    _inherit = "res.company"

    franchise_claim_alias_id = fields.Many2one(
        "mail.alias", string="Address for Claims", readonly=True, copy=False, ondelete="set null"
    )
    franchise_claim_alias_name = fields.Char(
        string="Alias for Claims",
        compute="_compute_franchise_claim_alias_name",
        inverse="_inverse_franchise_claim_alias_name",
        help="What is sent to this address becomes a claim request, or a draft claim where everything could be read.",
    )
    franchise_claim_alias_email = fields.Char(related="franchise_claim_alias_id.alias_full_name")
    franchise_intake_auto = fields.Boolean(
        string="Draft Claims From Known Senders",
        default=True,
        help="A request whose sender, outlet and bill are known becomes a draft claim at once; staff look at it before "
        "they submit it.",
    )
    franchise_intake_cause_id = fields.Many2one(
        "franchise.cause", string="Cause of Such Drafts", help="Until somebody chooses the right one; empty: “Other”."
    )
    franchise_intake_max_mb = fields.Integer(
        string="Largest E-mail",
        default=25,
        help="Megabytes of files in one e-mail; larger ones are refused with an answer. 0: no limit.",
    )
    franchise_duplicate_days = fields.Integer(
        string="Look for Duplicates Back",
        default=180,
        help="Days since a claim was reported after which it no longer counts as a possible duplicate, unless it is open.",
    )

    @api.depends("franchise_claim_alias_id.alias_name")
    def _compute_franchise_claim_alias_name(self):
        for company in self:
            company.franchise_claim_alias_name = company.sudo().franchise_claim_alias_id.alias_name

    def _inverse_franchise_claim_alias_name(self):
        for company in self.sudo():
            name, alias = company.franchise_claim_alias_name, company.franchise_claim_alias_id
            if not name:
                alias.unlink()
            elif alias:
                alias.write({"alias_name": name, "alias_domain_id": company.alias_domain_id.id})
            else:
                company.franchise_claim_alias_id = self.env["mail.alias"].sudo().create(company._prepare_claim_alias())

    def _prepare_claim_alias(self):
        self.ensure_one()
        return {
            "alias_name": self.franchise_claim_alias_name,
            "alias_domain_id": self.alias_domain_id.id,
            "alias_model_id": self.env["ir.model"]._get_id("franchise.claim.intake"),
            "alias_defaults": str({"company_id": self.id}),
            "alias_contact": "everyone",
        }


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_claim_alias_name = fields.Char(related="company_id.franchise_claim_alias_name", readonly=False)
    franchise_claim_alias_email = fields.Char(related="company_id.franchise_claim_alias_email")
    franchise_intake_auto = fields.Boolean(related="company_id.franchise_intake_auto", readonly=False)
    franchise_intake_cause_id = fields.Many2one(related="company_id.franchise_intake_cause_id", readonly=False)
    franchise_intake_max_mb = fields.Integer(related="company_id.franchise_intake_max_mb", readonly=False)
    franchise_duplicate_days = fields.Integer(related="company_id.franchise_duplicate_days", readonly=False)
