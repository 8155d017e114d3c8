from odoo import api, fields, models

from ...tools.recovery_routing import Rule
from .recovery import PARTIES

TARGETS = [*PARTIES, ("dispute", "Dispute"), ("own", "Our own cost (goodwill)")]


class FranchiseServiceAgreementReroute(models.Model):
    """What becomes of an amount that a liable party rejects, of one cause or in general (R-D16)."""

    _name = "franchise.service.agreement.reroute"
    _description = "Rule for Rejected Amounts"
    _inherit = ["franchise.version.line.mixin"]
    _order = "version_id, party, cause_id"
    _rec_name = "party"

    version_id = fields.Many2one("franchise.service.agreement.version", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="version_id.company_id", store=True)
    cause_id = fields.Many2one(
        "franchise.cause",
        ondelete="restrict",
        help="The rule holds for this cause and those below it; empty: for every cause without a rule of its own.",
    )
    party = fields.Selection(PARTIES, string="Rejected By", required=True, default="supplier")
    target = fields.Selection(TARGETS, string="Goes To", required=True, default="dispute")
    decider = fields.Selection(
        [("service", "Service"), ("finance", "Finance")], string="Confirmed By", required=True, default="service"
    )

    _unique_rule = models.UniqueIndex(
        "(version_id, party, COALESCE(cause_id, 0))", "There is a rule for this party and cause already."
    )
    _check_target = models.Constraint(
        "CHECK (target != party)", "What a party rejects goes to somebody else, into a dispute, or to our own cost."
    )

    @api.depends("party", "cause_id.complete_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        parties = dict(self._fields["party"]._description_selection(self.env))
        for rule in self:
            rule.display_name = " · ".join(filter(None, (parties.get(rule.party), rule.cause_id.display_name)))


class FranchiseServiceAgreementVersion(models.Model):
    _inherit = "franchise.service.agreement.version"

    reroute_ids = fields.One2many(
        "franchise.service.agreement.reroute", "version_id", string="When an Amount Is Rejected", copy=True
    )
    own_cost_limit = fields.Monetary(
        string="Own Cost Up To",
        help="What service staff may let the company bear per claim when others reject; more is confirmed by finance. "
        "0: finance always confirms.",
    )

    _check_own_cost_limit = models.Constraint("CHECK (COALESCE(own_cost_limit, 0) >= 0)", "A limit can't be negative.")

    def _reroute_rules(self, cause):
        """The rules of these terms as `tools.recovery_routing.Rule`, those of `cause` and its parents, and general ones."""
        distances = {candidate.id: number for number, candidate in enumerate(cause._ancestors())}
        return [
            Rule(row.party, row.target, row.decider, distances[row.cause_id.id] if row.cause_id else None)
            for row in self.reroute_ids
            if not row.cause_id or row.cause_id.id in distances
        ]
