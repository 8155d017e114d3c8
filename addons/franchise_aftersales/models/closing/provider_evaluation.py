from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...tools.weighted import ranking, weighted_total
from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseProviderEvaluation(models.Model):
    """Who could take over an ended provider's services: candidates compared by weighted criteria (R-B13).

    Criteria and weights are fixed before anybody is scored; then the ranking is computed and the decision written down.
    """

    _name = "franchise.provider.evaluation"
    _description = "Provider Evaluation"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _transitions = {
        "confirm": Transition(("draft",), "scoring", GROUP_CONTRACT),
        "reopen": Transition(("scoring",), "draft", GROUP_CONTRACT),
        "decide": Transition(("scoring",), "decided", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset({"name", "company_id", "termination_id", "agreement_id", "criterion_ids"})
    _step_fields = frozenset({"decided_by_id", "decided_on"})

    name = fields.Char(required=True, help="e.g. Repair of brewing machines, East China")
    state = fields.Selection(
        [("draft", "Criteria"), ("scoring", "Scoring"), ("decided", "Decided")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    termination_id = fields.Many2one("franchise.termination", index=True, ondelete="restrict", check_company=True)
    agreement_id = fields.Many2one(
        "franchise.service.agreement", string="Replaces", index=True, ondelete="restrict", check_company=True
    )
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    criterion_ids = fields.One2many(
        "franchise.provider.criterion",
        "evaluation_id",
        string="Criteria",
        copy=True,
        default=lambda self: self._default_criteria(),
    )
    candidate_ids = fields.One2many("franchise.provider.candidate", "evaluation_id", string="Candidates", copy=True)
    score_ids = fields.One2many("franchise.provider.score", "evaluation_id", string="Scores", copy=False)
    weight_total = fields.Float(string="Weights %", compute="_compute_weight_total", store=True, digits=(5, 2))
    decision_id = fields.Many2one(
        "franchise.provider.candidate",
        string="Chosen",
        copy=False,
        ondelete="restrict",
        domain="[('evaluation_id', '=', id)]",
        tracking=True,
    )
    decision_reason = fields.Text(copy=False, help="Needed when the chosen one isn't first in the ranking.")
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_on = fields.Date(readonly=True, copy=False)

    _check_weights = models.Constraint(
        "CHECK (state = 'draft' OR weight_total = 100)", "The weights of the criteria must add up to exactly 100 %."
    )
    _check_decided = models.Constraint(
        "CHECK (state != 'decided' OR decision_id IS NOT NULL)", "A decision names a candidate."
    )

    @api.model
    def _default_criteria(self):
        return [
            Command.create({"kind": kind, "name": label, "weight": 25})
            for kind, label in self.env["franchise.provider.criterion"]._fields["kind"]._description_selection(self.env)
            if kind != "other"
        ]

    @api.depends("criterion_ids.weight")
    def _compute_weight_total(self):
        for evaluation in self:
            evaluation.weight_total = sum(evaluation.criterion_ids.mapped("weight"))

    def write(self, vals):
        if {"decision_id", "decision_reason"}.intersection(vals) and not self._is_moving():
            decided = self.filtered(lambda evaluation: evaluation.state == "decided")
            if decided:
                raise UserError(self.env._("%s is decided: the decision and its reason stay.", decided[0].name))
        return super().write(vals)

    def action_confirm(self):
        """Fix criteria and weights; every candidate gets a row to be scored for every criterion.

        :raises UserError: the weights don't add up to 100 %, or there are fewer than two candidates.
        """
        self._check_transition("confirm")
        for evaluation in self:
            if evaluation.weight_total != 100:
                raise UserError(
                    self.env._(
                        "%(evaluation)s: the weights add up to %(total)s %%, not to 100 %%.",
                        evaluation=evaluation.name,
                        total=f"{evaluation.weight_total:g}",
                    )
                )
            if len(evaluation.candidate_ids) < 2:
                raise UserError(self.env._("%s: compare at least two candidates.", evaluation.name))
        self._move("confirm")
        for evaluation in self:
            known = {(score.candidate_id, score.criterion_id) for score in evaluation.score_ids}
            self.env["franchise.provider.score"].create(
                [
                    {"candidate_id": candidate.id, "criterion_id": criterion.id}
                    for candidate in evaluation.candidate_ids
                    for criterion in evaluation.criterion_ids
                    if (candidate, criterion) not in known
                ]
            )
        return True

    def action_reopen(self):
        """Back to the criteria; scores that were given stay."""
        return self._move("reopen")

    def action_decide(self):
        """Write down the decision. :raises UserError: a score is missing, nobody is chosen, or the reason is missing."""
        self._check_transition("decide")
        for evaluation in self:
            missing = evaluation.score_ids.filtered(lambda score: not score.is_scored)
            if missing or not evaluation.score_ids:
                raise UserError(
                    self.env._(
                        "%(evaluation)s: %(count)s scores are missing.", evaluation=evaluation.name, count=len(missing)
                    )
                )
            chosen = evaluation.decision_id
            if chosen.evaluation_id != evaluation:
                raise UserError(self.env._("%s: choose one of its candidates.", evaluation.name))
            if chosen.rank > 1 and not evaluation.decision_reason:
                raise UserError(
                    self.env._("%s isn't first in the ranking: say why it is chosen.", chosen.partner_id.name)
                )
        return self._move("decide", {"decided_by_id": self.env.uid, "decided_on": fields.Date.context_today(self)})


class FranchiseProviderCriterion(models.Model):
    """What candidates are compared by, and how much it counts."""

    _name = "franchise.provider.criterion"
    _description = "Criterion"
    _inherit = ["franchise.document.row.mixin"]
    _order = "evaluation_id, sequence, id"

    _row_of = "evaluation_id"

    evaluation_id = fields.Many2one("franchise.provider.evaluation", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="evaluation_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("quality", "Quality"),
            ("price", "Price"),
            ("terms", "Terms"),
            ("guarantees", "Guarantees"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    name = fields.Char(string="Criterion", required=True)
    weight = fields.Float(string="Weight %", digits=(5, 2), required=True)

    _check_weight = models.Constraint("CHECK (weight BETWEEN 0 AND 100)", "A weight lies between 0 and 100 %.")

    def _fixed_text(self, evaluation):
        return self.env._("%s is being scored: its criteria are fixed.", evaluation.name)


class FranchiseProviderCandidate(models.Model):
    """A provider who could take over; total and rank follow from its scores."""

    _name = "franchise.provider.candidate"
    _description = "Candidate"
    _order = "evaluation_id, total desc, id"
    _rec_name = "partner_id"

    evaluation_id = fields.Many2one("franchise.provider.evaluation", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="evaluation_id.company_id", store=True, index=True)
    partner_id = fields.Many2one("res.partner", string="Provider", required=True, ondelete="restrict")
    offer = fields.Char(help="Number and date of the offer.")
    score_ids = fields.One2many("franchise.provider.score", "candidate_id", string="Scores by Criterion")
    total = fields.Float(string="Score", compute="_compute_total", store=True, digits=(6, 3), help="0 to 10.")
    rank = fields.Integer(compute="_compute_rank")

    _unique_partner = models.UniqueIndex("(evaluation_id, partner_id)", "This provider is a candidate already.")

    @api.depends("score_ids.score", "score_ids.criterion_id.weight", "evaluation_id.weight_total")
    def _compute_total(self):
        for candidate in self:
            weights = {score.criterion_id.id: score.criterion_id.weight for score in candidate.score_ids}
            scores = {score.criterion_id.id: score.score for score in candidate.score_ids}
            complete = round(sum(weights.values()), 2) == 100
            candidate.total = float(weighted_total(scores, weights)) if complete else 0.0

    @api.depends("total", "evaluation_id.candidate_ids.total")
    def _compute_rank(self):
        for evaluation in self.evaluation_id:
            candidates = evaluation.candidate_ids
            for candidate, rank in zip(candidates, ranking(candidates.mapped("total")), strict=True):
                candidate.rank = rank
        self.filtered(lambda candidate: not candidate.evaluation_id).rank = 0

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        fixed = self.evaluation_id.filtered(lambda evaluation: evaluation.state != "draft")
        if fixed:
            raise UserError(self.env._("%s is being scored: its candidates stay.", fixed[0].name))


class FranchiseProviderScore(models.Model):
    """What one candidate is worth by one criterion."""

    _name = "franchise.provider.score"
    _description = "Score"
    _order = "candidate_id, criterion_id"

    candidate_id = fields.Many2one("franchise.provider.candidate", required=True, index=True, ondelete="cascade")
    criterion_id = fields.Many2one("franchise.provider.criterion", required=True, index=True, ondelete="cascade")
    evaluation_id = fields.Many2one(related="candidate_id.evaluation_id", store=True, index=True)
    company_id = fields.Many2one(related="evaluation_id.company_id", store=True, index=True)
    weight = fields.Float(related="criterion_id.weight")
    score = fields.Float(digits=(4, 2), help="0 to 10, ten is best.")
    is_scored = fields.Boolean(string="Scored")
    note = fields.Char(string="Why")

    _unique_pair = models.UniqueIndex("(candidate_id, criterion_id)", "This criterion is scored already.")
    _check_score = models.Constraint("CHECK (score BETWEEN 0 AND 10)", "A score lies between 0 and 10.")

    def write(self, vals):
        decided = self.evaluation_id.filtered(lambda evaluation: evaluation.state == "decided")
        if decided:
            raise UserError(self.env._("%s is decided: its scores stay.", decided[0].name))
        if "score" in vals:
            vals = {**vals, "is_scored": True}
        return super().write(vals)
