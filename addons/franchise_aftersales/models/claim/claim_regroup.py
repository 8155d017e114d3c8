from odoo import api, fields, models
from odoo.exceptions import UserError

OPEN = ("draft", "submitted")


class FranchiseClaim(models.Model):
    """Claims that are split and merged while nothing is decided; what they hold of the bills stays the same (R-D15).

    One claim is about one event under one contract. Rooms hand over what they keep of a claim by overriding `_hand_over` (merged)
    and `_share` (split).
    """

    _inherit = "franchise.claim"

    _step_fields = frozenset({"split_from_id", "merged_into_id"})

    split_from_id = fields.Many2one(
        "franchise.claim", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    split_ids = fields.One2many("franchise.claim", "split_from_id", readonly=True, copy=False)
    merged_into_id = fields.Many2one(
        "franchise.claim", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    merged_ids = fields.One2many("franchise.claim", "merged_into_id", readonly=True, copy=False)
    family_ids = fields.Many2many("franchise.claim", string="Split Off or Merged", compute="_compute_family_ids")

    @api.depends("split_ids", "merged_ids")
    def _compute_family_ids(self):
        for claim in self:
            claim.family_ids = claim.split_ids | claim.merged_ids

    def _involved_users(self):
        """Beside the claim's own people those of the claims that its losses came from, and who split them off (R-D7)."""
        users = super()._involved_users()
        for source in self.merged_ids | self.split_from_id:
            users |= source._involved_users()
        return users | self.create_uid if self.split_from_id else users

    def _split(self, lines, files=True):
        """Move `lines` of this claim to a new one and return it; a submitted claim's part is submitted too.

        :param files: whether the new claim gets copies of the files.
        :raises UserError: the claim is decided, or `lines` leave one of the two without a loss.
        """
        self.ensure_one()
        self._check_open_to_regroup()
        if not lines or lines.claim_id != self:
            raise UserError(self.env._("%s: choose the losses that go to a new claim.", self.name))
        if not self.line_ids - lines:
            raise UserError(self.env._("%s: at least one loss stays; choose fewer.", self.name))
        part = self._trusted().copy(
            {
                "line_ids": [],
                "reported_date": self.reported_date,
                "split_from_id": self.id,
                "source": self.source,
                # Where both hold pieces of one lot, neither repeats the other.
                "duplicate_reason": self.duplicate_reason or self.env._("Split from %s", self.name),
            }
        )
        part = part.with_env(self.env)
        lines.with_env(self._trusted().env).write({"claim_id": part.id})
        self._share(part, files)
        if self.state == "submitted":
            part.action_submit()
            # What is left is decided anew: scope and warranty depend on the goods.
            self._trusted()._decide_coverage()
        for one, other, text in (
            (self, part, self.env._("Split: %s holds a part of its losses.")),
            (part, self, self.env._("Split off %s.")),
        ):
            one.message_post(body=text % other.name)
        return part

    def _merge(self, target):
        """Put the losses of all these claims into `target`, one of them; the others are cancelled and lead to it.

        The earliest discovery and the latest report count for what is merged.

        :raises UserError: one is decided, or they differ in what a claim has only one of; the message says in what.
        """
        others = self - target
        if target not in self or not others:
            raise UserError(self.env._("Choose at least two claims, and the one that the others go into."))
        self._check_open_to_regroup()
        self._check_alike()
        discovery, reported = min(self.mapped("discovery_date")), max(self.mapped("reported_date"))
        texts = [claim.description for claim in target + others if claim.description]
        others.line_ids.with_env(self._trusted().env).write({"claim_id": target.id})
        target._trusted().write(
            {
                "discovery_date": discovery,
                "reported_date": reported,
                "description": "\n\n".join(dict.fromkeys(texts)),
            }
        )
        others._trusted().write({"merged_into_id": target.id})
        others.action_cancel()
        if target.state == "submitted":
            target._trusted()._decide_coverage()
        self.env["franchise.claim.quota"]._reserve(target.line_ids.invoice_line_id)
        others._hand_over(target)
        target.message_post(body=self.env._("Merged: %s.", ", ".join(others.mapped("name"))))
        others._message_log_batch({claim.id: self.env._("Merged into %s.", target.name) for claim in others})
        return target

    def _check_open_to_regroup(self):
        """:raises UserError: a claim is past its submission. Nobody else changes the claims meanwhile."""
        self.lock_for_update()
        decided = self.filtered(lambda claim: claim.state not in OPEN)
        if decided:
            raise UserError(
                self.env._(
                    "%s is no draft and not just submitted: only such claims are split or merged. Take it back to draft first.",
                    decided[0].name,
                )
            )

    def _check_alike(self):
        """:raises UserError: names what the claims differ in."""
        for name in ("company_id", "contract_id", "outlet_id", "agreement_id", "supplier_id", "cause_id"):
            self._check_same(name, self.mapped(lambda claim, name=name: claim[name].id))
        self._check_same("currency_id", self.mapped(lambda claim: claim.currency_id.id))
        for name in ("event_date", "state"):
            self._check_same(name, self.mapped(name))
        if len(set(self.mapped(lambda claim: claim.version_id.id))) > 1:
            raise UserError(self.env._("Claims under different terms can't be merged."))

    def _check_same(self, name, values):
        if len(set(values)) > 1:
            raise UserError(
                self.env._(
                    "These claims differ in “%(field)s”: a claim has only one. Merge those that are alike.",
                    field=self._fields[name]._description_string(self.env),
                )
            )

    def _files(self):
        """The files of the claims' conversations (sudo)."""
        return (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids), ("res_field", "=", False)])
        )

    def _share(self, part, files):
        """What a part that was split off gets from this claim; rooms add theirs."""
        if files:
            for file in self._files():
                file.copy({"res_id": part.id})

    def _hand_over(self, target):
        """Give what belongs to these claims to the one that they were merged into; rooms add theirs."""
        messages = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("message_type", "in", ("email", "comment", "email_outgoing")),
                ]
            )
        )
        messages.write({"res_id": target.id})
        self._files().write({"res_id": target.id})
        target.message_subscribe(partner_ids=self.message_partner_ids.ids)
