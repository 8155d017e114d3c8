from odoo import fields, models
from odoo.tools import SQL


class FranchiseThreeWay(models.Model):
    """Ours, theirs and the ledger's amount of every settlement line, in the settlement's currency (R-E4).

    Theirs is what the partner said of the line, our amount where they agreed to the statement, and before that what
    their system has booked; empty while nothing is known. An amount that only they know has no line of ours. A view over the rows themselves.
    """

    _name = "franchise.three.way"
    _description = "Three-Way Comparison"
    _auto = False
    _order = "has_difference desc, settlement_id desc, date, id"
    _rec_name = "name"

    settlement_id = fields.Many2one("franchise.settlement", readonly=True)
    settlement_line_id = fields.Many2one("franchise.settlement.line", string="Our Line", readonly=True)
    position_id = fields.Many2one("franchise.statement.position", string="Their Position", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(readonly=True)
    name = fields.Char(string="Description", readonly=True)
    amount_ours = fields.Monetary(string="Ours", readonly=True)
    amount_theirs = fields.Monetary(string="Theirs", readonly=True)
    amount_ledger = fields.Monetary(string="Ledger", readonly=True)
    says = fields.Selection(
        [
            ("nothing", "Nothing Yet"),
            ("booked", "Booked in Their System"),
            ("agreed", "Agreed"),
            ("differs", "Differs"),
            ("missing", "Missing in Ours"),
        ],
        string="Partner Says",
        readonly=True,
    )
    reason = fields.Char(string="Their Reason", readonly=True)
    reference = fields.Char(string="Their Reference", readonly=True)
    difference = fields.Monetary(readonly=True, help="Largest distance between any two of the amounts that are known.")
    has_difference = fields.Boolean(string="Differs", readonly=True)

    def _booked_amounts(self):
        """SQL of what the partners' systems say they booked: rows (source_model, source_id, amount). Rooms add theirs."""
        return SQL(
            """
            SELECT 'franchise.claim.recovery.line' AS source_model, part.id AS source_id,
                   -- a credit note is about all lines of a recovery: what it has too much or too little is spread over them
                   ROUND((part.amount_accepted * recovery.credit_note_amount / whole.accepted)::numeric,
                         currency.decimal_places) AS amount
              FROM franchise_claim_recovery recovery
              JOIN LATERAL (SELECT SUM(amount_accepted) AS accepted FROM franchise_claim_recovery_line
                             WHERE recovery_id = recovery.id) whole ON whole.accepted > 0
              JOIN franchise_claim_recovery_line part ON part.recovery_id = recovery.id
              JOIN res_currency currency ON currency.id = recovery.currency_id
             WHERE recovery.credit_note_amount > 0
            """
        )

    @property
    def _table_query(self):
        # Joined by the settlement's latest statement that wasn't withdrawn; the ledger by the link of its items. The entry's
        # open item (receivable or payable) isn't linked to a line.
        return SQL(
            """
            WITH booked AS (%s), latest AS (
                SELECT DISTINCT ON (settlement_id) id, settlement_id, state
                  FROM franchise_statement_confirmation
                 WHERE state NOT IN ('draft', 'withdrawn')
              ORDER BY settlement_id, id DESC
            ), compared AS (
                SELECT line.id, line.settlement_id, line.id AS settlement_line_id, position.id AS position_id,
                       line.company_id, line.partner_id, line.currency_id, line.date, line.name,
                       line.amount AS amount_ours,
                       CASE WHEN latest.state IN ('agreed', 'silent') THEN line.amount
                            WHEN position.id IS NOT NULL THEN position.amount_theirs
                            WHEN latest.state = 'disputed' THEN line.amount
                            ELSE booked.amount END AS amount_theirs,
                       CASE WHEN line.state = 'posted' THEN COALESCE(ledger.amount, 0) END AS amount_ledger,
                       CASE WHEN latest.state IN ('agreed', 'silent') THEN 'agreed'
                            WHEN position.id IS NOT NULL THEN 'differs'
                            WHEN latest.state = 'disputed' THEN 'agreed'
                            WHEN booked.amount IS NOT NULL THEN 'booked'
                            ELSE 'nothing' END AS says,
                       position.reason, COALESCE(position.reference, line.partner_reference) AS reference
                  FROM franchise_settlement_line line
             LEFT JOIN booked ON booked.source_model = line.source_model AND booked.source_id = line.source_id
             LEFT JOIN latest ON latest.settlement_id = line.settlement_id
             LEFT JOIN franchise_statement_position position
                    ON position.confirmation_id = latest.id AND position.settlement_line_id = line.id
             LEFT JOIN LATERAL (
                       SELECT -SUM(item.amount_currency) AS amount
                         FROM account_move_line item
                        WHERE item.franchise_settlement_line_id = line.id AND item.parent_state = 'posted') ledger ON TRUE
             UNION ALL
                SELECT -position.id, position.settlement_id, NULL, position.id, settlement.company_id, settlement.partner_id,
                       settlement.currency_id, latest_sent.sent_at::date, position.name,
                       0, CASE WHEN latest.state = 'agreed' THEN 0 ELSE position.amount_theirs END, NULL,
                       CASE WHEN latest.state = 'agreed' THEN 'agreed' ELSE 'missing' END,
                       position.reason, position.reference
                  FROM franchise_statement_position position
                  JOIN latest ON latest.id = position.confirmation_id
                  JOIN franchise_statement_confirmation latest_sent ON latest_sent.id = latest.id
                  JOIN franchise_settlement settlement ON settlement.id = position.settlement_id
                 WHERE position.settlement_line_id IS NULL
            ), figures AS (
                SELECT compared.*,
                       -- GREATEST and LEAST pass over what isn't known
                       GREATEST(amount_ours, amount_theirs, amount_ledger)
                       - LEAST(amount_ours, amount_theirs, amount_ledger) AS difference
                  FROM compared
            )
            SELECT figures.*, difference != 0 AS has_difference FROM figures
            """,
            self._booked_amounts(),
        )

    def action_open_line(self):
        """Open our line; of an amount that only they know, the statement they answered."""
        self.ensure_one()
        record = self.settlement_line_id or self.position_id.confirmation_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }
