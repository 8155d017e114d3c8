import logging

from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools import email_normalize, html2plaintext
from odoo.tools.mail import generate_tracking_message_id, unfold_references

_logger = logging.getLogger(__name__)

MOST_REFERENCES = 32  # of a message that are looked up; the last ones are the nearest (RFC 5322, 3.6.4)
MEGABYTE = 1024 * 1024
LONGEST_BODY = 20_000  # characters of a message that the request shows; the message itself is kept whole
# Types of files with scripts of their own.
PAGES = frozenset(
    {"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "text/javascript"}
)
# Values of the header Precedence by which programs say that nobody wrote them (RFC 3834 and what is older).
AUTOMATIC = frozenset({"bulk", "junk", "list", "auto_reply"})


class FranchiseClaimIntake(models.Model):
    """Requests that come by e-mail through Odoo's own gateway (R-D1). Outside text is never trusted.

    Odoo's gateway drops the same message a second time, bounces, and a sender who writes too much; programs' answers and what is
    too large are refused here.
    """

    _inherit = "franchise.claim.intake"

    @api.model
    def _normalized(self, address):
        """An address as contacts are found by it; False where it is none."""
        return email_normalize(address or "", strict=False)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A new request from an e-mail: what was written as plain text, and what could be read of it."""
        company = self.env["res.company"].browse((custom_values or {}).get("company_id") or self.env.company.id)
        self = self.with_company(company).with_context(franchise_intake_new=True)
        intake = self._trusted().create(
            {
                "source": "email",
                "company_id": company.id,
                "email_from": msg_dict.get("email_from"),
                "subject": (msg_dict.get("subject") or "").strip() or self.env._("No subject"),
                "body": html2plaintext(msg_dict.get("body") or "")[:LONGEST_BODY].strip(),
                "received_at": self._moment(msg_dict.get("date")),
            }
        )
        for values in intake._proposals().values():
            intake.write(values)
        return intake.with_env(self.env)

    @api.model
    def _moment(self, date):
        """When a message was sent, as its header says; a clock ahead of ours doesn't count."""
        now = fields.Datetime.now()
        sent = fields.Datetime.to_datetime(date) if date else now
        return min(sent, now)

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        self._defuse(message)
        # Now its files are there too.
        if self.env.context.get("franchise_intake_new") and message.message_type == "email" and self.state == "new":
            self._claim_at_once()
        return result

    @api.model
    def _defuse(self, message):
        """Files of an e-mail that a browser would run as a page are plain text from now on.

        Odoo does that to files of its users; the gateway works with all rights, for which it makes an exception.
        """
        if message.message_type == "email":
            files = message.sudo().attachment_ids.filtered(lambda file: file.mimetype in PAGES)
            files.write({"mimetype": "text/plain"})

    @api.model
    def _continued(self, message_dict, route):
        """The route to the claim whose conversation a message goes on with, although it was sent to the alias again.

        Odoo takes a message to an alias of another model for a new one; who answers all writes to the alias.
        """
        model, thread_id, values, user_id, _alias = route
        references = unfold_references(message_dict.get("references") or message_dict.get("in_reply_to") or "")
        if model != self._name or thread_id or not references:
            return route
        answered = (
            self.env["mail.message"]
            .sudo()
            .search(
                [("message_id", "in", references[-MOST_REFERENCES:]), ("model", "=", "franchise.claim")],
                order="id desc",
                limit=1,
            )
        )
        claim = self.env["franchise.claim"].sudo().browse(answered.res_id or ()).exists()
        if not claim or claim.company_id.id != (values or {}).get("company_id", claim.company_id.id):
            return route
        return (claim._name, claim.id, None, user_id, None)

    @api.model
    def _turns_away(self, message, message_dict, route):
        """Whether a message that would make a request, or go to a request or claim, is refused; the sender is told why."""
        model, thread_id, values = route[0], route[1], route[2]
        if model not in (self._name, "franchise.claim"):
            return False
        automatic = self._is_automatic(message)
        if automatic and not thread_id:
            _logger.info("No request of an automatic message: %s", message_dict.get("message_id"))
            return True
        thread = self.env[model].browse(thread_id or ())
        company = thread.company_id or self.env["res.company"].browse((values or {}).get("company_id", ()))
        company = company or self.env.company
        limit = company.franchise_intake_max_mb
        size = sum(len(attachment[1] or "") for attachment in message_dict.get("attachments") or [])
        if not limit or size <= limit * MEGABYTE:
            return False
        _logger.info("Too large a message (%s bytes): %s", size, message_dict.get("message_id"))
        if not automatic:
            self._answer_too_large(message, message_dict, company, size)
        return True

    @api.model
    def _is_automatic(self, message):
        """Whether a program wrote the message (RFC 3834): it gets no request and no answer, so that none goes round."""
        submitted = str(message.get("Auto-Submitted") or "no").strip().lower()
        precedence = str(message.get("Precedence") or "").strip().lower()
        return not submitted.startswith("no") or precedence in AUTOMATIC or bool(message.get("X-Autoreply"))

    @api.model
    def _answer_too_large(self, message, message_dict, company, size):
        sender = message_dict.get("email_from")
        partner = self.env["res.partner"].sudo().search([("email_normalized", "=", self._normalized(sender))], limit=1)
        spoken = self.with_company(company).with_context(lang=partner.lang or company.partner_id.lang or self.env.lang)
        sentences = (
            spoken.env._("Dear sender,"),
            spoken.env._(
                "your message “%(subject)s” reached %(company)s, but its files are too large: %(size)s MB, where one e-mail may "
                "have %(limit)s MB. Nothing of it was kept.",
                subject=message_dict.get("subject") or "",
                company=company.name,
                size=f"{size / MEGABYTE:.1f}",
                limit=company.franchise_intake_max_mb,
            ),
            spoken.env._(
                "Please send it again with smaller photos or in several messages. With an account in our portal you can add "
                "the files there."
            ),
            spoken.env._("Thank you. This answer was written by a program; you need not reply to it."),
        )
        body = Markup("").join(Markup("<p>%s</p>") % sentence for sentence in sentences)
        tag = generate_tracking_message_id("loop-detection-bounce-email")
        spoken._routing_create_bounce_email(sender, body, message, references=f"{message_dict['message_id']} {tag}")


class FranchiseClaim(models.Model):
    _inherit = "franchise.claim"

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        self.env["franchise.claim.intake"]._defuse(message)
        return result


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        routes = super().message_route(message, message_dict, model, thread_id, custom_values)
        intake = self.env["franchise.claim.intake"].sudo()
        routes = [intake._continued(message_dict, route) for route in routes]
        return [route for route in routes if not intake._turns_away(message, message_dict, route)]
