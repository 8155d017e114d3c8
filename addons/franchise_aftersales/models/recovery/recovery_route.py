from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.allocation import to_decimal
from ...tools.recovery_routing import suggest
from .recovery import GROUP_SERVICE, PARTIES, REFUSING_STATES

GROUP_FINANCE = "franchise_aftersales.group_finance"
ASKED_STATES = ("demanded", "acknowledged", "disputed")


class FranchiseClaimRecovery(models.Model):
    """Where rejected amounts go: the rule of the terms in force suggests, a person confirms, everything is logged (R-D16).

    | what | who |
    | --- | --- |
    | pass on to another party, or into a dispute | service or finance, as the rule says |
    | bear it ourselves | the approval tier that it reaches; service up to the limit of the terms, counted per claim |
    | take a demand back, in part or whole | as above, by where the amount goes |
    """

    _inherit = "franchise.claim.recovery"

    route_ids = fields.One2many("franchise.claim.recovery.route", "recovery_id", string="Decisions", readonly=True)
    source_route_ids = fields.One2many(
        "franchise.claim.recovery.route", "new_recovery_id", string="Came From", readonly=True
    )

    def action_route(self):
        """Ask what becomes of what the party rejected, or of what it is no longer asked for."""
        self._check_decider()
        return self._open_dialogue("franchise.claim.recovery.decide", self.env._("Decide"))

    def action_withdraw(self):
        """Ask why the whole demand is taken back and who bears it instead.

        :raises UserError: it is settled.
        """
        self._check_transition("withdraw")
        self._check_not_settled()
        return self._open_dialogue("franchise.claim.recovery.decide", self.env._("Withdraw"), default_whole=True)

    def _open_dialogue(self, model, name, **context):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_recovery_id": self.id, **context},
        }

    def _route_targets(self):
        """Where an amount of this recovery can go; a party without a partner can't be asked."""
        self.ensure_one()
        partners = self.claim_id._party_partners()
        parties = [party for party, _label in PARTIES if party != self.party and partners[party]]
        return [*parties, *(["dispute"] if self.state in REFUSING_STATES else []), "own"]

    def _suggested_route(self):
        """The agreement's rule for what this party rejected (`tools.recovery_routing.Rule`), or None."""
        self.ensure_one()
        claim = self.claim_id
        return suggest(claim.version_id._reroute_rules(claim.cause_id), self.party, self._route_targets())

    def _needs_finance(self, target, amount):
        """Whether others than service staff confirm that `amount` (in the claim's currency) goes to `target`."""
        return self._deciding_tier(target, amount) is not None

    def _deciders(self, target=None, amount=0):
        """The groups of which anybody may decide this; without a target, on anything."""
        finance, service = self.env.ref(GROUP_FINANCE), self.env.ref(GROUP_SERVICE)
        tier = None if target is None else self._deciding_tier(target, amount)
        if tier is None:
            return (finance | service).sudo()
        if tier.approver_count > 1 and not self._is_first_approved(amount):
            return finance.sudo()
        return (tier.group_id or finance).sudo()

    def _check_decider(self, target=None, amount=0):
        """:raises AccessError: the user may not decide this."""
        groups = self._deciders(target, amount)
        if not self.env.su and not groups & self.env.user.all_group_ids:
            names = ", ".join(groups.mapped("full_name"))
            raise AccessError(self.env._("This decision needs one of the roles: %s.", names))

    def _check_not_settled(self):
        for recovery in self:
            if recovery.is_settled:
                raise UserError(
                    self.env._(
                        "%s is settled: it can't be taken back. Correct it with a settlement line.",
                        recovery.display_name,
                    )
                )

    def _route(self, amounts, target, reason):
        """Decide on open amounts of this recovery; a demand on another party is a recovery of the next round.

        :param amounts: {recovery line: Decimal} in the claim's currency, each at most what is open of the line.
        :param target: "supplier", "carrier", "franchisee", "own", or "dispute": then nothing is passed on, all that is open
            is disputed.
        :return: the new recovery, or an empty one; also where this was the first of two approvals (`_approve_first`).
        :raises AccessError: the user may not decide this.
        :raises UserError: an amount isn't open, there is no reason, or the target can't take it.
        """
        self.ensure_one()
        self._check_decider()
        self.lock_for_update()
        self.claim_id.sudo().lock_for_update()
        amounts = {line: to_decimal(amount) for line, amount in amounts.items() if amount}
        self._check_route(amounts, target, reason)
        total = sum(amounts.values())
        self._check_decider(target, total)
        kind = "rejected" if self.state in REFUSING_STATES else "withdrawn"
        if target == "dispute":
            self._log_route(kind, target, self.amount_open, reason)
            self.sudo().action_dispute()
            return self.browse()
        left = to_decimal(self.amount_open) - total
        if kind == "withdrawn" and not left and not self.amount_accepted:
            return self._withdraw(target, reason)
        if self._approve_first(target, total):
            return self.browse()
        new = self._pass_on(amounts, target)
        self._log_route(kind, target, float(total), reason, new)
        self._tell_system("claim_changed", reason)
        return new

    def _withdraw(self, target, reason):
        """Take the whole demand back before it is settled: nothing is accepted any more, `target` bears what was open.

        :return: the new recovery, or an empty one.
        :raises UserError: it is settled, or there is no reason.
        """
        self.ensure_one()
        self._check_decider()
        self._check_not_settled()
        asked = {line: to_decimal(line._amount_asked()) for line in self.line_ids if line._amount_asked()}
        if target == "dispute" or target not in self._route_targets():
            raise UserError(self.env._("%s: choose who bears what is taken back.", self.display_name))
        self._check_reason(reason)
        self._check_decider(target, sum(asked.values()))
        trusted = self.sudo()
        trusted._check_transition("withdraw")
        if self._approve_first(target, sum(asked.values())):
            return self.browse()
        for line in trusted.line_ids.filtered("amount_accepted"):
            line._trusted_write({"amount_accepted": 0.0})
        new = self._pass_on(asked, target) if asked else self.browse()
        if asked:
            self._log_route("withdrawn", target, float(sum(asked.values())), reason, new)
        trusted._move("withdraw", self._prepare_answer())
        self._tell_system("claim_withdrawn", reason)
        return new

    def _check_route(self, amounts, target, reason):
        if self.state not in (*REFUSING_STATES, *ASKED_STATES):
            raise UserError(self.env._("%s: nothing is rejected, and nothing is asked any more.", self.display_name))
        if target not in self._route_targets():
            raise UserError(self.env._("%s: the amount can't go there; choose somebody else.", self.display_name))
        self._check_reason(reason)
        foreign = [line for line in amounts if line.recovery_id != self]
        if foreign or not amounts:
            raise UserError(self.env._("%s: say which amount it is about.", self.display_name))
        for line, amount in amounts.items():
            if not 0 < amount <= to_decimal(line.amount_open) or amount != self._sync_round(amount):
                raise UserError(
                    self.env._(
                        "%(line)s: %(amount)s is not between nothing and the %(open)s that are open.",
                        line=line.display_name,
                        amount=amount,
                        open=self._sync_amount(line.amount_open, self.currency_id),
                    )
                )

    def _check_reason(self, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("%s: say why; it is kept with the decision.", self.display_name))

    def _pass_on(self, amounts, target):
        """Move `amounts` to `target` on the lines, and demand or bear them; nothing is lost on the way."""
        claim = self.claim_id.sudo()
        field = "amount_own" if target == "own" else "amount_rerouted"
        for line, amount in amounts.items():
            trusted = line.sudo()
            trusted._trusted_write({field: float(to_decimal(trusted[field]) + amount)})
        if target == "own":
            claim._trusted().amount_own = float(to_decimal(claim.amount_own) + sum(amounts.values()))
            return self.browse()
        latest = max(claim.recovery_ids.filtered(lambda other: other.party == target).mapped("round"), default=0)
        by_claim_line = {line.claim_line_id.id: amount for line, amount in amounts.items()}
        values = claim._prepare_recovery(target, claim._party_partners()[target], by_claim_line, latest + 1)
        new = self.sudo()._trusted().create([values])
        if target == "supplier":
            new._sync_emit("claim_submitted")
        return new.with_env(self.env)

    def _log_route(self, kind, target, amount, reason, new=None):
        rule = self._suggested_route()
        route = (
            self.env["franchise.claim.recovery.route"]
            .sudo()
            .create(
                {
                    "recovery_id": self.id,
                    "kind": kind,
                    "party": self.party,
                    "target": target,
                    "suggested": rule.target if rule else False,
                    "amount": amount,
                    "reason": reason.strip(),
                    "decided_by_id": self.env.uid,
                    "first_approved_by_id": target == "own" and self.own_agreed_by_id.id,
                    "new_recovery_id": new.id if new else False,
                }
            )
        )
        if target == "own" and self.own_agreed_by_id:
            self.sudo()._trusted().write(
                dict.fromkeys(("own_agreed_amount", "own_agreed_by_id", "own_agreed_at"), False)
            )
        spoken = self.env._(
            "%(amount)s: %(kind)s, goes to: %(target)s. %(reason)s",
            amount=self.currency_id.format(amount),
            kind=dict(route._fields["kind"]._description_selection(self.env))[kind],
            target=dict(route._fields["target"]._description_selection(self.env))[target],
            reason=reason.strip(),
        )
        for document in (self, self.claim_id, new or self.browse()):
            document.sudo()._message_log_batch(bodies=dict.fromkeys(document.ids, spoken))

    def action_view_rounds(self):
        """Open everything that the claim demands of anybody."""
        self.ensure_one()
        return self.claim_id.action_view_recoveries()
