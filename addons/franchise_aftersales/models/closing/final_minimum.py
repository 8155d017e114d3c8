from collections import Counter
from typing import Any

from odoo import fields, models

from ...tools import final_settlement as rules
from ...tools.allocation import to_decimal


class FranchiseFinalSettlement(models.Model):
    """Months that nobody reported, of the contract that ends and of those that it renewed, at the minimum (R-B8, R-A12).

    A contract that was transferred was another franchisee's: its months are charged to that one, on its own contract, by the
    rule for missing reports, when the final settlement of what followed is approved.
    """

    _inherit = "franchise.final.settlement"

    def _lines_minimum(self, facts):
        """Months for which no royalty was charged: the minimum, by the terms of each of their days; a line a month."""
        contracts = facts.contract._with_predecessors().sorted("date_start")
        missing = self._minimums_missing(contracts, facts.effective)
        return [self._line_minimum(facts, *key, versions) for key, versions in missing.items()]

    def _minimums_missing(self, contracts, until):
        """{(contract, month or part of it): {terms with a minimum: days}} of the months that nobody reported."""
        days = [
            (contract, part, fields.Date.add(part.first, days=number))
            for contract, parts in self._months_missing(contracts, until).items()
            for part in parts
            for number in range(part.days)
        ]
        terms = self.env["franchise.contract.version"].sudo()
        terms = terms._in_force_on([(contract.id, day) for contract, _part, day in days])
        found: dict[Any, Counter] = {}
        for contract, part, day in days:
            version = terms.get((contract.id, day))
            if version and version.royalty_minimum:
                found.setdefault((contract, part), Counter())[version] += 1
        return found

    def _line_minimum(self, facts, contract, part, versions):
        minimums = [(count, to_decimal(version.royalty_minimum)) for version, count in versions.items()]
        return self._line(
            "royalty_minimum",
            contract,
            rules.minimum_royalty(part, minimums, facts.rounding),
            "final_royalty_minimum",
            first=str(part.first),
            last=str(part.last),
            month_days=part.month_days,
            parts=[{"minimum": self._text(minimum), "days": count} for count, minimum in minimums],
        )

    def _months_missing(self, contracts, until):
        """{contract: its months, or parts of months, until `until` for which no royalty was charged}, in one query."""
        charges = (
            self.env["franchise.charge"]
            .sudo()
            .search(
                [
                    ("contract_id", "in", contracts.ids),
                    ("state", "=", "confirmed"),
                    ("kind", "in", ("royalty", "royalty_minimum")),
                    ("period_from", "!=", False),
                    ("period_to", "!=", False),
                ]
            )
        )
        # What this settlement charged itself is computed anew.
        charges = charges.filtered(lambda charge: charge.res_model != self._name or charge.res_id not in self.ids)
        charged = charges.grouped("contract_id")
        return {
            contract: [
                part
                for part in rules.month_parts(contract.date_start, min(until, contract.date_end))
                if not any(
                    charge.period_from <= part.last and charge.period_to >= part.first
                    for charge in charged.get(contract, ())
                )
            ]
            for contract in contracts
        }

    def action_approve(self):
        result = super().action_approve()
        for final in self:
            final._charge_transferred()
        return result

    def _charge_transferred(self):
        """Charge the months that nobody reported of the contracts that were transferred to those that end here."""
        self.ensure_one()
        reports = self.env["franchise.sales.report"].sudo()
        contracts = self.env["franchise.contract"].sudo()
        old = contracts.search([("transferred_to_id", "in", self.contract_id._with_predecessors().ids)])
        while earlier := contracts.search([("transferred_to_id", "in", old._with_predecessors().ids)]) - old:
            old |= earlier
        old = old._with_predecessors()
        month_begins = fields.Date.context_today(self).replace(day=1)
        for contract, part in self._minimums_missing(old, fields.Date.subtract(month_begins, days=1)):
            month = part.first.replace(day=1)
            if not reports.search_count([("contract_id", "=", contract.id), ("month", "=", month)], limit=1):
                report = reports._estimate(contract, month)
                self.message_post(
                    body=self.env._(
                        "%(report)s was never reported: its minimum was charged to %(franchisee)s.",
                        report=report.display_name,
                        franchisee=contract.franchisee_id.display_name,
                    ),
                    subtype_xmlid="mail.mt_note",
                )
