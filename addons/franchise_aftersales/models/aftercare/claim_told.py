from odoo import api, fields, models
from odoo.exceptions import UserError

CHANNELS = [("mail", "Mail"), ("call", "Call"), ("visit", "Visit")]
TEMPLATE = "franchise_aftersales.mail_template_claim_result"
ACTIVITY_TYPE = "franchise_aftersales.mail_activity_type_tell"
NOBODY_TOLD = dict.fromkeys(("told_on", "told_by_id", "told_channel", "told_text"), False)


class FranchiseClaim(models.Model):
    """The franchisee is told the result, by mail or by a call or visit that is recorded; no claim closes before (R-D11)."""

    _inherit = "franchise.claim"

    _step_fields = frozenset(NOBODY_TOLD)

    told_on = fields.Date(string="Result Told On", readonly=True, copy=False, tracking=True)
    told_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    told_channel = fields.Selection(CHANNELS, string="Told How", readonly=True, copy=False)
    told_text = fields.Text(string="What Was Said", readonly=True, copy=False)

    _told_by_somebody = models.Constraint(
        "CHECK (told_on IS NULL OR (told_by_id IS NOT NULL AND told_channel IS NOT NULL))",
        "Who told the franchisee, and how, belongs to the day on which they were told.",
    )

    @api.depends("told_on")
    def _compute_obstacles(self):
        return super()._compute_obstacles()

    def _obstacles(self, step):
        found = super()._obstacles(step)
        if step == "close":
            for claim in self:
                if not claim.told_on:
                    found[claim].append(
                        self.env._(
                            "%s was not told the result yet: send it by mail, or record the call or visit.",
                            claim.claimant_id.display_name,
                        )
                    )
        return found

    def action_reject(self):
        """Refuse; no later step waits for the franchisee to be told, so the responsible people get it as their task."""
        super().action_reject()
        self._remind_to_tell()
        return True

    def _remind_to_tell(self):
        """One activity each, all in one statement; it goes away when the franchisee is told."""
        model_id = self.env["ir.model"]._get_id(self._name)
        activity_type = self.env.ref(ACTIVITY_TYPE)
        today = fields.Date.context_today(self)
        vals_list = []
        for claim in self:
            user = claim.user_id or self.env.user
            spoken = claim.with_context(lang=user.lang or self.env.lang)
            vals_list.append(
                {
                    "res_model_id": model_id,
                    "res_id": claim.id,
                    "activity_type_id": activity_type.id,
                    "summary": spoken.env._(
                        "%(claim)s: tell %(who)s the result", claim=claim.name, who=claim.claimant_id.display_name
                    ),
                    "date_deadline": today,
                    "user_id": user.id,
                    "automated": True,
                }
            )
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(vals_list)

    def action_tell(self):
        """Open the dialogue to tell the result of these claims."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tell the Result"),
            "res_model": "franchise.claim.tell",
            "view_mode": "form",
            "target": "new",
            "context": {"default_claim_ids": [fields.Command.set(self.ids)]},
        }

    def _tell(self, channel, day, text=""):
        """Tell the franchisees the results by mail, in their language, or record how they were told.

        :param channel: "mail", "call" or "visit"; the last two need `text`, what was said.
        :param day: on which they were told; by mail it is today.
        :raises UserError: a claim is not decided, a franchisee has no mail address, or the day or the text is missing.
        """
        self.check_access("write")
        today = fields.Date.context_today(self)
        for claim in self:
            if claim.state not in ("approved", "rejected"):
                raise UserError(
                    self.env._("%s: there is a result to tell once it is approved or rejected.", claim.name)
                )
            if channel == "mail" and not claim.claimant_id.email:
                raise UserError(
                    self.env._(
                        "%(claim)s: %(franchisee)s has no mail address. Enter it, or call and record the call.",
                        claim=claim.name,
                        franchisee=claim.claimant_id.display_name,
                    )
                )
            decided = claim._decided_on()
            if channel != "mail" and (not day or day > today or (decided and day < decided)):
                raise UserError(
                    self.env._(
                        "%(claim)s: enter the day on which they were told, from the decision on %(decided)s until today.",
                        claim=claim.name,
                        decided=decided or today,
                    )
                )
        if channel != "mail" and not (text or "").strip():
            raise UserError(self.env._("Say what was told, so that a colleague can read it later."))
        texts = self._tell_by_mail() if channel == "mail" else dict.fromkeys(self.ids, text)
        channels = dict(self._fields["told_channel"]._description_selection(self.env))
        for claim in self:
            claim._trusted().write(
                {
                    "told_on": today if channel == "mail" else day,
                    "told_by_id": self.env.uid,
                    "told_channel": channel,
                    "told_text": texts[claim.id],
                }
            )
        self.sudo().activity_unlink([ACTIVITY_TYPE], only_automated=True)
        if channel != "mail":
            self._message_log_batch(
                {
                    claim.id: self.env._("Told the result (%(how)s): %(what)s", how=channels[channel], what=text)
                    for claim in self
                }
            )
        return True

    def _decided_on(self):
        """The day of the decision, where it is known."""
        self.ensure_one()
        return self.approved_at and fields.Datetime.context_timestamp(self, self.approved_at).date()

    def _tell_by_mail(self):
        """Send the result to each franchisee in their language; it stays in the claim's record. {id: subject}."""
        template = self.env.ref(TEMPLATE)
        subjects = template._render_field("subject", self.ids, compute_lang=True)
        bodies = template._render_field("body_html", self.ids, compute_lang=True)
        for claim in self:
            claim.message_post(
                partner_ids=claim.claimant_id.ids,
                subject=subjects[claim.id],
                body=bodies[claim.id],
                subtype_xmlid="mail.mt_note",
            )
        return subjects
