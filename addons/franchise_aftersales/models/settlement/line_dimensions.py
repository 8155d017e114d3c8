from odoo import api, fields, models
from odoo.tools import SQL


class FranchiseSettlementLine(models.Model):
    """What reports group settlement lines by, on the line itself: a million lines are added up without a join.

    Sources name contract, claim and brand (`franchise.settlement.source`); role and currencies follow from the settlement.
    """

    _inherit = "franchise.settlement.line"

    party = fields.Selection(related="settlement_id.party", string="Role", store=True, precompute=True)
    brand_id = fields.Many2one("franchise.brand", readonly=True, ondelete="restrict")
    contract_id = fields.Many2one("franchise.contract", readonly=True, ondelete="restrict", index="btree_not_null")
    claim_id = fields.Many2one("franchise.claim", readonly=True, ondelete="restrict", index="btree_not_null")
    company_currency_id = fields.Many2one(
        related="settlement_id.company_id.currency_id", string="Company Currency", store=True, precompute=True
    )
    amount_company = fields.Monetary(
        string="Amount in Company Currency",
        compute="_compute_amount_company",
        store=True,
        precompute=True,
        currency_field="company_currency_id",
        help="Posted: what the journal item says, at the rate of the entry. Before: at the rate of the line's date.",
    )

    _by_date = models.Index("(date DESC, id DESC)")

    def _auto_init(self):
        """Tell PostgreSQL how many combinations of these there are, which ANALYZE then counts; writing costs nothing more.

        Left alone it multiplies partners by causes by days, takes groups for nearly as many as rows, and doesn't share the
        work of adding them up between processes.
        """
        result = super()._auto_init()
        self.env.cr.execute(
            """
            CREATE STATISTICS IF NOT EXISTS franchise_settlement_line_groups (ndistinct)
                ON partner_id, cause_id, brand_id, kind, company_currency_id, (date_trunc('month', date::timestamp)::date)
              FROM franchise_settlement_line
            """
        )
        return result

    @api.depends("amount", "date", "settlement_id.currency_id", "settlement_id.company_id")
    def _compute_amount_company(self):
        """At the rate of the line's date; posting puts the entry's amount in its place (`_take_over_entry`)."""
        for (company, currency), lines in self.grouped(
            lambda line: (line.settlement_id.company_id, line.settlement_id.currency_id)
        ).items():
            ours = company.currency_id
            if currency == ours or not company:
                for line in lines:
                    line.amount_company = line.amount
                continue
            rates = company._franchise_rates(currency | ours, lines.mapped("date"))
            for line in lines:
                rate = rates[ours.id, line.date] / rates[currency.id, line.date]
                line.amount_company = ours.round(line.amount * rate)


class FranchiseSettlement(models.Model):
    _inherit = "franchise.settlement"

    def _move(self, action, values=None):
        result = super()._move(action, values)
        if action == "post":
            self._take_over_entry()
        return result

    def _take_over_entry(self):
        """Lines of posted settlements say in company currency what their journal items say, to the cent."""
        # Past the ORM: lines of a posted settlement are fixed, and this adds no fact to them but the ledger's.
        self.env["account.move.line"].flush_model(["balance", "franchise_settlement_line_id", "move_id"])
        self.line_ids.flush_recordset()
        self.env["account.move"].flush_model(["franchise_settlement_id", "reversed_entry_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE franchise_settlement_line line
                   SET amount_company = -item.balance
                  FROM (SELECT item.franchise_settlement_line_id AS line_id, SUM(item.balance) AS balance
                          FROM account_move entry
                          JOIN account_move_line item ON item.move_id = entry.id
                         WHERE entry.franchise_settlement_id IN %s AND entry.reversed_entry_id IS NULL
                           AND item.franchise_settlement_line_id IS NOT NULL
                         GROUP BY item.franchise_settlement_line_id) item
                 WHERE line.id = item.line_id AND line.amount_company IS DISTINCT FROM -item.balance
                """,
                tuple(self.ids),
            )
        )
        self.line_ids.invalidate_recordset(["amount_company"])


class ResCompany(models.Model):
    _inherit = "res.company"

    def _franchise_rates(self, currencies, days):
        """Rates of `currencies` on each of `days` in one statement: {(currency id, day): rate}.

        The rule is `res.currency._get_rates`': the last rate until that day, else the first one there is, else 1; one of the
        company before one that all companies share. An amount in A is worth amount × rate of B ÷ rate of A in B.
        """
        self.ensure_one()
        days = sorted(set(days))
        self.env["res.currency.rate"].flush_model(["name", "rate", "currency_id", "company_id"])
        found = self.env.execute_query(
            SQL(
                """
                SELECT currency.id, wanted.day, COALESCE(last.rate, first.rate, 1)
                  FROM unnest(%(currencies)s) AS currency(id)
            CROSS JOIN unnest(%(days)s::date[]) AS wanted(day)
             LEFT JOIN LATERAL (SELECT rate FROM res_currency_rate
                                 WHERE currency_id = currency.id AND name <= wanted.day
                                   AND (company_id IS NULL OR company_id = %(company)s)
                                 ORDER BY company_id, name DESC LIMIT 1) last ON TRUE
             LEFT JOIN LATERAL (SELECT rate FROM res_currency_rate
                                 WHERE currency_id = currency.id AND (company_id IS NULL OR company_id = %(company)s)
                                 ORDER BY company_id, name LIMIT 1) first ON TRUE
                """,
                currencies=currencies.ids,
                days=days,
                company=self.root_id.id,
            )
        )
        return {(currency, day): float(rate) for currency, day, rate in found}
