import re

from odoo import api, models

OURS = "franchise."
# A link's token as URLs carry it in HTML, with the separator that follows; and that of a rating's link.
FIRST = re.compile(r"\?access_token=[\w%-]+(?:&amp;|&)")
LATER = re.compile(r"(?:\?|&amp;|&)access_token=[\w%-]*")
RATING = re.compile(r"/rate/[0-9a-fA-F-]{16,}/")


def without_tokens(body):
    """`body` (HTML; safe markup stays safe) with links that open only by their reader's own login."""
    clean = RATING.sub("/rate/", LATER.sub("", FIRST.sub("?", str(body))))
    return type(body)(clean)


class MailMail(models.Model):
    """A mail to the other party carries its link's token; what the chatter keeps of it doesn't (R-A11, R-B2, R-H5).

    The token signs, acknowledges and answers for the other party without an account, and staff read the chatter. What is mailed
    (`body_html`) is read by administrators alone.
    """

    _inherit = "mail.mail"

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(
            [
                {**vals, "body": without_tokens(vals["body"])}
                if vals.get("body_html") and vals.get("body") and (vals.get("model") or "").startswith(OURS)
                else vals
                for vals in vals_list
            ]
        )


class MailMessage(models.Model):
    """An answer by mail that quotes our letter quotes its link as well: it loses the token on its way in."""

    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(
            [
                {**vals, "body": without_tokens(vals["body"])}
                if vals.get("message_type") == "email"
                and vals.get("body")
                and (vals.get("model") or "").startswith(OURS)
                else vals
                for vals in vals_list
            ]
        )
