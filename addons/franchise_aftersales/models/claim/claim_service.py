from odoo import models

from ...tools import coverage


class FranchiseClaim(models.Model):
    """Which services of its agreement apply to a claim: types and modes, as a finding of its coverage (R-C1, R-D3)."""

    _inherit = "franchise.claim"

    def _coverage_findings(self, version, answer=None):
        findings = super()._coverage_findings(version, answer)
        if version:
            lapsed = any(finding.rule in ("warranty", "production") and not finding.kept for finding in findings)
            detail = {"types": version._service_types(in_warranty=not lapsed), "modes": version.mode_ids.ids}
            # It tells what is owed; whether anything is, the other rules say.
            findings.append(coverage.Finding("service", True, None, detail))
        return findings

    def _explain_finding(self, finding):
        if finding.rule != "service":
            return super()._explain_finding(finding)
        labels = self.env["franchise.service.agreement.version"]._service_labels()
        types = ", ".join(labels[name] for name in finding.detail["types"]) or self.env._("none")
        modes = self.env["franchise.service.mode"].with_context(active_test=False).browse(finding.detail["modes"])
        modes = ", ".join(modes.exists().mapped("name"))
        if modes:
            return self.env._("Services of the agreement: %(types)s; given by: %(modes)s.", types=types, modes=modes)
        return self.env._("Services of the agreement: %s.", types)
