from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.batch import BatchRun

BATCH = 100  # claims a transaction, each with an entry
RECOVERY, CHARGE = "franchise.claim.recovery.line", "franchise.claim.charge"


class FranchiseClaimAccrual(models.Model):
    """What is expected of approved claims and not settled yet, in the books where the company wants it (R-E3).

    For each amount the books should show what is expected now; what they show already is deducted, and the difference is
    posted. So one rule accrues at approval, follows answers and withdrawals, releases at settlement and accrues again when
    a settlement is reversed; run twice it posts nothing. The sum of an amount's rows is what is expected of it.

    Expected are: of a recovery, what was accepted and what is still open while the party may answer; of an amount of a
    claim (payout, penalty), the whole. Nothing, once a posted settlement has it or it was taken back.
    """

    _name = "franchise.claim.accrual"
    _description = "Claim Accrual"
    _order = "id desc"

    claim_id = fields.Many2one("franchise.claim", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="claim_id.currency_id", store=True)
    partner_id = fields.Many2one("res.partner", readonly=True, index=True, ondelete="restrict")
    source_model = fields.Char(required=True, readonly=True)
    source_id = fields.Many2oneReference(model_field="source_model", required=True, readonly=True)
    kind = fields.Selection("_selection_kind", required=True, readonly=True)
    date = fields.Date(required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True, help="Positive: more is expected to come in.")
    move_id = fields.Many2one(
        "account.move", string="Journal Entry", required=True, readonly=True, index=True, ondelete="restrict"
    )

    _source = models.Index("(source_model, source_id)")

    @api.model
    def _selection_kind(self):
        """The kinds by their names on settlement lines, where each of these amounts ends."""
        return self.env["franchise.settlement.line"]._fields["kind"]._description_selection(self.env)

    @api.depends("claim_id.name", "date")
    def _compute_display_name(self):
        for accrual in self:
            accrual.display_name = f"{accrual.claim_id.name or ''} {accrual.date or ''}".strip()

    @api.model
    def _select_differences(self, claims):
        """SQL of (claim, partner, model, id, kind, difference) where the books don't show what is expected.

        :param claims: SQL condition on claim.id.
        """
        return SQL(
            """
            SELECT expected.claim_id, expected.partner_id, expected.source_model, expected.source_id, expected.kind,
                   expected.amount - COALESCE(booked.amount, 0) AS difference
              FROM (
                SELECT claim.id AS claim_id, recovery.partner_id, %(recovery)s AS source_model, line.id AS source_id,
                       'recovery' AS kind,
                       CASE WHEN recovery.state = 'withdrawn' THEN 0
                            WHEN recovery.state IN ('demanded', 'acknowledged', 'disputed')
                            THEN COALESCE(line.amount_accepted, 0) + COALESCE(line.amount_open, 0)
                            ELSE COALESCE(line.amount_accepted, 0) END AS amount
                  FROM franchise_claim_recovery_line line
                  JOIN franchise_claim_recovery recovery ON recovery.id = line.recovery_id
                  JOIN franchise_claim claim ON claim.id = recovery.claim_id
                 WHERE %(claims)s
                 UNION ALL
                SELECT claim.id, charge.partner_id, %(charge)s, charge.id, charge.kind,
                       CASE WHEN charge.state = 'confirmed' THEN charge.amount ELSE 0 END
                  FROM franchise_claim_charge charge
                  JOIN franchise_claim claim ON claim.id = charge.claim_id
                 WHERE %(claims)s) AS source
        CROSS JOIN LATERAL (
                SELECT source.claim_id, source.partner_id, source.source_model, source.source_id, source.kind,
                       CASE WHEN EXISTS (
                           SELECT 1 FROM franchise_settlement_line settled
                            WHERE settled.source_model = source.source_model AND settled.source_id = source.source_id
                              AND settled.state = 'posted') THEN 0 ELSE source.amount END AS amount) AS expected
         LEFT JOIN LATERAL (
                SELECT SUM(accrual.amount) AS amount FROM franchise_claim_accrual accrual
                 WHERE accrual.source_model = expected.source_model AND accrual.source_id = expected.source_id
                ) AS booked ON TRUE
             WHERE expected.amount != COALESCE(booked.amount, 0)
            """,
            recovery=RECOVERY,
            charge=CHARGE,
            claims=claims,
        )

    @api.model
    def _bring_up_to_date(self, claims):
        """Post what the books lack or have too much of these claims, one entry a claim. Returns the new rows (sudo).

        :raises UserError: the company has no account or journal for it, or accounting refuses.
        """
        claims = claims.sudo().filtered("company_id.franchise_accrual")
        if not claims:
            return self.sudo()
        self.env.flush_all()
        rows = self.env.execute_query(self._select_differences(SQL("claim.id = ANY(%s)", claims.ids)))
        by_claim = {}
        for claim_id, *row in rows:
            by_claim.setdefault(claim_id, []).append(row)
        found = claims.filtered(lambda claim: claim.id in by_claim)
        accruals = self.sudo()
        for company, own in found.grouped("company_id").items():
            today = fields.Date.context_today(self)
            accounts = self._accounts(company, own, by_claim)
            moves = (
                self.env["account.move"]
                .sudo()
                .with_company(company)
                .create([self._prepare_entry(claim, by_claim[claim.id], accounts, today) for claim in own])
            )
            moves._post(soft=False)
            accruals += accruals.create(
                [
                    {
                        "claim_id": claim.id,
                        "partner_id": partner_id,
                        "source_model": model,
                        "source_id": source_id,
                        "kind": kind,
                        "date": today,
                        "amount": float(amount),
                        "move_id": move.id,
                    }
                    for claim, move in zip(own, moves, strict=True)
                    for partner_id, model, source_id, kind, amount in by_claim[claim.id]
                ]
            )
        return accruals

    @api.model
    def _accounts(self, company, claims, rows):
        """{kind: income or expense account} as settlements post them. :raises UserError: one is missing."""
        if not company.franchise_accrual_account_id:
            raise UserError(
                self.env._("No account for accruals is set for %s: choose one in the settings.", company.name)
            )
        kinds = {row[3] for claim in claims for row in rows[claim.id]}
        mapped = self.env["franchise.charge.account"].sudo()._postings(company)
        accounts = {}
        for kind in kinds:
            posting = mapped.get((company, kind))
            accounts[kind] = posting.account if posting else company.franchise_recovery_account_id
            if not accounts[kind]:
                raise UserError(
                    self.env._("No recovery account is set for %s: choose one in the settings.", company.name)
                )
        return accounts

    @api.model
    def _prepare_entry(self, claim, rows, accounts, day):
        """Values of the entry: expected receipts to the accrual account, against income (expenses the other way round)."""
        company, currency = claim.company_id, claim.currency_id
        journal = company.franchise_settlement_entry_journal_id or self.env["account.journal"].sudo().search(
            [("company_id", "=", company.id), ("type", "=", "general")], limit=1
        )
        if not journal:
            raise UserError(
                self.env._("%s has no journal for settlements' entries: choose one in the settings.", company.name)
            )
        items = []
        for partner_id, _model, _source_id, kind, amount in rows:
            value = float(amount)
            balance = currency._convert(value, company.currency_id, company, day)
            for account, sign in ((company.franchise_accrual_account_id, 1), (accounts[kind], -1)):
                items.append(
                    {
                        "name": claim.name,
                        "partner_id": partner_id,
                        "account_id": account.id,
                        "currency_id": currency.id,
                        "amount_currency": sign * value,
                        "balance": sign * balance,
                    }
                )
        return {
            "move_type": "entry",
            "journal_id": journal.id,
            "date": day,
            "ref": self.env._("Accrual of %s", claim.name),
            "line_ids": [fields.Command.create(item) for item in items],
        }

    @api.model
    def _run_accruals(self, commit=True):
        """Scheduled action: follow answers, withdrawals and new amounts, in batches; one fault stops no other claim."""
        companies = self.env["res.company"].sudo().search([("franchise_accrual", "=", True)])

        def next_batch(after):
            self.env.flush_all()
            condition = SQL("claim.company_id = ANY(%s) AND claim.id > %s", companies.ids, after)
            rows = self.env.execute_query(
                SQL(
                    "SELECT DISTINCT claim_id FROM (%s) AS found ORDER BY claim_id LIMIT %s",
                    self._select_differences(condition),
                    BATCH,
                )
            )
            return self.env["franchise.claim"].browse(row[0] for row in rows)

        with BatchRun(self.env, "The accrual", commit) as run:
            run.work(next_batch, self._bring_up_to_date)
        return {"done": run.done, "failed": run.failed}


class FranchiseClaim(models.Model):
    _inherit = "franchise.claim"

    def action_approve(self):
        result = super().action_approve()
        self.env["franchise.claim.accrual"]._bring_up_to_date(self)
        return result


class FranchiseSettlement(models.Model):
    """Posting releases what was accrued of its amounts; reversing accrues it again."""

    _inherit = "franchise.settlement"

    def _move(self, action, values=None):
        result = super()._move(action, values)
        if action in ("post", "reverse") and any(self.company_id.mapped("franchise_accrual")):
            lines = self.line_ids.sudo()
            claims = self.env["franchise.claim"].sudo()
            for model, path in ((RECOVERY, "recovery_id.claim_id"), (CHARGE, "claim_id")):
                own = lines.filtered(lambda line, model=model: line.source_model == model)
                claims |= self.env[model].sudo().browse(own.mapped("source_id")).mapped(path)
            self.env["franchise.claim.accrual"]._bring_up_to_date(claims)
        return result


class ResCompany(models.Model):
    _inherit = "res.company"

    franchise_accrual = fields.Boolean(
        string="Accrue What Claims Bring", help="From approval until settlement, at the rate of the day of each entry."
    )
    franchise_accrual_account_id = fields.Many2one(
        "account.account",
        string="Accrued Recoveries and Payouts",
        check_company=True,
        domain="[('account_type', 'in', ('asset_current', 'liability_current'))]",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_accrual = fields.Boolean(related="company_id.franchise_accrual", readonly=False)
    franchise_accrual_account_id = fields.Many2one(related="company_id.franchise_accrual_account_id", readonly=False)
