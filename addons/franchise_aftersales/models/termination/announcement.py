from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseAnnouncement(models.Model):
    """A prepared text for customers, one a language: a second person approves it before it is published (R-B7)."""

    _name = "franchise.announcement"
    _description = "Announcement"
    _inherit = ["franchise.termination.row.mixin", "franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "termination_id, lang, id"

    _transitions = {
        "approve": Transition(("draft",), "approved", GROUP_CONTRACT),
        "publish": Transition(("approved",), "published", GROUP_CONTRACT),
        "reopen": Transition(("approved",), "draft", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset({"name", "lang", "body", "termination_id"})
    _step_fields = frozenset({"author_id", "approved_by_id", "approved_on", "published_on"})

    name = fields.Char(string="Headline", required=True)
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        required=True,
        default=lambda self: self.env.lang or "en_US",
    )
    body = fields.Html(string="Text")
    state = fields.Selection(
        [("draft", "Draft"), ("approved", "Approved"), ("published", "Published")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
    )
    author_id = fields.Many2one(
        "res.users", string="Last Written By", readonly=True, copy=False, default=lambda self: self.env.user
    )
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_on = fields.Date(readonly=True, copy=False)
    published_on = fields.Date(readonly=True, copy=False)

    _four_eyes = models.Constraint(
        "CHECK (approved_by_id IS NULL OR approved_by_id IS DISTINCT FROM author_id)",
        "Nobody approves an announcement that they wrote.",
    )
    _check_published = models.Constraint(
        "CHECK (state != 'published' OR (approved_by_id IS NOT NULL AND published_on IS NOT NULL))",
        "A published announcement was approved, and says when it was published.",
    )

    def write(self, vals):
        result = super().write(vals)
        # Whoever changed the text wrote it: it needs another person's eyes.
        if {"name", "body", "lang"}.intersection(vals) and not self._is_moving():
            self._trusted().write({"author_id": self.env.uid})
        return result

    def action_approve(self):
        """Approve the text, as a second person.

        :raises UserError: the text is empty, or the user wrote it.
        """
        self._check_transition("approve")
        for announcement in self:
            if is_html_empty(announcement.body):
                raise UserError(self.env._("“%s” has no text yet.", announcement.name))
            if announcement.author_id == self.env.user:
                raise UserError(
                    self.env._("“%s” was written by you: another person has to approve it.", announcement.name)
                )
        return self._move("approve", {"approved_by_id": self.env.uid, "approved_on": fields.Date.context_today(self)})

    def action_publish(self):
        """Record that the text was published today."""
        return self._move("publish", {"published_on": fields.Date.context_today(self)})

    def action_reopen(self):
        """Write on; it needs a new approval."""
        return self._move("reopen", {"approved_by_id": False, "approved_on": False})

    @api.depends("name", "lang")
    def _compute_display_name(self):
        languages = dict(self._fields["lang"]._description_selection(self.env))
        for announcement in self:
            language = languages.get(announcement.lang, announcement.lang or "")
            announcement.display_name = f"{announcement.name or ''} · {language}"
