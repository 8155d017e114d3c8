from odoo import api, fields, models

from ...tools import coverage, run_off, scope
from ..agreement.run_off import RunOffRequest


class FranchiseClaim(models.Model):
    """Coverage: which terms govern a claim, and every rule that was looked at, explained in the reader's language.

    After the end of the franchise contract it also says who serves and who pays, by the rule of the event's day (R-B5).
    """

    _inherit = "franchise.claim"

    coverage_state = fields.Selection(
        [("covered", "Covered"), ("not_covered", "Not covered")], string="Coverage", readonly=True, copy=False
    )
    coverage_findings = fields.Json(
        readonly=True,
        copy=False,
        help="The rules looked at when the claim was submitted: [rule, kept, days left, what the sentence needs].",
    )
    coverage_reason = fields.Text(compute="_compute_coverage_reason")
    served_by = fields.Selection(
        [
            ("outlet", "The outlet"),
            ("successor", "Its successor"),
            ("head_office", "Head office"),
            ("nobody", "Nobody"),
        ],
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Who serves the customer: after the end of the contract its successor outlet or head office.",
    )
    serving_outlet_id = fields.Many2one("franchise.outlet", readonly=True, copy=False, ondelete="restrict")
    paid_by = fields.Selection(
        [
            ("matrix", "As the liability matrix says"),
            ("supplier", "The supplier alone"),
            ("franchisor", "Franchisor"),
            ("customer", "Customer"),
        ],
        readonly=True,
        copy=False,
        help="Decided by the rule of the event's day when the claim was submitted.",
    )

    @api.depends("coverage_findings", "agreement_id.name", "serving_outlet_id.name")
    @api.depends_context("lang")
    def _compute_coverage_reason(self):
        findings = {claim: [coverage.Finding(*finding) for finding in claim.coverage_findings or []] for claim in self}
        named = {
            product
            for found in findings.values()
            for finding in found
            if finding.detail and (product := finding.detail.get("product"))
        }
        self.env["product.product"].browse(named).exists().mapped("display_name")
        for claim in self:
            claim.coverage_reason = "\n".join(claim._explain_finding(finding) for finding in findings[claim])

    def _decide_coverage(self):
        """Write the terms in force on the event day, whether they cover the claim, and every rule looked at."""
        decisions = self._coverage_decisions()
        # One write for the claims of which the same is decided.
        for claims in self.grouped(lambda claim: repr(decisions[claim])).values():
            claims.write(decisions[claims[0]])

    def _coverage_decisions(self):
        """{claim: values} of what its terms decide; thousands of claims take as many queries as one."""
        versions = self.env["franchise.service.agreement"]._versions_on(
            [(claim.agreement_id.id, claim.event_date) for claim in self]
        )
        governed = {claim: versions.get((claim.agreement_id.id, claim.event_date)) for claim in self}
        answers = self.env["franchise.service.agreement"]._run_off(
            [claim._run_off_request(version) for claim, version in governed.items() if version]
        )
        decisions = {}
        for claim, version in governed.items():
            answer = answers.get(claim)
            findings = claim._coverage_findings(version, answer)
            decisions[claim] = {
                "version_id": version.id if version else False,
                "coverage_state": "covered" if all(finding.kept for finding in findings) else "not_covered",
                "coverage_findings": [list(finding) for finding in findings],
                "served_by": answer.decision.served_by if answer else False,
                "serving_outlet_id": answer.outlet.id if answer else False,
                "paid_by": answer.decision.paid_by if answer else False,
            }
        return decisions

    def _sale_dates(self):
        """Days on which the claimed goods were sold to us or the franchisee: those of the supplier's bills."""
        return [day for day in self.line_ids.invoice_line_id.mapped("invoice_date") if day]

    def _warranty_starts(self, version):
        """Days on which the warranty of the claimed goods began under `version`; None where a day isn't known."""
        if version.warranty_from == "sale":
            return self._sale_dates()
        return [line.production_date or None for line in self.line_ids if line.invoice_line_id]

    def _run_off_request(self, version):
        """What the rule on ended contracts is asked about this claim."""
        sold, starts = self._sale_dates(), self._warranty_starts(version)
        return RunOffRequest(
            self,
            version,
            self.contract_id,
            self.outlet_id,
            # One item sold after the end is enough, and so is one whose warranty has run out.
            max(sold, default=None),
            min(starts, default=None) if None not in starts else None,
            self.event_date,
        )

    def _coverage_findings(self, version, answer=None):
        """Every rule looked at, under `version` (None: no terms) and with the answer on ended contracts."""
        self.ensure_one()
        has_liability = bool(version and version._shares_for(self.cause_id))
        findings = coverage.check_terms(bool(version), has_liability)
        if not version:
            return findings
        findings += self._scope_findings(version)
        starts = self._warranty_starts(version)
        if version.warranty_months and starts:
            if None in starts:
                findings.append(coverage.Finding("production", False, None))
            else:
                findings.append(coverage.check_warranty(min(starts), self.event_date, version.warranty_months))
        for rule, start, days in self._notice_windows(version):
            findings.append(coverage.check_window(start, self.reported_date, days, rule))
        if answer and answer.decision.served_by != "outlet":
            decision = answer.decision
            detail = {"served_by": decision.served_by, "paid_by": decision.paid_by, "reason": decision.reason}
            findings.append(coverage.Finding("run_off", decision.paid_by != "customer", decision.days, detail))
        return findings

    def _scope_findings(self, version):
        """One finding on the scope: kept, or missed with the first product that is outside; none without a scope."""
        if not version.scope_ids:
            return []
        rows = version.scope_ids._rows()
        products = self.line_ids.product_id or [self.env["product.product"]]
        for product in products:
            decision = scope.decide(rows, self._scope_item(product))
            if not decision.included:
                detail = {"product": product.id, "row": decision.key}
                return [coverage.Finding("scope", False, None, detail)]
        return [coverage.Finding("scope", True, None)]

    def _scope_item(self, product):
        """A product of this claim for `tools.scope`; the region is the outlet's."""
        path = product.categ_id.parent_path or ""
        address = self.outlet_id.address_id
        return scope.Item(
            product.id or None,
            tuple(int(part) for part in path.split("/") if part),
            self.contract_id.brand_id.id or None,
            address.country_id.id or None,
            address.state_id.id or None,
        )

    def _liable_shares(self):
        """Shares (percent) of the parties: the matrix of the terms in force, or what the rule of ended contracts says."""
        self.ensure_one()
        matrix = self.version_id._shares_for(self.cause_id) if self.version_id else {}
        if not matrix or not self.served_by or self.served_by == "outlet":
            return matrix
        return run_off.shares(self.paid_by, matrix)

    def _explain_finding(self, finding):
        """One sentence per finding, in the user's language."""
        days = abs(finding.days or 0)
        if finding.rule == "run_off":
            return self._explain_run_off(finding)
        if finding.rule == "scope" and not finding.kept:
            product = self.env["product.product"].browse(finding.detail.get("product") or ()).exists()
            if product:
                return self.env._("%s is not within the scope of the agreement.", product.display_name)
            return self.env._("What is claimed is not within the scope of the agreement.")
        if finding.rule in ("window", "notice") and not finding.kept and finding.days is None:
            return self.env._("The claim window counts from delivery: enter the date of delivery.")
        texts = {
            ("terms", True): self.env._("Terms of %s govern the day of the event.", self.agreement_id.name),
            ("terms", False): self.env._(
                "No version of %s was in force on the day of the event.", self.agreement_id.name
            ),
            ("liability", True): self.env._("The liability matrix says who bears this cause."),
            ("liability", False): self.env._("The liability matrix says nothing about this cause."),
            ("scope", True): self.env._("Within the scope of the agreement."),
            ("warranty", True): self.env._("Within warranty, %s days left on the day of the event.", days),
            ("warranty", False): self.env._("Outside warranty by %s days.", days),
            ("production", False): self.env._(
                "The warranty runs from production: enter the production date of every item."
            ),
            ("window", True): self.env._("Reported in time."),
            ("window", False): self.env._("Reported %s days after the claim window had closed.", days),
            ("notice", True): self.env._("Hidden transport damage was told in time."),
            ("notice", False): self.env._(
                "Hidden transport damage was told %s days after the notice of that transport mode had ended.", days
            ),
        }
        return texts[finding.rule, finding.kept]

    def _explain_run_off(self, finding):
        """The contract has ended: who serves, who pays and why, in the user's language."""
        days = abs(finding.days or 0)
        reasons = {
            "run_off": self.env._("The franchise contract has ended; its run-off lasts %s days more.", days),
            "after_run_off": self.env._("The franchise contract has ended; its run-off ended %s days before.", days),
            "out_of_warranty": self.env._("The franchise contract has ended and the warranty has run out."),
            "sold_after_end": self.env._("The goods were sold after the franchise contract had ended."),
        }
        outlet = self.serving_outlet_id.display_name or ""
        served = {
            "successor": self.env._("Outlet %s serves the customer.", outlet),
            "head_office": self.env._("Head office serves the customer."),
            "nobody": self.env._("Nobody has to serve the customer."),
        }
        paid = {
            "matrix": self.env._("The parties of the liability matrix pay."),
            "supplier": self.env._("The supplier pays."),
            "franchisor": self.env._("The franchisor pays."),
            "customer": self.env._("The customer pays."),
        }
        detail = finding.detail
        return " ".join((reasons[detail["reason"]], served[detail["served_by"]], paid[detail["paid_by"]]))
