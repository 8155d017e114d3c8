from odoo import fields, models

TEMPLATE = "franchise_aftersales.mail_template_claim_rating"


class FranchiseClaim(models.Model):
    """After closing the franchisee is asked how satisfied they are; one rating a claim (R-D11)."""

    _name = "franchise.claim"
    _inherit = ["rating.mixin", "franchise.claim"]

    _step_fields = frozenset({"rating_requested_on", "closed_on"})

    closed_on = fields.Date(readonly=True, copy=False, index="btree_not_null")
    rating_requested_on = fields.Date(string="Asked for a Rating On", readonly=True, copy=False)
    is_rated = fields.Boolean(string="Rated", compute="_compute_is_rated", search="_search_is_rated")

    def _compute_is_rated(self):
        for claim in self:
            claim.is_rated = claim.sudo().rating_last_value > 0

    def _search_is_rated(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = fields.Domain("rating_last_value", ">", 0)
        wanted = set(value)
        if wanted == {True, False}:
            return fields.Domain.TRUE
        return domain if True in wanted else ~domain

    def action_close(self):
        """Close; then the franchisees are asked how satisfied they are, and the follow-ups are planned."""
        super().action_close()
        self._trusted().write({"closed_on": fields.Date.context_today(self)})
        self.env["franchise.claim.followup"]._plan(self)
        self.filtered(
            lambda claim: claim.company_id.franchise_rating_request and claim.claimant_id.email
        )._ask_for_rating()
        return True

    def _ask_for_rating(self):
        """A mail to each franchisee alone: the link in it is theirs and must not stand in the claim's record.

        A claim that was taken up again keeps its one rating: who answers again changes it.
        """
        if not self:
            return
        tokens = self._rating_tokens()
        template = self.env.ref(TEMPLATE)
        for claim in self:
            spoken = template.with_context(lang=claim.claimant_id.lang or self.env.lang, rating_token=tokens[claim.id])
            claim.message_notify(
                partner_ids=claim.claimant_id.ids,
                subject=spoken._render_field("subject", claim.ids)[claim.id],
                body=spoken._render_field("body_html", claim.ids)[claim.id],
            )
        self._trusted().write({"rating_requested_on": fields.Date.context_today(self)})

    def _rating_tokens(self):
        """{id: token of the claim's one rating}; what is missing is created in one statement."""
        ratings = self.env["rating.rating"].sudo()
        found = ratings.search([("res_model", "=", self._name), ("res_id", "in", self.ids)], order="id desc")
        tokens = {rating.res_id: rating.access_token for rating in found}
        model_id = self.env["ir.model"]._get_id(self._name)
        created = ratings.create(
            [
                {
                    "res_model_id": model_id,
                    "res_id": claim.id,
                    "partner_id": claim.claimant_id.id,
                    "rated_partner_id": claim.user_id.partner_id.id,
                }
                for claim in self
                if claim.id not in tokens
            ]
        )
        return tokens | {rating.res_id: rating.access_token for rating in created}

    def _rating_get_partner(self):
        return self.claimant_id

    def _rating_get_operator(self):
        return self.user_id.partner_id

    def action_view_rating(self):
        """Open the rating of this claim."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Satisfaction"),
            "res_model": "rating.rating",
            "view_mode": "kanban,list,form",
            "domain": [("res_model", "=", self._name), ("res_id", "=", self.id), ("consumed", "=", True)],
        }
