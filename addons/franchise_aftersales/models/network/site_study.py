from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.site_study import break_even_months, rent_percent
from ...tools.territory import place


class FranchiseSiteStudy(models.Model):
    """A site looked at for an applicant: market, rent, forecast, and whether it pays (R-A1)."""

    _name = "franchise.site.study"
    _description = "Site Study"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Site", required=True)
    application_id = fields.Many2one(
        "franchise.application", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="application_id.company_id", store=True, index=True)
    brand_id = fields.Many2one(related="application_id.brand_id")
    application_state = fields.Selection(related="application_id.state", string="Application Status")
    date = fields.Date(string="Seen On", required=True, default=fields.Date.context_today)
    user_id = fields.Many2one("res.users", string="Studied By", default=lambda self: self.env.user)
    address_id = fields.Many2one("res.partner")
    street = fields.Char()
    state_id = fields.Many2one(
        "res.country.state", compute="_compute_state_id", store=True, readonly=False, precompute=True
    )
    city_id = fields.Many2one("res.city", compute="_compute_place", store=True, readonly=False, precompute=True)
    latitude = fields.Float(digits=(10, 7), compute="_compute_place", store=True, readonly=False, precompute=True)
    longitude = fields.Float(digits=(10, 7), compute="_compute_place", store=True, readonly=False, precompute=True)
    protector_ids = fields.Many2many(
        "franchise.contract",
        compute="_compute_protector_ids",
        string="Protected By",
        help="Contracts that protect this place today.",
    )
    area = fields.Float(string="Area (m²)", digits=(9, 1))
    population = fields.Integer(help="People who live or work within reach.")
    competitors = fields.Text(help="Who sells the like nearby, and how well.")
    market = fields.Text(help="Passers-by, age and income, transport, plans for the street.")
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    investment = fields.Monetary(help="Fitting-out, equipment, first stock and initial fee, once.")
    rent = fields.Monetary(string="Rent a Month")
    cost_month = fields.Monetary(string="Other Costs a Month", help="Wages, energy, royalty and other costs.")
    sales_month = fields.Monetary(string="Forecast Sales a Month")
    margin_percent = fields.Float(string="Gross Margin %", digits=(5, 2), default=60.0)
    rent_percent = fields.Float(string="Rent in % of Sales", digits=(7, 2), compute="_compute_figures", store=True)
    is_paying = fields.Boolean(string="Pays Back", compute="_compute_figures", store=True)
    break_even_months = fields.Integer(
        string="Break-Even (Months)",
        compute="_compute_figures",
        store=True,
        help="Investment divided by what is left of the sales a month after goods, rent and other costs, rounded up.",
    )
    conclusion = fields.Selection(
        [("fit", "Suitable"), ("unfit", "Not suitable")], tracking=True, help="What we say to this site."
    )
    conclusion_note = fields.Text(string="Reasons")
    attachment_ids = fields.Many2many("ir.attachment", string="Plans and Photos", copy=False)

    _check_numbers = models.Constraint(
        "CHECK (area >= 0 AND population >= 0 AND investment >= 0 AND rent >= 0 AND cost_month >= 0 AND sales_month >= 0"
        " AND margin_percent BETWEEN 0 AND 100)",
        "Areas, people and amounts are not negative, and a margin lies between 0 and 100 %.",
    )

    @api.depends("address_id")
    def _compute_place(self):
        for study in self.filtered("address_id"):
            there = self.env["franchise.outlet"]._place_of(study.address_id)
            study.update({name: there[name] for name in ("city_id", "latitude", "longitude")})

    @api.depends("address_id", "city_id")
    def _compute_state_id(self):
        for study in self:
            study.state_id = study.city_id.state_id or study.address_id.state_id or study.state_id

    @api.depends("state_id", "city_id", "latitude", "longitude", "brand_id")
    def _compute_protector_ids(self):
        today = fields.Date.context_today(self)
        territories = self.env["franchise.territory"]
        for study in self:
            found = territories
            if -90 <= study.latitude <= 90 and -180 <= study.longitude <= 180 and study.brand_id:
                where = place(study.latitude, study.longitude, study.state_id.id, study.city_id.id)
                found = territories._protecting(study.brand_id, where, today)
            study.protector_ids = found.contract_id.with_env(self.env)

    @api.depends("investment", "rent", "cost_month", "sales_month", "margin_percent")
    def _compute_figures(self):
        for study in self:
            months = break_even_months(
                study.investment, study.sales_month, study.margin_percent, study.rent, study.cost_month
            )
            study.is_paying = months is not None
            study.break_even_months = months or 0
            study.rent_percent = float(rent_percent(study.sales_month, study.rent))

    @api.model_create_multi
    def create(self, vals_list):
        studies = super().create(vals_list)
        studies._check_file_open()
        return studies

    def write(self, vals):
        self._check_file_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open(self):
        self._check_file_open()
        concluded = self.filtered("conclusion")
        if concluded:
            raise UserError(self.env._("“%s” has a conclusion: it stays on file.", concluded[0].name))

    def _check_file_open(self):
        for application in self.application_id:
            application._check_open()
