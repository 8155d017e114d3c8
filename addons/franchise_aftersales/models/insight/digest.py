from odoo import fields, models
from odoo.exceptions import AccessError

from ..clock.claim import OPEN_STATES

READERS = ("group_service", "group_accountant", "group_contract")


class DigestDigest(models.Model):
    """Figures of after-sales in Odoo's periodic mail: open claims, recovered amount, service-level attainment (R-F3)."""

    _inherit = "digest.digest"

    kpi_franchise_open_claims = fields.Boolean("Claims Reported and Open")
    kpi_franchise_open_claims_value = fields.Integer(compute="_compute_kpi_franchise_open_claims_value")
    kpi_franchise_recovered = fields.Boolean("Recovered")
    kpi_franchise_recovered_value = fields.Monetary(compute="_compute_kpi_franchise_recovered_value")
    kpi_franchise_attainment = fields.Boolean("Agreed Times Met (%)")
    kpi_franchise_attainment_value = fields.Float(compute="_compute_kpi_franchise_attainment_value")

    def _compute_kpi_franchise_open_claims_value(self):
        """Claims reported in the period that are open now."""
        self._check_franchise_reader()
        start, end, companies = self._get_kpi_compute_parameters()
        counts = dict(
            self.env["franchise.claim"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "in", companies.ids),
                    ("state", "in", OPEN_STATES),
                    ("reported_date", ">=", fields.Date.to_date(start)),
                    ("reported_date", "<", fields.Date.to_date(end)),
                ],
                ["company_id"],
                ["__count"],
            )
        )
        for digest in self:
            digest.kpi_franchise_open_claims_value = counts.get(digest.company_id or self.env.company, 0)

    def _compute_kpi_franchise_recovered_value(self):
        """What liable parties accepted in the period, in the company's currency."""
        self._check_franchise_reader()
        amounts = self._franchise_figures("franchise.quality.cost", "amount_recovered:sum")
        for digest in self:
            digest.kpi_franchise_recovered_value = amounts.get(digest.company_id or self.env.company, 0)

    def _compute_kpi_franchise_attainment_value(self):
        """Met ÷ decided, in percent, of clocks that started in the period."""
        self._check_franchise_reader()
        rates = self._franchise_figures("franchise.sla.attainment", "attainment:avg")
        for digest in self:
            digest.kpi_franchise_attainment_value = rates.get(digest.company_id or self.env.company) or 0

    def _check_franchise_reader(self):
        """:raises AccessError: the reader works with none of it; the digest leaves the figure out."""
        if not any(self.env.user.has_group(f"franchise_aftersales.{group}") for group in READERS):
            raise AccessError(self.env._("Do not have access, skip this data for user's digest email"))

    def _franchise_figures(self, model, aggregate):
        """{company: figure} of a report in the digest's period."""
        start, end, companies = self._get_kpi_compute_parameters()
        domain = [
            ("company_id", "in", companies.ids),
            ("date", ">=", fields.Date.to_date(start)),
            ("date", "<", fields.Date.to_date(end)),
        ]
        return dict(self.env[model].sudo()._read_group(domain, ["company_id"], [aggregate]))

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("franchise_aftersales.menu_root").id
        for name, action in (
            ("open_claims", "franchise_claim_action"),
            ("recovered", "franchise_claim_recovery_action"),
            ("attainment", "franchise_sla_attainment_action"),
        ):
            actions[f"kpi_franchise_{name}"] = f"franchise_aftersales.{action}?menu_id={menu}"
        return actions
