from odoo import fields, models
from odoo.tools import SQL


class FranchiseTieOut(models.Model):
    """Lines = statement = ledger = partner, per settlement, in the settlement's currency (R-E6).

    A view in the database over the rows themselves: it trusts no stored total but the one it checks. Tax and what is
    written off are lines of their own, so that lines with tax = statement = ledger. Of a reversed settlement only the
    ledger is looked at: what took it back leaves nothing of it.
    """

    _name = "franchise.tie.out"
    _description = "Tie-Out"
    _auto = False
    _order = "is_tied, id desc"
    _rec_name = "settlement_id"

    settlement_id = fields.Many2one("franchise.settlement", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed"), ("posted", "Posted"), ("reversed", "Reversed")],
        string="Status",
        readonly=True,
    )
    lines_total = fields.Monetary(string="Sum of Lines", readonly=True)
    sources_total = fields.Monetary(string="Accepted at Source", readonly=True)
    statement_total = fields.Monetary(string="Statement", readonly=True)
    ledger_total = fields.Monetary(string="Ledger", readonly=True)
    difference = fields.Monetary(
        readonly=True,
        help="Largest distance between any two of them, between a line and its source, or between the entry's two sides; "
        "normally zero.",
    )
    is_tied = fields.Boolean(string="Ties Out", readonly=True)

    def _source_amounts(self):
        """SQL of what the sources say now: rows (source_model, source_id, amount). Each source's room adds its own."""
        return SQL("SELECT NULL::varchar AS source_model, NULL::int AS source_id, NULL::numeric AS amount WHERE FALSE")

    @property
    def _table_query(self):
        return SQL(
            """
            WITH source AS (
                %s
            ), lines AS (
                -- in one pass over all rows: asked settlement by settlement, every one would go through all sources again
                SELECT line.settlement_id, SUM(line.amount) AS total, SUM(said.amount) AS sources,
                       SUM(ABS(line.amount - COALESCE(said.amount, 0))) AS apart
                  FROM franchise_settlement_line line
             LEFT JOIN source USING (source_model, source_id)
            CROSS JOIN LATERAL (
                       -- what the settlement added itself has no other document behind it
                       SELECT CASE WHEN line.source_model = 'franchise.settlement' THEN line.amount
                                   ELSE source.amount END AS amount) said
              GROUP BY line.settlement_id
            ), ledger AS (
                SELECT move.franchise_settlement_id AS settlement_id,
                       SUM(item.amount_currency) FILTER (WHERE open.is_open AND move.reversed_entry_id IS NULL) AS total,
                       -SUM(item.amount_currency) FILTER (WHERE NOT open.is_open AND move.reversed_entry_id IS NULL)
                       AS counterpart,
                       SUM(item.amount_currency) FILTER (WHERE open.is_open) AS left_over,
                       ABS(SUM(item.balance)) AS unbalanced
                  FROM account_move move
                  JOIN account_move_line item ON item.move_id = move.id
                  JOIN account_account account ON account.id = item.account_id
            CROSS JOIN LATERAL (
                       SELECT account.account_type IN ('asset_receivable', 'liability_payable') AS is_open) open
                 WHERE move.franchise_settlement_id IS NOT NULL AND item.parent_state = 'posted'
              GROUP BY move.franchise_settlement_id
            ), figures AS (
                SELECT settlement.id, settlement.company_id, settlement.partner_id, settlement.currency_id,
                       settlement.state,
                       COALESCE(lines.total, 0) AS lines_total,
                       CASE WHEN settlement.state != 'reversed' THEN COALESCE(lines.sources, 0) END AS sources_total,
                       settlement.amount_total AS movements,
                       settlement.closing_balance - COALESCE(settlement.opening_balance, 0) AS statement_total,
                       CASE WHEN settlement.state = 'posted' THEN COALESCE(ledger.total, 0) END AS ledger_total,
                       CASE WHEN settlement.state = 'posted' THEN COALESCE(ledger.counterpart, 0) END AS counterpart_total,
                       CASE WHEN settlement.state = 'reversed' THEN ABS(COALESCE(ledger.left_over, 0))
                            ELSE COALESCE(lines.apart, 0) END + COALESCE(ledger.unbalanced, 0) AS apart
                  FROM franchise_settlement settlement
             LEFT JOIN lines ON lines.settlement_id = settlement.id
             LEFT JOIN ledger ON ledger.settlement_id = settlement.id
            ), compared AS (
                SELECT figures.*,
                       -- GREATEST and LEAST pass over the ledger's NULLs of what isn't posted yet
                       GREATEST(
                           GREATEST(lines_total, sources_total, movements, statement_total, ledger_total, counterpart_total)
                           - LEAST(lines_total, sources_total, movements, statement_total, ledger_total, counterpart_total),
                           apart) AS difference
                  FROM figures
            )
            SELECT id, id AS settlement_id, company_id, partner_id, currency_id, state, lines_total, sources_total,
                   statement_total, ledger_total, difference, difference = 0 AS is_tied
              FROM compared
            """,
            self._source_amounts(),
        )
