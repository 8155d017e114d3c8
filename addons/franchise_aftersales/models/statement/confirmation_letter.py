from markupsafe import Markup
from odoo import fields, models
from odoo.tools import format_date

MODULE = "franchise_aftersales"


class FranchiseStatementConfirmation(models.Model):
    """What goes out with a statement: its print and its mails, in the partner's language."""

    _inherit = "franchise.statement.confirmation"

    def _in_partner_language(self):
        """This statement in the language of who reads it."""
        self.ensure_one()
        return self.with_context(lang=self.partner_id.lang or self.env.lang)

    def _archive_statement(self):
        """Print the statement as it goes out and keep the file."""
        self.ensure_one()
        name = self.settlement_id._statement_in_partner_language()._statement_file_name()
        return self._archive_print(f"{MODULE}.action_report_statement_confirmation", f"{name}.pdf")

    def _mail(self, template, attachments=None):
        """Put a mail to the partner into the queue. :param template: xml id in this addon. :return: mail.mail (sudo)."""
        self.ensure_one()
        values = {}
        if attachments:
            values["attachment_ids"] = [fields.Command.link(attachment.id) for attachment in attachments]
        template = self.env.ref(f"{MODULE}.{template}").sudo()
        return self.env["mail.mail"].sudo().browse(template.send_mail(self.id, email_values=values))

    def _mail_until(self):
        """Until when they may answer, and what silence means, as a sentence."""
        self.ensure_one()
        day = format_date(self.env, self.deadline_date)
        if self.silence == "agree":
            return self.env._(
                "Please confirm it or tell us your differences until %s. As agreed, it counts as confirmed after that day.",
                day,
            )
        return self.env._("Please confirm it or tell us your differences until %s.", day)

    def _post_note(self, text, author=None):
        """Tell a step in the chatter, as a note."""
        values = {"body": Markup("%s") % text, "subtype_xmlid": "mail.mt_note"}
        if author:
            values["author_id"] = author.id
        return self.sudo(bool(author) or self.env.su).message_post(**values)
