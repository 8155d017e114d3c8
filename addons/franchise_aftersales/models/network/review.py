from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL

from ...tools.review import grade, volume_score, weighted_total
from ..base.document import Transition
from ..base.translations import copy_translations

GROUP_CONTRACT = "franchise_aftersales.group_contract"
GRADES = [("A", "A"), ("B", "B"), ("C", "C")]


class FranchiseReview(models.Model):
    """Review of one contract for one year: scores, weighted total, class, rank, and what follows from it (R-A9)."""

    _name = "franchise.review"
    _description = "Annual Review"
    _inherit = ["franchise.contract.header.mixin", "franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "year desc, total desc, id"

    _transitions = {
        "confirm": Transition(("draft",), "confirmed", GROUP_CONTRACT),
        "reopen": Transition(("confirmed",), "draft", "franchise_aftersales.group_manager"),
    }
    _frozen_fields = frozenset({"contract_id", "year", "outcome", "outcome_text"})
    _step_fields = frozenset({"grade_confirmed", "confirmed_by_id", "confirmed_at", "total_confirmed"})

    brand_id = fields.Many2one(related="contract_id.brand_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    year = fields.Integer(
        required=True, aggregator=False, default=lambda self: fields.Date.context_today(self).year - 1
    )
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
    )
    user_id = fields.Many2one("res.users", string="Reviewer", default=lambda self: self.env.user)
    line_ids = fields.One2many("franchise.review.line", "review_id", string="Scores")
    weight_total = fields.Float(string="Sum of Weights %", digits=(7, 2), compute="_compute_total", store=True)
    total = fields.Float(digits=(5, 2), compute="_compute_total", store=True, aggregator="avg")
    grade = fields.Selection(GRADES, string="Class", compute="_compute_grade")
    total_confirmed = fields.Float(string="Confirmed Total", digits=(5, 2), readonly=True, copy=False, aggregator="avg")
    grade_confirmed = fields.Selection(GRADES, string="Confirmed Class", readonly=True, copy=False, index=True)
    rank = fields.Integer(compute="_compute_rank", help="Place among the confirmed reviews of the brand and year.")
    rank_of = fields.Integer(string="Ranked", compute="_compute_rank", help="Confirmed reviews of the brand and year.")
    sales = fields.Monetary(
        string="Posted Sales", compute="_compute_sales", help="Posted invoices less credit notes to the franchisee in the "
        "year, untaxed, in the company's currency."
    )  # fmt: skip
    outcome = fields.Selection([("reward", "Reward"), ("warning", "Warning")], tracking=True, copy=False)
    outcome_text = fields.Text(string="What Follows", copy=False)
    confirmed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    confirmed_at = fields.Datetime(string="Confirmed On", readonly=True, copy=False)

    _unique_year = models.UniqueIndex("(contract_id, year)", "This contract has a review for the year already.")
    _check_year = models.Constraint("CHECK (year BETWEEN 1990 AND 2200)", "Give the year in four digits.")
    _check_weights = models.Constraint(
        "CHECK (state <> 'confirmed' OR weight_total = 100)",
        "A review is confirmed with weights that add up to 100 %.",
    )
    _check_outcome = models.Constraint(
        "CHECK (state <> 'confirmed' OR outcome IS NULL OR outcome_text IS NOT NULL)",
        "A reward or warning says what it is.",
    )

    @api.depends("contract_id", "year")
    def _compute_display_name(self):
        for review in self:
            review.display_name = f"{review.contract_id.name or ''} {review.year or ''}".strip()

    @api.depends("line_ids.score", "line_ids.weight")
    def _compute_total(self):
        for review in self:
            rows = [(line.score, line.weight) for line in review.line_ids]
            review.weight_total = round(sum(weight for _score, weight in rows), 2)
            review.total = review._total(rows)

    @staticmethod
    def _total(rows):
        """The weighted total; while the rows are not complete, 0."""
        try:
            return float(weighted_total(rows))
        except ValueError:
            return 0.0

    @api.depends("total", "weight_total", "grade_confirmed", "state", "line_ids.is_scored",
                 "company_id.franchise_grade_a_from", "company_id.franchise_grade_b_from")  # fmt: skip
    def _compute_grade(self):
        """The class that the scores give; none before every criterion is scored."""
        for review in self:
            company = review.company_id
            if review.state == "confirmed":
                review.grade = review.grade_confirmed
            elif review.weight_total == 100 and company and all(review.line_ids.mapped("is_scored")):
                review.grade = grade(review.total, company.franchise_grade_a_from, company.franchise_grade_b_from)
            else:
                review.grade = False

    @api.depends("state", "total_confirmed", "brand_id", "year")
    def _compute_rank(self):
        """One window query for all: equal totals share a place (1, 2, 2, 4)."""
        self.env["franchise.review"].flush_model(["state", "total_confirmed", "brand_id", "year"])
        rows = self.env.execute_query(
            SQL(
                """SELECT id, place, number FROM (
                       SELECT id, RANK() OVER (PARTITION BY brand_id, year ORDER BY total_confirmed DESC) AS place,
                              COUNT(*) OVER (PARTITION BY brand_id, year) AS number
                         FROM franchise_review
                        WHERE state = 'confirmed' AND (brand_id, year) IN (
                              SELECT brand_id, year FROM franchise_review WHERE id IN %s)) ranked
                    WHERE id IN %s""",
                tuple(self.ids) or (0,),
                tuple(self.ids) or (0,),
            )
        )
        places = {review_id: (place, number) for review_id, place, number in rows}
        for review in self:
            review.rank, review.rank_of = places.get(review._origin.id, (0, 0))

    @api.depends("contract_id", "year")
    def _compute_sales(self):
        for review, sales in self._posted_sales().items():
            review.sales = float(sales)

    def _posted_sales(self):
        """{review: Decimal}: posted customer invoices less credit notes of the review's year, untaxed, company currency."""
        years = [year for year in self.mapped("year") if 1990 <= year <= 2200]
        sums = {}
        if years and self.franchisee_id:
            # Contract managers see the sum, not the entries.
            rows = (
                self.env["account.move"]
                .sudo()
                ._read_group(
                    [
                        ("state", "=", "posted"),
                        ("move_type", "in", ("out_invoice", "out_refund")),
                        ("company_id", "in", self.company_id.ids),
                        ("commercial_partner_id", "in", self.franchisee_id.commercial_partner_id.ids),
                        ("invoice_date", ">=", date(min(years), 1, 1)),
                        ("invoice_date", "<=", date(max(years), 12, 31)),
                    ],
                    ["company_id", "commercial_partner_id", "invoice_date:year"],
                    ["amount_untaxed_signed:sum"],
                )
            )
            sums = {
                (company.id, partner.id, first.year): Decimal(str(amount)) for company, partner, first, amount in rows
            }
        return {
            review: sums.get(
                (review.company_id.id, review.franchisee_id.commercial_partner_id.id, review.year), Decimal(0)
            )
            for review in self
        }

    def action_propose_volume(self):
        """Score the volume from posted sales: in percent of the best among the reviews of the brand and year."""
        for review in self:
            review.check_access("write")
        peers = self.sudo().search(
            [("brand_id", "in", self.brand_id.ids), ("year", "in", list(set(self.mapped("year"))))]
        )
        best = {}
        for review, sales in peers._posted_sales().items():
            key = (review.brand_id.id, review.year)
            best[key] = max(best.get(key, Decimal(0)), sales)
        sales = self._posted_sales()
        for review in self:
            lines = review.line_ids.filtered(lambda line: line.kind == "volume")
            lines.write({"score": volume_score(sales[review], best[review.brand_id.id, review.year])})
        return True

    def action_confirm(self):
        """Confirm: total and class are fixed, and the contract takes the class of its latest review.

        :raises UserError: weights don't add up to 100 %, a score is missing, or the outcome has no text.
        """
        self._check_transition("confirm")
        for review in self:
            review._check_complete()
            review._move(
                "confirm",
                {
                    "grade_confirmed": review.grade,
                    "total_confirmed": review.total,
                    "confirmed_by_id": self.env.uid,
                    "confirmed_at": fields.Datetime.now(),
                },
            )
        return True

    def action_reopen(self):
        """Back to draft, to be corrected; the contract falls back to the class of its review before."""
        return self._move(
            "reopen",
            {"grade_confirmed": False, "total_confirmed": 0, "confirmed_by_id": False, "confirmed_at": False},
        )

    def _check_complete(self):
        self.ensure_one()
        if self.weight_total != 100:
            raise UserError(
                self.env._(
                    "%(review)s: the weights add up to %(total)s %%, not to 100 %%.",
                    review=self.display_name,
                    total=f"{self.weight_total:g}",
                )
            )
        missing = self.line_ids.filtered(lambda line: not line.is_scored)
        if missing:
            raise UserError(
                self.env._(
                    "%(review)s: no score yet for %(criteria)s.",
                    review=self.display_name,
                    criteria=", ".join(missing.mapped("name")),
                )
            )
        if self.outcome and not (self.outcome_text or "").strip():
            raise UserError(self.env._("%s: say what the reward or warning is.", self.display_name))

    @api.model_create_multi
    def create(self, vals_list):
        reviews = super().create(vals_list)
        bare = reviews.filtered(lambda review: not review.line_ids)
        for company, group in bare.grouped("company_id").items():
            criteria = self.env["franchise.review.criterion"]._of(company)
            self.env["franchise.review.line"].create(
                [{"review_id": review.id, **criterion._prepare_line()} for review in group for criterion in criteria]
            )
        return reviews

    def action_take_weights(self):
        """Take the criteria and weights as they are configured now; scores of criteria that stay are kept."""
        for review in self:
            known = {line.criterion_id: line for line in review.line_ids}
            criteria = self.env["franchise.review.criterion"]._of(review.company_id)
            commands = [Command.delete(line.id) for criterion, line in known.items() if criterion not in criteria]
            for criterion in criteria:
                values = criterion._prepare_line()
                line = known.get(criterion)
                commands.append(Command.update(line.id, values) if line else Command.create(values))
            review.line_ids = commands
        copy_translations(self.line_ids, [line.criterion_id for line in self.line_ids])
        return True

    @api.model
    def _open_year(self, company, year):
        """Open the missing reviews of all signed contracts that ran in the year, in one batch. Returns the new ones.

        :raises UserError: the weights of the criteria don't add up to 100 %.
        """
        contracts = self.env["franchise.contract"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "signed"),
                ("date_start", "<=", date(year, 12, 31)),
                ("date_end", ">=", date(year, 1, 1)),
            ]
        )
        reviewed = self.search([("contract_id", "in", contracts.ids), ("year", "=", year)]).contract_id
        # Hundreds at once: no mail of assignment for each.
        opened = self.with_context(tracking_disable=True).create(
            [
                {"contract_id": contract.id, "year": year, "user_id": contract.user_id.id or self.env.uid}
                for contract in contracts - reviewed
            ]
        )
        return opened.with_env(self.env)
