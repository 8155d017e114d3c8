from odoo import api, fields, models

# These decide what a termination costs, so they are reviewed first.
FIRST = {"responsibility": 1, "breach": 2, "change": 3}


class FranchiseTerminationClauseReview(models.Model):
    """What one clause of the contract, or of an agreement it touches, means for this termination (R-B3)."""

    _name = "franchise.termination.clause.review"
    _description = "Clause Review"
    _inherit = ["franchise.termination.row.mixin"]
    _order = "termination_id, sequence, id"
    _rec_name = "clause_id"

    _log_fields = frozenset({"reviewed_by_id", "reviewed_on"})

    sequence = fields.Integer(default=9)
    clause_id = fields.Many2one("franchise.clause", required=True, index=True, ondelete="restrict")
    clause_number = fields.Char(related="clause_id.number", string="No.")
    clause_kind = fields.Selection(related="clause_id.kind", string="Kind", store=True)
    clause_text = fields.Html(related="clause_id.text", string="Text of the Clause")
    agreement_id = fields.Many2one(related="clause_id.agreement_id", store=True, help="Empty: the franchise contract.")
    currency_id = fields.Many2one(related="termination_id.currency_id")
    finding = fields.Selection(
        [
            ("none", "Nothing follows"),
            ("responsibility", "Responsibility"),
            ("breach", "Breach liability"),
            ("change", "Change notice"),
            ("other", "Other"),
        ]
    )
    finding_text = fields.Text(string="What Follows")
    amount_at_stake = fields.Monetary(help="In the contract's currency.")
    reviewed_by_id = fields.Many2one("res.users", string="Reviewer", readonly=True, copy=False)
    reviewed_on = fields.Date(readonly=True, copy=False)

    _unique_clause = models.UniqueIndex("(termination_id, clause_id)", "This clause is in the review already.")
    _check_reviewed = models.Constraint(
        "CHECK ((finding IS NULL) = (reviewed_by_id IS NULL) AND (finding IS NULL) = (reviewed_on IS NULL))",
        "A finding says who reviewed the clause and when.",
    )
    _check_amount = models.Constraint(
        "CHECK (COALESCE(amount_at_stake, 0) >= 0)", "An amount at stake can't be negative."
    )

    @api.model_create_multi
    def create(self, vals_list):
        found = [(vals.pop("finding", False), vals) for vals in (dict(vals) for vals in vals_list)]
        reviews = super().create([vals for _finding, vals in found])
        for review, (finding, _vals) in zip(reviews, found, strict=True):
            if finding:
                review.finding = finding
        return reviews

    def write(self, vals):
        if "finding" not in vals or self._is_logging():
            return super().write(vals)
        reviewed = bool(vals["finding"])
        log = {
            "reviewed_by_id": reviewed and self.env.uid,
            "reviewed_on": reviewed and fields.Date.context_today(self),
        }
        rest = {name: value for name, value in vals.items() if name != "finding"}
        super().write(rest)
        # Together, for the database asks for all three at once.
        return self._log({"finding": vals["finding"], **log})

    @api.model
    def _generate(self, terminations):
        """Add a row for every clause in force of the contracts and of the agreements touched; findings are kept.

        :return: the new rows.
        """
        today = fields.Date.context_today(self)
        in_force = self.env["franchise.clause"]._in_force_on
        contracts, agreements = terminations.contract_id, terminations.impact_ids.agreement_id
        by_document = {
            contracts.browse(key): rows
            for (key, _day), rows in in_force("contract_id", [(key, today) for key in contracts.ids]).items()
        } | {
            agreements.browse(key): rows
            for (key, _day), rows in in_force("agreement_id", [(key, today) for key in agreements.ids]).items()
        }
        have = {(row.termination_id, row.clause_id) for row in terminations.review_ids}
        return self.create(
            [
                {
                    "termination_id": termination.id,
                    "clause_id": clause.id,
                    "sequence": FIRST.get(clause.kind, 9),
                }
                for termination in terminations
                for document in (termination.contract_id, *termination.impact_ids.agreement_id)
                for clause in by_document.get(document, ())
                if (termination, clause) not in have
            ]
        )
