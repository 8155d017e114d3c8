"""Count what really happened, in the databases themselves: nothing here trusts what a program said it did."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from decimal import Decimal

from .postgres import Cluster
from .stack import OUR_DATABASE

CENT = Decimal("0.01")

SUBMITTED = "SELECT uuid, state FROM franchise_sync_message WHERE kind = 'claim_submitted'"
# Documents of ours at a supplier: by external id, and that the document behind it is there.
PRESENT = """
SELECT data.name FROM ir_model_data data JOIN account_move move ON move.id = data.res_id
 WHERE data.module = 'franchise_sync' AND data.model = 'account.move' AND move.move_type = 'out_refund'"""
# More than one document with the same origin, whatever their external ids say.
DOUBLED = """
SELECT count(*) FROM (SELECT invoice_origin FROM account_move WHERE invoice_origin LIKE 'franchise:%'
                       GROUP BY invoice_origin HAVING count(*) > 1) AS twice"""
# Posted settlements against the ledger, per settlement: in its own currency, and in the company's at the rate of its
# entry. The ledger's side are the payable or receivable items of its entries: two documents where nothing is set off.
POSTED = """
SELECT currency.name, lines.own, COALESCE(ledger.own, 0), lines.company, COALESCE(ledger.company, 0)
  FROM franchise_settlement settlement
  JOIN res_currency currency ON currency.id = settlement.currency_id
  JOIN account_move move ON move.id = settlement.move_id
  JOIN res_company company ON company.id = settlement.company_id
  JOIN LATERAL (SELECT sum(line.amount) AS own,
                       sum(round(line.amount / COALESCE(NULLIF(move.invoice_currency_rate, 0), 1)::numeric, 2)) AS company
                  FROM franchise_settlement_line line WHERE line.settlement_id = settlement.id) lines ON TRUE
  LEFT JOIN LATERAL (SELECT sum(item.amount_currency) AS own, sum(item.balance) AS company
                  FROM account_move entry JOIN account_move_line item ON item.move_id = entry.id
                  JOIN account_account account ON account.id = item.account_id
                 WHERE entry.franchise_settlement_id = settlement.id AND entry.reversed_entry_id IS NULL
                   AND entry.state = 'posted' AND account.account_type IN ('asset_receivable', 'liability_payable')) ledger ON TRUE
 WHERE settlement.state = 'posted'"""
# The suppliers' side: what their books say they have credited us, and what we have posted as settled with them. A supplier
# without a system has no books here.
CREDITED = """
SELECT currency.name, sum(move.amount_total)
  FROM account_move move JOIN res_currency currency ON currency.id = move.currency_id
 WHERE move.move_type = 'out_refund' AND move.state = 'posted' AND move.invoice_origin LIKE 'franchise:%'
 GROUP BY currency.name"""
SETTLED_WITH_SUPPLIERS = """
SELECT currency.name, sum(line.amount)
  FROM franchise_settlement_line line
  JOIN franchise_settlement settlement ON settlement.id = line.settlement_id
  JOIN res_currency currency ON currency.id = settlement.currency_id
 WHERE settlement.state = 'posted' AND settlement.party = 'supplier'
   AND settlement.partner_id IN (SELECT partner_id FROM franchise_sync_endpoint)
 GROUP BY currency.name"""
COMPANY_CURRENCY = """
SELECT currency.name FROM res_company company JOIN res_currency currency ON currency.id = company.currency_id
 ORDER BY company.id LIMIT 1"""


@dataclass
class Count:
    """The demo's result, as printed in its last line. Amounts are in `currency`, the company's."""

    claims_submitted: int
    delivered: int
    acknowledged: int
    doubled: int
    lost: int
    settlement_total: str
    posted_total: str
    tie_out_difference: str
    currency: str
    seconds: float

    def problems(self) -> list[str]:
        """Why this is no success; empty when it is one."""
        found = []
        if not self.claims_submitted:
            found.append("No claim was submitted.")
        if self.lost:
            found.append(f"{self.lost} submitted claims are in no supplier's books.")
        if self.doubled:
            found.append(f"{self.doubled} claims are in a supplier's books more than once.")
        if Decimal(self.tie_out_difference):
            found.append(f"Settlements, ledger and suppliers' books differ by {self.tie_out_difference}.")
        if self.settlement_total != self.posted_total:
            found.append(f"Settled {self.settlement_total}, but posted {self.posted_total} {self.currency}.")
        if not Decimal(self.posted_total):
            found.append("Nothing was posted.")
        return found

    def as_dict(self) -> dict:
        """For JSON: amounts as decimal strings."""
        return asdict(self)


def count(cluster: Cluster, supplier_databases: list[str], seconds: float) -> Count:
    """Count in all databases. `seconds` is how long the job took."""
    submitted = dict(_rows(cluster, SUBMITTED, OUR_DATABASE))
    present: set[str] = set()
    doubled = 0
    for database in supplier_databases:
        found = [name for (name,) in _rows(cluster, PRESENT, database)]
        doubled += len(present.intersection(found)) + int(_rows(cluster, DOUBLED, database)[0][0])
        present.update(found)
    difference = settled = posted = Decimal(0)
    for _currency, own, ledger_own, company, ledger_company in _rows(cluster, POSTED, OUR_DATABASE):
        difference += abs(Decimal(own) - Decimal(ledger_own))
        settled += Decimal(company)
        posted += Decimal(ledger_company)
    difference += _difference_to_suppliers(cluster, supplier_databases)
    return Count(
        claims_submitted=len(submitted),
        delivered=len(present & submitted.keys()),
        acknowledged=sum(state == "delivered" for state in submitted.values()),
        doubled=doubled,
        lost=len(submitted.keys() - present),
        settlement_total=str(settled.quantize(CENT)),
        posted_total=str(posted.quantize(CENT)),
        tie_out_difference=str(difference.quantize(CENT)),
        currency=_rows(cluster, COMPANY_CURRENCY, OUR_DATABASE)[0][0],
        seconds=round(seconds, 1),
    )


def _difference_to_suppliers(cluster: Cluster, supplier_databases: list[str]) -> Decimal:
    """Sum, over the currencies, of the distance between what suppliers credited and what we settled with them."""
    balance: Counter[str] = Counter()
    for database in supplier_databases:
        for currency, amount in _rows(cluster, CREDITED, database):
            balance[currency] += Decimal(amount)
    for currency, amount in _rows(cluster, SETTLED_WITH_SUPPLIERS, OUR_DATABASE):
        balance[currency] -= Decimal(amount)
    return sum((abs(amount) for amount in balance.values()), Decimal(0))


def _rows(cluster: Cluster, query: str, database: str) -> list[list[str]]:
    return [line.split("\t") for line in cluster.sql(query, database).splitlines()]
