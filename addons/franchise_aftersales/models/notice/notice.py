from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"
# What is sent to the partner's electronic address.
ELECTRONIC = ("mail", "portal")


class FranchiseNotice(models.Model):
    """A written notice to the other party: sent by some channel, proved to be delivered, acknowledged (R-B2).

    Draft → sent (notice period checked, letter archived and frozen) → acknowledged (in the portal, or on paper).
    The letter's text comes from a template of the notice's kind, in the partner's language (`notice_letter.py`); periods
    and reminders follow the contract's terms in force (`notice_terms.py`).
    """

    _name = "franchise.notice"
    _description = "Notice"
    _inherit = [
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "franchise.archived.mixin",
        "franchise.portal.document.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _check_company_auto = True

    _transitions = {
        "send": Transition(("draft",), "sent", GROUP_CONTRACT),
        "acknowledge": Transition(("sent",), "acknowledged", GROUP_CONTRACT),
        "cancel": Transition(("draft",), "cancelled", GROUP_CONTRACT),
        "revoke": Transition(("sent", "acknowledged"), "revoked", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset(
        {
            "name",
            "kind",
            "contract_id",
            "agreement_id",
            "company_id",
            "partner_id",
            "channel",
            "date_effective",
            "reason",
            "arrangements",
            "demands",
            "body",
            "acknowledge_days",
            "shortening",
            "shortening_reason",
        }
    )
    _step_fields = frozenset(
        {
            "archive_id",
            "archive_sha256",
            "sent_at",
            "sent_by_id",
            "mail_id",
            "delivered_on",
            "delivery_file_ids",
            "deemed_days",
            "viewed_at",
            "reminder_count",
            "acknowledge_method",
            "acknowledged_at",
            "acknowledged_by",
            "acknowledge_ip",
            "acknowledge_signature",
            "acknowledge_file_ids",
        }
    )

    _portal_fields = frozenset(
        {
            "name",
            "state",
            "kind",
            "company_id",
            "contract_id",
            "agreement_id",
            "partner_id",
            "channel",
            "date_effective",
            "sent_at",
            "delivered_on",
            "acknowledged_at",
            "acknowledged_by",
        }
    )

    name = fields.Char(string="Subject", required=True)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("sent", "Sent"),
            ("acknowledged", "Acknowledged"),
            ("revoked", "Revoked"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    kind = fields.Selection(
        [
            ("termination", "Termination"),
            ("default", "Default"),
            ("supplier", "Notice to a supplier"),
            ("renewal", "Refusal of renewal"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
        tracking=True,
    )
    contract_id = fields.Many2one("franchise.contract", index=True, ondelete="restrict", check_company=True)
    agreement_id = fields.Many2one("franchise.service.agreement", index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    partner_id = fields.Many2one("res.partner", string="To", required=True, index=True, ondelete="restrict")
    reason = fields.Html(help="Why the notice is given; the other party reads it.")
    arrangements = fields.Html(string="Arrangements Afterwards", help="What holds from the date on, and who does it.")
    demands = fields.Html(string="What the Other Party Must Do")
    body = fields.Html(string="Letter", help="Text of the letter; written from the template of the kind when empty.")
    user_id = fields.Many2one(
        "res.users", string="Responsible", default=lambda self: self.env.user, groups="base.group_user"
    )

    channel = fields.Selection(
        [
            ("mail", "E-mail"),
            ("post", "Registered post"),
            ("fax", "Fax"),
            ("hand", "By hand"),
            ("portal", "Portal"),
        ],
        compute="_compute_channel",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    tracking_number = fields.Char(copy=False, help="The carrier's or the post's number, or that of the fax report.")
    sent_at = fields.Datetime(string="Sent On", readonly=True, copy=False)
    sent_by_id = fields.Many2one("res.users", readonly=True, copy=False, groups="base.group_user")
    mail_id = fields.Many2one("mail.mail", readonly=True, copy=False, groups="base.group_user")
    mail_state = fields.Selection(related="mail_id.state", string="Mail Status", groups="base.group_user")
    delivered_on = fields.Date(readonly=True, copy=False, tracking=True)
    delivery_file_ids = fields.Many2many(
        "ir.attachment", "franchise_notice_delivery_rel", string="Proof of Delivery", readonly=True, copy=False
    )
    viewed_at = fields.Datetime(string="First Opened", readonly=True, copy=False, help="In the portal.")

    acknowledge_method = fields.Selection(
        [("portal", "Signed in the portal"), ("paper", "On paper")],
        string="Acknowledged How",
        readonly=True,
        copy=False,
    )
    acknowledged_at = fields.Datetime(string="Acknowledged On", readonly=True, copy=False)
    acknowledged_by = fields.Char(readonly=True, copy=False, tracking=True)
    acknowledge_ip = fields.Char(string="IP Address", readonly=True, copy=False)
    acknowledge_signature = fields.Image(string="Signature", readonly=True, copy=False, max_width=1024, max_height=1024)
    acknowledge_file_ids = fields.Many2many(
        "ir.attachment", "franchise_notice_acknowledge_rel", string="Signed Copy", readonly=True, copy=False
    )

    _check_acknowledged = models.Constraint(
        "CHECK (state != 'acknowledged' OR (acknowledged_at IS NOT NULL AND acknowledged_by IS NOT NULL"
        " AND acknowledge_method IS NOT NULL))",
        "An acknowledgement says who gave it, when and how.",
    )
    _check_sent = models.Constraint(
        "CHECK (state NOT IN ('sent', 'acknowledged') OR sent_at IS NOT NULL)", "A notice that was sent has a date."
    )

    @api.depends("partner_id")
    def _compute_channel(self):
        for notice in self:
            notice.channel = notice.channel or ("mail" if notice.partner_id.email else "post")

    def _compute_access_url(self):
        for notice in self:
            notice.access_url = f"/my/franchise/notices/{notice.id}"

    @api.onchange("contract_id")
    def _onchange_contract_id(self):
        if self.contract_id and self.kind != "supplier":
            self.partner_id = self.contract_id.franchisee_id
            self.company_id = self.contract_id.company_id

    @api.onchange("agreement_id")
    def _onchange_agreement_id(self):
        if self.agreement_id and self.kind == "supplier":
            self.partner_id = self.agreement_id.supplier_id
            self.company_id = self.agreement_id.company_id

    def action_send(self):
        """Send the notice by its channel: the letter is printed, archived and frozen from here on.

        :raises UserError: the notice period is too short and nobody says why, the date is missing, or the partner
            can't be reached by the channel.
        """
        self._check_transition("send")
        self._check_period()
        for notice in self:
            notice._check_reachable()
            notice._ensure_text()
        now = fields.Datetime.now()
        for notice in self:
            notice._move(
                "send",
                {
                    "sent_at": now,
                    "sent_by_id": self.env.uid,
                    "deemed_days": notice.company_id.franchise_deemed_received_days,
                },
            )
            notice._archive_letter()
            notice._post_step(notice._sent_phrase())
            if notice.channel in ELECTRONIC and notice.partner_id.email:
                notice._send_mail()
        self._after_sent()
        return True

    def action_send_again(self):
        """Send the mail once more, with the same letter; for a mail that failed or got lost."""
        for notice in self:
            if notice.state != "sent" or not notice.partner_id.email:
                raise UserError(
                    self.env._(
                        "%s can't be mailed again: it has to be sent and not acknowledged, to a partner with an address.",
                        notice.display_name,
                    )
                )
        self.check_access("write")
        for notice in self:
            notice._send_mail()
            notice._post_step(self.env._("The letter was mailed once more to %s.", notice.partner_id.email))
        return True

    def action_acknowledge(self):
        """Ask for what proves an acknowledgement on paper (`franchise.notice.record`), then record it."""
        self._check_transition("acknowledge")
        return self._record_dialogue("acknowledgement")

    def action_record_delivery(self):
        """Ask for the date and the proof of delivery, then record them."""
        self._check_sent_state()
        self.check_access("write")
        return self._record_dialogue("delivery")

    def action_cancel(self):
        """Give up a draft."""
        return self._move("cancel")

    def action_revoke(self):
        """Take the notice back; who was reached by mail is told so."""
        self._move("revoke")
        for notice in self:
            notice._post_step(self.env._("The notice was taken back."))
            if notice.partner_id.email:
                notice._mail("mail_notice_revoked")
        return True

    def action_preview(self):
        """Open the page that the other party sees."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "target": "self", "url": self.get_portal_url()}

    def _record_dialogue(self, what):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record Delivery") if what == "delivery" else self.env._("Record Acknowledgement"),
            "res_model": "franchise.notice.record",
            "view_mode": "form",
            "target": "new",
            "context": {"default_notice_id": self.id, "default_what": what},
        }

    def _check_sent_state(self):
        for notice in self:
            if notice.state not in ("sent", "acknowledged"):
                raise UserError(
                    self.env._("%s has not been sent: there is nothing to record yet.", notice.display_name)
                )

    def _check_reachable(self):
        """:raises UserError: the channel needs an address that the partner lacks."""
        self.ensure_one()
        partner = self.partner_id
        if not self.channel:
            raise UserError(self.env._("%s: choose by which channel it is sent.", self.display_name))
        if self.channel == "mail" and not partner.email:
            raise UserError(
                self.env._(
                    "%(notice)s: %(partner)s has no e-mail address. Enter one, or choose another channel.",
                    notice=self.display_name,
                    partner=partner.display_name,
                )
            )
        family = partner.commercial_partner_id
        users = self.env["res.users"].sudo().search_count([("partner_id", "child_of", family.id), ("share", "=", True)])
        if self.channel == "portal" and not (partner.email or users):
            raise UserError(
                self.env._(
                    "%(notice)s: %(partner)s has neither a portal user nor an e-mail address, so nobody would see it.",
                    notice=self.display_name,
                    partner=partner.display_name,
                )
            )

    def _record_delivery(self, day, files=None, tracking_number=None):
        """Record a proved delivery on `day` (date); `files`: attachments, kept as evidence.

        :raises UserError: the notice isn't sent, the day lies before its sending or in the future.
        """
        self._check_sent_state()
        files = files or self.env["ir.attachment"]
        for notice in self:
            sent = fields.Datetime.context_timestamp(notice, notice.sent_at).date()
            if not sent <= day <= fields.Date.context_today(notice):
                raise UserError(
                    self.env._("%s: a delivery lies between the day of sending and today.", notice.display_name)
                )
            notice._keep_files(files)
            values = {"delivered_on": day, "delivery_file_ids": [fields.Command.link(file.id) for file in files]}
            if tracking_number:
                values["tracking_number"] = tracking_number
            notice._trusted().write(values)
            notice._post_step(self.env._("Delivery on %s recorded.", fields.Date.to_string(day)), files)
        self._after_delivered()

    def _acknowledge(self, name, method, at=None, ip=None, signature=None, files=None, author=None):
        """Record that the other party acknowledged.

        :param name: who acknowledged. :param method: "portal" or "paper". :param at: datetime (UTC), by default now.
        :param signature: drawn image in base64, needed in the portal. :param files: signed copies, needed on paper.
        :param author: partner under whose name the step is told in the chatter.
        :raises UserError: the proof is missing.
        """
        self.ensure_one()
        files = files or self.env["ir.attachment"]
        self._check_transition("acknowledge")
        if not (name or "").strip():
            raise UserError(self.env._("%s: say who acknowledged.", self.display_name))
        if not (signature if method == "portal" else files):
            raise UserError(
                self.env._("%s: an acknowledgement needs a signature, or the signed copy.", self.display_name)
            )
        at = at or fields.Datetime.now()
        if not self.sent_at <= at <= fields.Datetime.now():
            raise UserError(self.env._("%s: an acknowledgement lies between the sending and now.", self.display_name))
        self._keep_files(files)
        values = {
            "acknowledge_method": method,
            "acknowledged_at": at,
            "acknowledged_by": name.strip(),
            "acknowledge_ip": ip,
            "acknowledge_signature": signature,
            "acknowledge_file_ids": [fields.Command.link(file.id) for file in files],
        }
        if not self.delivered_on:
            values["delivered_on"] = fields.Datetime.context_timestamp(self, at).date()
        self._move("acknowledge", values)
        self._post_step(self.env._("Acknowledged by %s.", name.strip()), files, author)
        self.activity_unlink(["franchise_aftersales.mail_activity_type_deadline"], only_automated=True)
        self._after_delivered()
        self._after_acknowledged()

    def _post_step(self, text, files=None, author=None):
        """Tell a step in the chatter, as a note."""
        values = {"body": Markup("%s") % text, "subtype_xmlid": "mail.mt_note"}
        if author:
            values["author_id"] = author.id
        message = self.sudo(bool(author) or self.env.su).message_post(**values)
        if files:
            message.sudo().attachment_ids = [fields.Command.link(file.id) for file in files]
        return message

    def _after_sent(self):
        """Hook: documents behind the notices go on."""

    def _after_delivered(self):
        """Hook: a delivery was proved; documents behind the notices go on."""

    def _after_acknowledged(self):
        """Hook: documents behind the notices go on."""
