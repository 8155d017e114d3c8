"""Settlement lines get what reports group them by. Done here, in the database, before the ORM would do it record by record."""

BATCH = 50_000
COLUMNS = {
    "party": "varchar",
    "brand_id": "int4",
    "contract_id": "int4",
    "claim_id": "int4",
    "company_currency_id": "int4",
    "amount_company": "numeric",
}
# A line's claim is that of its recovery. What is posted is worth what the journal item says, the rest what the last rate until
# the line's day makes of it (as `franchise.settlement.line._compute_amount_company` has it for new lines).
FILL = """
    WITH rate AS (
        SELECT DISTINCT line.date AS day, company.id AS company_id, currency.id AS currency_id,
               COALESCE(
                   (SELECT rate FROM res_currency_rate
                     WHERE currency_id = currency.id AND name <= line.date AND (company_id IS NULL OR company_id = root.id)
                     ORDER BY company_id, name DESC LIMIT 1),
                   (SELECT rate FROM res_currency_rate
                     WHERE currency_id = currency.id AND (company_id IS NULL OR company_id = root.id)
                     ORDER BY company_id, name LIMIT 1),
                   1) AS rate
          FROM franchise_settlement_line line
          JOIN res_company company ON company.id = line.company_id
          JOIN res_company root ON root.id = split_part(company.parent_path, '/', 1)::int
          JOIN res_currency currency ON currency.id IN (line.currency_id, company.currency_id)
         WHERE line.id > %(first)s AND line.id <= %(last)s AND line.currency_id != company.currency_id
    )
    UPDATE franchise_settlement_line line
       SET party = settlement.party,
           company_currency_id = company.currency_id,
           claim_id = claim.id,
           contract_id = contract.id,
           brand_id = contract.brand_id,
           amount_company = CASE
               WHEN posted.balance IS NOT NULL THEN -posted.balance
               WHEN line.currency_id = company.currency_id THEN line.amount
               ELSE ROUND(line.amount * ours.rate / theirs.rate / ours_currency.rounding) * ours_currency.rounding
           END
      FROM franchise_settlement_line old
      JOIN franchise_settlement settlement ON settlement.id = old.settlement_id
      JOIN res_company company ON company.id = old.company_id
      JOIN res_currency ours_currency ON ours_currency.id = company.currency_id
 LEFT JOIN franchise_claim_recovery_line recovery_line
        ON old.source_model = 'franchise.claim.recovery.line' AND recovery_line.id = old.source_id
 LEFT JOIN franchise_claim_recovery recovery ON recovery.id = recovery_line.recovery_id
 LEFT JOIN franchise_claim claim ON claim.id = recovery.claim_id
 LEFT JOIN franchise_contract contract ON contract.id = claim.contract_id
 LEFT JOIN rate ours ON ours.day = old.date AND ours.company_id = company.id AND ours.currency_id = company.currency_id
 LEFT JOIN rate theirs ON theirs.day = old.date AND theirs.company_id = company.id AND theirs.currency_id = old.currency_id
 LEFT JOIN LATERAL (SELECT SUM(item.balance) AS balance FROM account_move_line item
                     WHERE item.franchise_settlement_line_id = old.id AND item.move_id = settlement.move_id
                       AND settlement.state = 'posted') posted ON TRUE
     WHERE line.id = old.id AND old.id > %(first)s AND old.id <= %(last)s
"""


def migrate(cr, version):
    """Add the columns and fill them, some thousand lines at a time."""
    added = ", ".join(f"ADD COLUMN IF NOT EXISTS {name} {kind}" for name, kind in COLUMNS.items())
    cr.execute(f"ALTER TABLE franchise_settlement_line {added}")
    cr.execute("SELECT COALESCE(MAX(id), 0) FROM franchise_settlement_line")
    [highest] = cr.fetchone()
    for first in range(0, highest, BATCH):
        cr.execute(FILL, {"first": first, "last": first + BATCH})
