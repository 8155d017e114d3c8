from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

MODULE = "franchise_aftersales"
REPORT = f"{MODULE}.action_report_notice"
# The template of the letter by kind of notice; another one can be chosen on the notice.
TEMPLATES = {
    "termination": "letter_termination",
    "default": "letter_default",
    "supplier": "letter_supplier",
    "renewal": "letter_renewal",
    "other": "letter_other",
}


class FranchiseNotice(models.Model):
    """The letter of a notice: its text from a template, its print, the mail that carries it (R-B2)."""

    _inherit = "franchise.notice"

    template_id = fields.Many2one(
        "mail.template",
        string="Text Template",
        compute="_compute_template_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="set null",
        domain="[('model', '=', 'franchise.notice')]",
        groups="base.group_user",
    )

    @api.depends("kind")
    def _compute_template_id(self):
        for notice in self:
            notice.template_id = self.env.ref(f"{MODULE}.{TEMPLATES[notice.kind or 'other']}", raise_if_not_found=False)

    def action_write_text(self):
        """Write subject and text anew from the template, in the partner's language.

        :raises UserError: the notice was sent, or no template is chosen.
        """
        for notice in self:
            notice._check_frozen({"body": ""})
            if not notice.template_id:
                raise UserError(self.env._("%s: choose the template of the text.", notice.display_name))
            notice._write_text()
        return True

    def _write_text(self):
        self.ensure_one()
        template = self.template_id
        body = template._render_field("body_html", self.ids, compute_lang=True)[self.id]
        subject = template._render_field("subject", self.ids, compute_lang=True)[self.id]
        self.write({"body": body, "name": subject or self.name})

    def _ensure_text(self):
        """Give the letter its text when nobody wrote one. :raises UserError: there is none and no template either."""
        self.ensure_one()
        if not self._has_text(self.body):
            self.action_write_text()

    @staticmethod
    def _has_text(html):
        return bool(html and html.striptags().strip())

    def _letter_intro(self):
        """First sentence of the letter, by its kind, in the language of this environment."""
        self.ensure_one()
        day = format_date(self.env, self.date_effective) if self.date_effective else self.env._("a day to be agreed")
        contract = self.contract_id.name or ""
        if self.kind == "termination":
            return self.env._(
                "We hereby give notice that franchise contract %(contract)s between us ends on %(day)s.",
                contract=contract,
                day=day,
            )
        if self.kind == "default":
            # The period runs from the delivery, which nobody knows when the letter is written.
            start = fields.Date.context_today(self)
            days = (self.date_effective - start).days if self.date_effective else 0
            return self.env._(
                "We hereby notify you that you are in default of franchise contract %(contract)s. The default is to be "
                "cured within %(days)s days after this notice is delivered to you; otherwise we may terminate the "
                "contract for cause.",
                contract=contract,
                days=days,
            )
        if self.kind == "renewal":
            return self.env._(
                "We hereby inform you that franchise contract %(contract)s will not be renewed. It ends on %(day)s.",
                contract=contract,
                day=day,
            )
        if self.kind == "supplier":
            return self.env._(
                "We hereby give you notice about our service agreement %(agreement)s. It takes effect on %(day)s.",
                agreement=self.agreement_id.name or "",
                day=day,
            )
        return self.env._("We hereby give you notice of the following: %s", self.name)

    def _letter_acknowledge(self):
        """The sentence that asks for an acknowledgement."""
        self.ensure_one()
        return self.env._(
            "Please acknowledge receipt of this notice within %s days: sign it in our portal, or send back a signed copy.",
            self.acknowledge_days,
        )

    def _mail_intro(self):
        """First sentence of the mail that carries the letter."""
        self.ensure_one()
        return self.env._("Please find attached a notice from %s:", self.company_id.name)

    def _in_partner_language(self):
        """This notice in the language of who reads the letter."""
        self.ensure_one()
        return self.with_context(lang=self.partner_id.lang or self.env.lang)

    def _letter_file_name(self):
        """Name of the printed letter, without its ending."""
        self.ensure_one()
        return (self.name or self.env._("Notice")).replace("/", "-")

    def _archive_letter(self):
        """Print the letter as it goes out and keep it as evidence."""
        self.ensure_one()
        name = self._in_partner_language()._letter_file_name()
        return self._archive_print(REPORT, f"{name}.pdf")

    def _mail(self, template, attachments=None):
        """Put a mail to the partner into the queue. :param template: xml id in this addon. :return: mail.mail (sudo)."""
        self.ensure_one()
        values = {}
        if attachments:
            values["attachment_ids"] = [fields.Command.link(attachment.id) for attachment in attachments]
        template = self.env.ref(f"{MODULE}.{template}").sudo()
        return self.env["mail.mail"].sudo().browse(template.send_mail(self.id, email_values=values))

    def _send_mail(self):
        """Mail the letter with a link to the portal; the queue sends it when this transaction stands."""
        self.ensure_one()
        self.sudo()._portal_ensure_token()
        mail = self._mail("mail_notice_sent", self.archive_id)
        self._trusted().write({"mail_id": mail.id})

    def _sent_phrase(self):
        """How the notice went out, as a sentence for the chatter."""
        self.ensure_one()
        channels = dict(self._fields["channel"]._description_selection(self.env))
        phrase = self.env._(
            "Sent to %(partner)s by %(channel)s. SHA-256 of the letter: %(hash)s",
            partner=self.partner_id.display_name,
            channel=channels[self.channel],
            hash=self.archive_sha256 or self.env._("not printed"),
        )
        if self.shortening:
            why = dict(self._fields["shortening"]._description_selection(self.env))[self.shortening]
            phrase = self.env._(
                "%(phrase)s. Notice period shortened (%(why)s): %(reason)s",
                phrase=phrase,
                why=why,
                reason=self.shortening_reason,
            )
        return phrase

    def _get_report_base_filename(self):
        self.ensure_one()
        return self._letter_file_name()
