from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseTermination(models.Model):
    """After closing both sides are asked how satisfied they are (R-B13)."""

    _name = "franchise.termination"
    _inherit = ["rating.mixin", "franchise.termination"]

    survey_sent_on = fields.Date(readonly=True, copy=False)
    rating_partner = fields.Float(
        string="Their Satisfaction", compute="_compute_rating_sides", help="Of the ex-franchisee; 1 to 5, 0: no answer."
    )
    rating_own = fields.Float(string="Our Satisfaction", compute="_compute_rating_sides", help="1 to 5, 0: no answer.")
    measure_count = fields.Integer(compute="_compute_measure_count")

    def _compute_rating_sides(self):
        ratings = (
            self.env["rating.rating"]
            .sudo()
            .search(
                [("res_model", "=", self._name), ("res_id", "in", self.ids), ("consumed", "=", True)],
                order="write_date, id",
            )
        )
        latest = {(rating.res_id, rating.partner_id): rating.rating for rating in ratings}
        for termination in self:
            termination.rating_partner = latest.get((termination.id, termination.franchisee_id), 0)
            termination.rating_own = latest.get((termination.id, termination.user_id.partner_id), 0)

    def _compute_measure_count(self):
        counts = dict(
            self.env["franchise.measure"]
            .sudo()
            ._read_group([("termination_id", "in", self.ids)], ["termination_id"], ["__count"])
        )
        for termination in self:
            termination.measure_count = counts.get(termination, 0)

    def action_send_survey(self):
        """Ask the ex-franchisee and our own responsible person, each by a mail of their own with their own link.

        :raises UserError: the case isn't closed yet, or the survey has been sent.
        """
        self.check_access("write")
        for termination in self:
            if termination.state != "closed":
                raise UserError(self.env._("%s is asked about after it is closed.", termination.name))
            if termination.survey_sent_on:
                raise UserError(
                    self.env._(
                        "%(case)s: the survey was sent on %(day)s.",
                        case=termination.name,
                        day=termination.survey_sent_on,
                    )
                )
        for termination in self:
            for partner in termination.franchisee_id | termination.user_id.partner_id:
                termination._ask_for_rating(partner)
        self._trusted().write({"survey_sent_on": fields.Date.context_today(self)})
        return True

    def _ask_for_rating(self, partner):
        """A mail to `partner` alone: the link in it is theirs and must not stand in the case's chatter."""
        self.ensure_one()
        token = self.sudo()._rating_get_access_token(partner)
        template = self.env.ref("franchise_aftersales.mail_template_survey").with_context(
            lang=partner.lang or self.env.lang, survey_token=token, survey_partner=partner.name
        )
        self.message_notify(
            partner_ids=partner.ids,
            subject=template._render_field("subject", self.ids)[self.id],
            body=template._render_field("body_html", self.ids)[self.id],
        )

    def action_view_measures(self):
        """Open the improvement measures of this case."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Measures"),
            "res_model": "franchise.measure",
            "view_mode": "kanban,list,form",
            "domain": [("termination_id", "=", self.id)],
            "context": {"default_termination_id": self.id},
        }
