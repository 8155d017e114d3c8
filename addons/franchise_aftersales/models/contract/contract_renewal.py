from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..base.batch import BatchRun, by_id

BATCH = 100  # contracts a transaction


class FranchiseContract(models.Model):
    """Term and renewal: by agreement, automatic or none, by the terms in force on the contract's last day (R-A5).

    A renewal is a successor contract that begins on the day after; the outlets are handed over when it has begun.
    """

    _name = "franchise.contract"
    _inherit = ["franchise.contract", "franchise.deadline.mixin"]

    predecessor_id = fields.Many2one(
        "franchise.contract",
        string="Renewal Of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    successor_ids = fields.One2many("franchise.contract", "predecessor_id", string="Successors")
    successor_id = fields.Many2one("franchise.contract", string="Renewed By", compute="_compute_successor_id")
    renewal_mode = fields.Selection(
        selection=lambda self: (
            self.env["franchise.contract.version"]._fields["renewal_mode"]._description_selection(self.env)
        ),
        string="Renewal",
        compute="_compute_renewal",
        store=True,
        help="By the terms in force on the last day.",
    )
    deadline_date = fields.Date(string="Notice Until")
    deadline_warn_days = fields.Integer(default=60)
    renewal_refused_by = fields.Selection(
        [("franchisor", "Us"), ("franchisee", "The franchisee")], readonly=True, copy=False
    )
    renewal_refused_on = fields.Date(readonly=True, copy=False, tracking=True)
    renewal_refusal_reason = fields.Char(readonly=True, copy=False)
    renewal_notice_id = fields.Many2one(
        "franchise.notice", string="Notice Against Renewal", readonly=True, copy=False, index="btree_not_null"
    )

    _unique_predecessor = models.UniqueIndex(
        "(predecessor_id) WHERE predecessor_id IS NOT NULL AND state != 'cancelled'",
        "This contract has been renewed already.",
    )
    _to_renew = models.Index("(deadline_date, id) WHERE state = 'signed' AND renewal_mode = 'automatic'")

    def _own_fields(self):
        renewal = {"renewal_refused_by", "renewal_refused_on", "renewal_refusal_reason", "renewal_notice_id"}
        return super()._own_fields() | renewal | {"predecessor_id"}

    @api.depends("successor_ids.state")
    def _compute_successor_id(self):
        for contract in self:
            contract.successor_id = contract.successor_ids.filtered(lambda row: row.state != "cancelled")[:1]

    @api.depends(
        "date_end",
        "version_ids.state",
        "version_ids.date_from",
        "version_ids.date_to",
        "version_ids.renewal_mode",
    )
    def _compute_renewal(self):
        versions = self._terms_on([(contract._origin.id, contract.date_end) for contract in self])
        for contract in self:
            version = versions.get((contract._origin.id, contract.date_end))
            contract.renewal_mode = version.renewal_mode if version else False

    @api.depends(
        "state", "date_end", "renewal_mode", "version_ids.notice_days", "successor_ids.state", "renewal_refused_on"
    )
    def _compute_deadline_date(self):
        """The last day on which notice can be given, or the last day of a contract that isn't renewed."""
        versions = self._terms_on([(contract._origin.id, contract.date_end) for contract in self])
        for contract in self:
            version = versions.get((contract._origin.id, contract.date_end))
            decided = (
                contract.successor_ids.filtered(lambda row: row.state != "cancelled") or contract.renewal_refused_on
            )
            if contract.state != "signed" or decided or not version:
                contract.deadline_date = False
            elif version.renewal_mode == "none":
                contract.deadline_date = contract.date_end
            else:
                contract.deadline_date = fields.Date.subtract(contract.date_end, days=version.notice_days)

    def _deadline_summary(self, passed):
        self.ensure_one()
        values = {"contract": self.name, "franchisee": self.franchisee_id.name, "end": self.date_end}
        if self.renewal_mode == "none":
            text = self.env._("%(contract)s with %(franchisee)s ends on %(end)s and isn't renewed", **values)
        elif self.renewal_mode == "automatic" and passed:
            text = self.env._(
                "%(contract)s with %(franchisee)s is renewed after %(end)s: no notice was given", **values
            )
        elif self.renewal_mode == "automatic":
            text = self.env._(
                "%(contract)s with %(franchisee)s is renewed after %(end)s unless notice is given", **values
            )
        elif passed:
            text = self.env._("%(contract)s with %(franchisee)s ends on %(end)s: nothing was agreed in time", **values)
        else:
            text = self.env._("%(contract)s with %(franchisee)s ends on %(end)s: agree on its renewal", **values)
        return text

    def _outlets_to_run(self):
        return super()._outlets_to_run() or self.predecessor_id.outlet_ids

    def action_sign(self):
        result = super().action_sign()
        self.predecessor_id._hand_over()
        return result

    def action_renew(self):
        """Draft the successor and open it.

        :raises UserError: the contract isn't running, isn't renewed by its terms, or its renewal was refused.
        """
        self.ensure_one()
        self._check_renewable()
        successor = self._renew()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": successor.id,
            "view_mode": "form",
        }

    def _check_renewable(self):
        self.ensure_one()
        if self.state != "signed":
            raise UserError(self.env._("%s isn't running: only a signed contract is renewed.", self.name))
        if self.successor_id:
            raise UserError(
                self.env._(
                    "%(contract)s is renewed by %(successor)s already.",
                    contract=self.name,
                    successor=self.successor_id.name,
                )
            )
        if self.renewal_mode == "none":
            raise UserError(
                self.env._("%s isn't renewed by its terms: amend them, or draft a new contract.", self.name)
            )
        if self.renewal_refused_on:
            raise UserError(
                self.env._(
                    "The renewal of %(contract)s was refused on %(date)s: take the refusal back first.",
                    contract=self.name,
                    date=self.renewal_refused_on,
                )
            )

    def _renew(self):
        """Draft the successors with the terms in force on the last day; the new terms are as long as those say."""
        versions = self._terms_on([(contract.id, contract.date_end) for contract in self])
        versions = [versions[contract.id, contract.date_end] for contract in self]
        successors = self._trusted().create(
            [contract._prepare_successor(version) for contract, version in zip(self, versions, strict=True)]
        )
        terms = [version._prepare_renewed(successor) for version, successor in zip(versions, successors, strict=True)]
        self.env["franchise.contract.version"].create(terms)
        successors = successors.with_env(self.env)
        self._copy_to_successors(successors)
        return successors

    def _prepare_successor(self, version):
        """Values of the contract that follows; fees and deposit were paid with the first and aren't charged again."""
        self.ensure_one()
        start = fields.Date.add(self.date_end, days=1)
        return {
            **{name: self[name].id for name in ("company_id", "franchisee_id", "brand_id", "currency_id", "user_id")},
            "date_start": start,
            "date_end": start + relativedelta(months=version.renewal_months, days=-1),
            "predecessor_id": self.id,
        }

    def _copy_to_successors(self, successors):
        """Hook: what else a renewed contract takes over (clauses, territories …); successors are in the order of self."""

    def _hand_over(self, today=None):
        """End contracts whose successor is signed and has begun; their outlets run under it from now on."""
        today = today or fields.Date.context_today(self)
        for contract in self.filtered(lambda row: row.state == "signed"):
            successor = contract.successor_id
            if successor.state == "signed" and successor.date_start <= today:
                outlets = contract.with_context(active_test=False).outlet_ids
                contract._move("end")
                outlets.sudo().write({"contract_id": successor.id})
                contract.message_post(
                    body=self.env._(
                        "Renewed by %(successor)s; handed over: %(outlets)s.",
                        successor=successor.name,
                        outlets=", ".join(outlets.mapped("code")) or "–",
                    )
                )

    def action_refuse_renewal(self):
        """Open the notice by which a party says that it doesn't want the renewal.

        :raises UserError: the contract isn't running, isn't renewed by its terms, or is renewed already.
        """
        self.ensure_one()
        self._check_renewable()
        name = self.with_context(lang=self.franchisee_id.lang or self.env.lang).env._(
            "Franchise contract %s will not be renewed", self.name
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refuse Renewal"),
            "res_model": "franchise.notice",
            "view_mode": "form",
            "context": {
                "default_kind": "renewal",
                "default_name": name,
                "default_contract_id": self.id,
                "default_company_id": self.company_id.id,
                "default_partner_id": self.franchisee_id.id,
            },
        }

    def _check_refusable(self, day, agreed=False):
        """Check that a notice of `day` against the renewal is in time.

        :param agreed: both parties agreed that a late one counts.
        :raises UserError: the contract isn't running or is renewed already, or the notice comes too late.
        """
        self.ensure_one()
        self._check_renewable()
        if self.renewal_mode == "automatic" and day > self.deadline_date and not agreed:
            raise UserError(
                self.env._(
                    "Notice against the renewal of %(contract)s had to be given by %(deadline)s; %(day)s is too late.",
                    contract=self.name,
                    deadline=self.deadline_date,
                    day=day,
                )
            )

    def _record_refusal(self, refused_by, day, reason, notice):
        """Record that a party gave notice that it doesn't want the renewal; for the notice's own steps only."""
        self.ensure_one()
        self.check_access("write")
        self._trusted().write(
            {
                "renewal_refused_by": refused_by,
                "renewal_refused_on": day,
                "renewal_refusal_reason": reason,
                "renewal_notice_id": notice.id,
            }
        )

    def action_withdraw_refusal(self):
        """Take the notice against the renewal back: the contract is renewed as its terms say.

        :raises UserError: the contract isn't running any more.
        """
        self.check_access("write")
        self._check_refusal_withdrawable()
        self.renewal_notice_id.action_revoke()
        self.filtered("renewal_refused_on")._clear_refusal()
        return True

    def _check_refusal_withdrawable(self):
        """:raises UserError: a contract isn't running any more."""
        for contract in self:
            if contract.state != "signed":
                raise UserError(
                    self.env._("%s isn't running any more: its refusal can't be taken back.", contract.name)
                )

    def _clear_refusal(self):
        """The refusal holds no longer; rooms take back what followed from it."""
        self._trusted().write(
            {
                "renewal_refused_by": False,
                "renewal_refused_on": False,
                "renewal_refusal_reason": False,
                "renewal_notice_id": False,
            }
        )

    @api.model
    def _run_renewals(self, today=None, commit=True):
        """Scheduled action: renew what nobody gave notice against, and hand over what has begun, in batches.

        :param commit: commit after each batch; False inside a transaction of somebody else's.
        :return: {"done": number, "failed": number}.
        """
        today = today or fields.Date.context_today(self)
        signed = Domain("state", "=", "signed")
        begun = signed & Domain("successor_ids", "any", [("state", "=", "signed"), ("date_start", "<=", today)])
        silent = signed & Domain("renewal_mode", "=", "automatic") & Domain("deadline_date", "<", today)
        with BatchRun(self.env, "The renewal", commit) as run:
            run.work(by_id(self, begun, BATCH), lambda contracts: contracts._hand_over(today))
            run.work(by_id(self, silent, BATCH), lambda contracts: contracts._renew_tacitly(today))
        return {"done": run.done, "failed": run.failed}

    def _renew_tacitly(self, today):
        """Renew by the terms alone: the successor needs no further signature."""
        successors = self._renew()
        for successor, contract in zip(successors, self, strict=True):
            successor.date_sign = fields.Date.add(contract.deadline_date or today, days=1)
        successors.action_sign()
        for successor in successors:
            successor.message_post(body=self.env._("Renewed automatically: nobody gave notice in time."))

    def _with_successors(self):
        """These contracts and all that renewed them: an outlet may have been handed over since."""
        contracts = self
        while later := contracts.successor_ids.filtered(lambda row: row.state != "cancelled") - contracts:
            contracts |= later
        return contracts

    def _with_predecessors(self):
        """These contracts and all that they renew: fees and deposit were paid with the first."""
        contracts = self
        while earlier := contracts.predecessor_id - contracts:
            contracts |= earlier
        return contracts

    def action_view_successor(self):
        """Open the contract that renews this one."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.successor_id.id,
            "view_mode": "form",
        }
