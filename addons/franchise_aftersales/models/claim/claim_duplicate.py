from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL


class FranchiseClaimLine(models.Model):
    _inherit = "franchise.claim.line"

    _same_lot = models.Index("(company_id, upper(btrim(lot))) WHERE lot IS NOT NULL")


class FranchiseClaim(models.Model):
    """The same lot or serial claimed twice for the same cause: shown while it is entered, explained to submit (R-D1).

    A claim is compared with those of its company that are open or were reported lately. Of two drafts the older one is the
    original. A second claim for a lot is no mistake where other pieces of it failed, so nothing is refused that is explained.
    """

    _inherit = "franchise.claim"

    _frozen_fields = frozenset({"duplicate_of_id", "duplicate_reason"})

    duplicate_ids = fields.Many2many(
        "franchise.claim", string="Possible Duplicates", compute="_compute_duplicate_ids", groups="base.group_user"
    )
    duplicate_of_id = fields.Many2one(
        "franchise.claim",
        check_company=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        domain="[('id', 'in', duplicate_ids)]",
    )
    duplicate_reason = fields.Char(
        string="Why It Is No Duplicate",
        copy=False,
        tracking=True,
        help="E.g. other pieces of the same lot failed.",
    )

    @api.constrains("duplicate_of_id", "company_id")
    def _check_duplicate_of(self):
        for claim in self.filtered("duplicate_of_id"):
            original = claim.duplicate_of_id
            if original == claim or original.state == "cancelled" or original.duplicate_of_id:
                raise ValidationError(
                    self.env._(
                        "%(claim)s can't be a duplicate of %(original)s: choose a claim that stands.",
                        claim=claim.name,
                        original=original.name,
                    )
                )

    @api.depends("line_ids.lot", "line_ids.product_id", "cause_id", "company_id", "state")
    def _compute_duplicate_ids(self):
        found = self._find_duplicates()
        for claim in self:
            claim.duplicate_ids = found[claim]

    def _find_duplicates(self):
        """{claim: other claims about the same lot or serial, cause and product}, in one query for any number of claims."""
        asked = [
            (number, claim._origin.id or 0, claim.company_id.id, line.lot, claim.cause_id.id, line.product_id.id or 0)
            for number, claim in enumerate(self)
            if claim.cause_id and claim.company_id and claim.state != "cancelled"
            for line in claim.line_ids
            if line.lot and line.lot.strip()
        ]
        found = {claim: self.browse() for claim in self}
        if not asked:
            return found
        days = self.company_id.mapped("franchise_duplicate_days")
        since = fields.Date.subtract(fields.Date.context_today(self), days=max(days, default=0))
        self.env["franchise.claim.line"].flush_model(["lot", "company_id", "product_id", "claim_id"])
        self.env["franchise.claim"].flush_model(["cause_id", "state", "reported_date", "duplicate_reason"])
        numbers, ids, companies, lots, causes, products = (list(column) for column in zip(*asked, strict=True))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT asked.number, other.id
                  FROM unnest(%s::int[], %s::int[], %s::int[], %s::text[], %s::int[], %s::int[])
                       AS asked(number, claim_id, company_id, lot, cause_id, product_id)
                  JOIN franchise_claim_line line
                    ON line.company_id = asked.company_id
                   AND line.lot IS NOT NULL AND upper(btrim(line.lot)) = upper(btrim(asked.lot))
                   AND (asked.product_id = 0 OR line.product_id IS NULL OR line.product_id = asked.product_id)
                  JOIN franchise_claim other
                    ON other.id = line.claim_id AND other.id != asked.claim_id AND other.cause_id = asked.cause_id
                 WHERE other.state != 'cancelled'
                   AND (other.state IN ('draft', 'submitted', 'assessed', 'approved') OR other.reported_date >= %s)
                   AND (asked.claim_id = 0 OR other.id < asked.claim_id
                        OR (other.state != 'draft' AND COALESCE(other.duplicate_reason, '') = ''))
              ORDER BY asked.number, other.id
                """,
                numbers,
                ids,
                companies,
                lots,
                causes,
                products,
                since,
            )
        )
        claims = list(self)
        for number, other in rows:
            found[claims[number]] |= self.browse(other)
        return found

    @api.depends("duplicate_ids", "duplicate_of_id", "duplicate_reason")
    def _compute_obstacles(self):
        return super()._compute_obstacles()

    def _obstacles(self, step):
        found = super()._obstacles(step)
        if step != "submit":
            return found
        for claim, others in self._find_duplicates().items():
            if claim.duplicate_of_id:
                found[claim].append(
                    self.env._(
                        "It is marked as a duplicate of %s: cancel it as a duplicate, or empty that field.",
                        claim.duplicate_of_id.name,
                    )
                )
            elif others and not claim.duplicate_reason:
                found[claim].append(
                    self.env._(
                        "The same lot or serial is claimed for the same cause by %s: say why this is no duplicate, "
                        "or cancel it as one.",
                        ", ".join(others.mapped("name")),
                    )
                )
        return found

    def action_cancel_duplicate(self):
        """Cancel the claims as duplicates: of the one that was chosen, or else of the oldest that was found.

        :raises UserError: nothing was chosen and nothing like a claim was found.
        """
        self._check_transition("cancel")
        for claim, others in self._find_duplicates().items():
            if not claim.duplicate_of_id:
                standing = others.filtered(lambda other: not other.duplicate_of_id) - claim
                if not standing:
                    raise UserError(
                        self.env._(
                            "%s: no other claim has the same lot or serial and cause. Choose which one it repeats.",
                            claim.name,
                        )
                    )
                claim._trusted().duplicate_of_id = standing[0]
        return self.action_cancel()
