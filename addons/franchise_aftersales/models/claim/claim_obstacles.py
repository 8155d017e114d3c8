from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError

# The step that a person takes next in each status; what stands in its way is shown on the form.
NEXT_STEP = {"draft": "submit", "submitted": "assess", "assessed": "approve", "approved": "close"}
SHOWN = 20  # sentences a message spells out


class FranchiseClaim(models.Model):
    """What stands in the way of a claim's steps: one list for the form, the guards and every room that adds to it."""

    _inherit = "franchise.claim"

    obstacle_count = fields.Integer(string="Open Points", compute="_compute_obstacles")
    obstacle_html = fields.Html(string="What Is Open", compute="_compute_obstacles", sanitize=False)

    @api.depends("state", "line_ids.amount_claimed", "contract_id.state", "coverage_state", "override_reason")
    @api.depends_context("lang", "uid")
    def _compute_obstacles(self):
        found = {}
        for step, claims in self._origin.grouped(lambda claim: NEXT_STEP.get(claim.state)).items():
            if step:
                found.update(claims._obstacles(step))
        for claim in self:
            sentences = found.get(claim._origin, [])
            claim.obstacle_count = len(sentences)
            claim.obstacle_html = Markup("<ul class='mb-0'>%s</ul>") % Markup("").join(
                Markup("<li>%s</li>") % sentence for sentence in sentences
            )

    def _obstacles(self, step):
        """{claim: sentences in the reader's language} of what keeps each from `step`: "submit", "assess", "approve" or "close".

        Claims without an obstacle have an empty list. Rooms add theirs; many claims take as many queries as one.
        """
        found = {claim: [] for claim in self}
        if step == "submit":
            for claim in self:
                found[claim] = claim._incomplete()
        elif step == "approve":
            for claim in self:
                if claim.coverage_state != "covered" and not claim.override_reason:
                    found[claim].append(
                        self.env._(
                            "It is not covered: %s Give a reason for the override, or reject it.",
                            (claim.coverage_reason or "").replace("\n", " "),
                        )
                    )
        return found

    def _incomplete(self):
        """What a claim lacks to be submitted."""
        self.ensure_one()
        sentences = []
        if not self.line_ids:
            sentences.append(self.env._("It has no line: enter at least one loss."))
        if self.contract_id.state not in ("signed", "ended"):
            sentences.append(self.env._("Contract %s is not signed.", self.contract_id.name))
        sentences += [
            self.env._("“%s” claims nothing.", line.display_name) for line in self.line_ids if line.amount_claimed <= 0
        ]
        return sentences

    def _check_obstacles(self, step):
        """Refuse `step` while anything stands in its way.

        :raises UserError: names every claim and all that is open.
        """
        blocked = {claim: sentences for claim, sentences in self._obstacles(step).items() if sentences}
        if not blocked:
            return
        labels = {
            "submit": self.env._("can't be submitted yet"),
            "assess": self.env._("can't be assessed yet"),
            "approve": self.env._("can't be approved yet"),
            "close": self.env._("can't be closed yet"),
        }
        points = [
            f"{claim.name} {labels[step]}: {sentence}" for claim, sentences in blocked.items() for sentence in sentences
        ]
        if len(points) > SHOWN:
            points[SHOWN:] = [self.env._("… and %s more.", len(points) - SHOWN)]
        raise UserError("\n".join(points))
