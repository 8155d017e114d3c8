from odoo import api, fields, models

from ...tools import coverage


class FranchiseClaim(models.Model):
    """Coverage: which terms govern a claim, and every rule that was looked at, explained in the reader's language."""

    _inherit = "franchise.claim"

    coverage_state = fields.Selection(
        [("covered", "Covered"), ("not_covered", "Not covered")], string="Coverage", readonly=True, copy=False
    )
    coverage_findings = fields.Json(
        readonly=True, copy=False, help="The rules looked at when the claim was submitted: [rule, kept, days left]."
    )
    coverage_reason = fields.Text(compute="_compute_coverage_reason")

    @api.depends("coverage_findings", "agreement_id.name")
    @api.depends_context("lang")
    def _compute_coverage_reason(self):
        for claim in self:
            findings = [coverage.Finding(*finding) for finding in claim.coverage_findings or []]
            claim.coverage_reason = "\n".join(claim._explain_finding(finding) for finding in findings)

    def _decide_coverage(self):
        """Write the terms in force on the event day, whether they cover the claim, and every rule looked at."""
        versions = self.env["franchise.service.agreement"]._versions_on(
            [(claim.agreement_id.id, claim.event_date) for claim in self]
        )
        for claim in self:
            version = versions.get((claim.agreement_id.id, claim.event_date))
            findings = claim._coverage_findings(version)
            claim.write(
                {
                    "version_id": version.id if version else False,
                    "coverage_state": "covered" if all(finding.kept for finding in findings) else "not_covered",
                    "coverage_findings": [list(finding) for finding in findings],
                }
            )

    def _coverage_findings(self, version):
        self.ensure_one()
        has_liability = bool(version and version._shares_for(self.cause_id))
        findings = coverage.check_terms(bool(version), has_liability)
        if version:
            sold = [day for day in self.line_ids.invoice_line_id.mapped("invoice_date") if day]
            if version.warranty_months and sold:
                findings.append(coverage.check_warranty(min(sold), self.event_date, version.warranty_months))
            findings.append(coverage.check_window(self.discovery_date, self.reported_date, version.claim_window_days))
        return findings

    def _explain_finding(self, finding):
        """One sentence per finding, in the user's language."""
        days = abs(finding.days or 0)
        texts = {
            ("terms", True): self.env._("Terms of %s govern the day of the event.", self.agreement_id.name),
            ("terms", False): self.env._(
                "No version of %s was in force on the day of the event.", self.agreement_id.name
            ),
            ("liability", True): self.env._("The liability matrix says who bears this cause."),
            ("liability", False): self.env._("The liability matrix says nothing about this cause."),
            ("warranty", True): self.env._("Within warranty, %s days left on the day of the event.", days),
            ("warranty", False): self.env._("Outside warranty by %s days.", days),
            ("window", True): self.env._("Reported in time."),
            ("window", False): self.env._("Reported %s days after the claim window had closed.", days),
        }
        return texts[finding.rule, finding.kept]
