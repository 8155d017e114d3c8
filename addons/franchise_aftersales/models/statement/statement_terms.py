from collections import defaultdict

from odoo import fields, models

SILENCE = [("agree", "Counts as agreement"), ("escalate", "Is no answer: somebody asks")]
# (role, what was agreed with who has it, its field with the partner, its dated terms)
AGREED_IN = [
    ("supplier", "franchise.service.agreement", "supplier_id", "franchise.service.agreement.version"),
    ("franchisee", "franchise.contract", "franchisee_id", "franchise.contract.version"),
]


class FranchiseStatementTermsMixin(models.AbstractModel):
    """What a partner agreed about statements: until when they may object, and what silence means (R-E4)."""

    _name = "franchise.statement.terms.mixin"
    _description = "Terms of Statements"

    statement_days = fields.Integer(
        string="Days to Object", help="Days from the sending of a statement; 0: as the company's settings say."
    )
    statement_silence = fields.Selection(
        SILENCE, string="Silence After That", help="Only what was agreed; empty: as the company's settings say."
    )

    _check_statement_days = models.Constraint(
        "CHECK (COALESCE(statement_days, 0) >= 0)", "The days to object to a statement can't be negative."
    )


class FranchiseServiceAgreementVersion(models.Model):
    _name = "franchise.service.agreement.version"
    _inherit = ["franchise.service.agreement.version", "franchise.statement.terms.mixin"]


class FranchiseContractVersion(models.Model):
    _name = "franchise.contract.version"
    _inherit = ["franchise.contract.version", "franchise.statement.terms.mixin"]


class ResCompany(models.Model):
    _inherit = "res.company"

    franchise_statement_days = fields.Integer(
        string="Days to Object to a Statement", default=30, help="Where agreement and contract say nothing."
    )
    franchise_statement_silence = fields.Selection(
        SILENCE,
        string="Silence About a Statement",
        default="escalate",
        required=True,
        help="Where agreement and contract say nothing. Silence binds nobody who didn't agree to that.",
    )
    franchise_post_agreed_only = fields.Boolean(
        string="Post Only Agreed Settlements", help="A settlement is posted after the partner agreed to its statement."
    )

    _check_franchise_statement_days = models.Constraint(
        "CHECK (franchise_statement_days > 0)", "A partner needs at least one day to object to a statement."
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_statement_days = fields.Integer(related="company_id.franchise_statement_days", readonly=False)
    franchise_statement_silence = fields.Selection(related="company_id.franchise_statement_silence", readonly=False)
    franchise_post_agreed_only = fields.Boolean(related="company_id.franchise_post_agreed_only", readonly=False)


class FranchiseSettlement(models.Model):
    _inherit = "franchise.settlement"

    def _statement_terms(self, day):
        """What holds for the statements of these settlements if they are sent on `day` (date).

        A partner with several agreements or contracts in force has the longest of their periods, and their silence
        is agreement only where all of them say so. As many queries for many settlements as for one.

        :return: {settlement: (days, "agree" or "escalate")}
        """
        versions = self._statement_versions(day)
        terms = {}
        for settlement in self:
            company = settlement.company_id
            default = (company.franchise_statement_days, company.franchise_statement_silence)
            found = [
                (version.statement_days or default[0], version.statement_silence or default[1])
                for version in versions[
                    settlement.company_id, settlement.partner_id.commercial_partner_id, settlement.party
                ]
            ] or [default]
            silence = "agree" if all(said == "agree" for _days, said in found) else "escalate"
            terms[settlement] = (max(days for days, _said in found), silence)
        return terms

    def _statement_versions(self, day):
        """{(company, commercial partner, role): [versions in force on `day`]} of these settlements' partners."""
        found = defaultdict(list)
        for party, parent_model, partner_field, version_model in AGREED_IN:
            settlements = self.filtered(lambda settlement, party=party: settlement.party == party)
            if not settlements:
                continue
            parents = (
                self.env[parent_model]
                .sudo()
                .search(
                    [
                        ("company_id", "in", settlements.company_id.ids),
                        (partner_field, "child_of", settlements.partner_id.commercial_partner_id.ids),
                    ]
                )
            )
            governing = self.env[version_model].sudo()._in_force_on([(parent.id, day) for parent in parents])
            for parent in parents:
                if version := governing.get((parent.id, day)):
                    found[parent.company_id, parent[partner_field].commercial_partner_id, party].append(version)
        return found
