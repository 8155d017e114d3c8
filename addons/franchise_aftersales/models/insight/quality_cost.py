from odoo import fields, models
from odoo.tools import SQL

# Which column an amount of a claim belongs to, by its kind; what an offer's credit note pays, by the kind of the offer.
BY_CHARGE = {
    "payout": "amount_payout",
    "compensation": "amount_compensation",
    "goodwill": "amount_goodwill",
    "counter_claim": "amount_counter",
}
BY_OFFER = {
    "refund": "amount_payout",
    "discount": "amount_payout",
    "compensation": "amount_compensation",
    "goodwill": "amount_goodwill",
}
FACTS = [
    ("charge", "Amount of a claim"),
    ("credit_note", "Credit note"),
    ("goods", "Goods given"),
    ("work", "Internal work"),
    ("recovery", "Recovered"),
]
COSTS = ("amount_payout", "amount_compensation", "amount_goodwill", "amount_counter", "amount_goods")
BACK = ("amount_recovered", "amount_penalty")


class FranchiseQualityCost(models.Model):
    """What poor quality costs us (R-F2): paid and given for claims, less what liable parties accepted and penalties.

    Net = payouts + compensations + goodwill + accepted counter-claims + goods given − recovered − penalties. Paid is what was
    agreed: amounts of claims that are confirmed, and credit notes of accepted offers (net of tax) that aren't cancelled.
    Goods given are replacements and gifts at today's product cost. Repairs and internal tasks have no price here: they are
    counted.
    """

    _name = "franchise.quality.cost"
    _description = "Cost of Quality"
    _inherit = ["franchise.insight.mixin"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "claim_id"
    _depends = {
        "franchise.claim": ["cause_id", "supplier_id"],
        "franchise.claim.charge": ["amount", "state", "date", "kind"],
        "franchise.claim.execution": ["amount", "state", "kind", "quantity"],
        "franchise.claim.offer": ["kind"],
        "franchise.claim.recovery": ["amount_accepted", "answered_on"],
        "franchise.contract": ["brand_id"],
        "product.product": ["standard_price"],
        "res.currency.rate": ["rate", "name"],
    }

    kind = fields.Selection(FACTS, string="Fact", readonly=True)
    date = fields.Date(readonly=True)
    claim_id = fields.Many2one("franchise.claim", readonly=True)
    cause_id = fields.Many2one("franchise.cause", readonly=True)
    brand_id = fields.Many2one("franchise.brand", readonly=True)
    supplier_id = fields.Many2one("res.partner", readonly=True)
    claimant_id = fields.Many2one("res.partner", string="Franchisee", readonly=True)
    amount_payout = fields.Monetary(string="Payouts", readonly=True)
    amount_compensation = fields.Monetary(string="Compensations", readonly=True)
    amount_goodwill = fields.Monetary(string="Goodwill", readonly=True)
    amount_counter = fields.Monetary(string="Counter-Claims", readonly=True)
    amount_goods = fields.Monetary(string="Goods Given", readonly=True, help="Replacements and gifts at product cost.")
    amount_recovered = fields.Monetary(string="Recovered", readonly=True, help="Accepted by liable parties.")
    amount_penalty = fields.Monetary(string="Penalties", readonly=True, help="Of suppliers, for broken service levels.")
    amount_net = fields.Monetary(string="Net Cost", readonly=True, help="What was paid and given less what came back.")
    work_count = fields.Integer(string="Repairs and Tasks", readonly=True)

    def _facts(self):
        return self._together(
            self._fact_charge(), self._fact_credit_note(), self._fact_goods(), self._fact_work(), self._fact_recovery()
        )

    def _of_claim(self, table, alias, where, amounts, **columns):
        """A fact of a claim with its net amount. :param amounts: {column: SQL of an amount in the company's currency}."""
        net = SQL(" ").join(
            SQL("%s COALESCE(%s, 0)", SQL("+" if name in COSTS else "-"), amount) for name, amount in amounts.items()
        )
        return self._fact(
            SQL(
                "%s JOIN franchise_claim claim ON claim.id = %s WHERE %s",
                self._joined(table, alias),
                SQL.identifier(alias, "claim_id"),
                where,
            ),
            id=SQL.identifier(alias, "id"),
            company_id=SQL("claim.company_id"),
            currency_id=SQL("company.currency_id"),
            claim_id=SQL("claim.id"),
            cause_id=SQL("claim.cause_id"),
            supplier_id=SQL("claim.supplier_id"),
            claimant_id=SQL("claim.claimant_id"),
            brand_id=SQL("(SELECT brand_id FROM franchise_contract WHERE id = claim.contract_id)"),
            amount_net=net if amounts else 0,
            **amounts,
            **columns,
        )

    def _fact_charge(self):
        def worth(amount):
            return self._money(amount, SQL("charge.currency_id"), SQL("charge.date"))

        owed = {
            column: SQL("CASE WHEN charge.kind = %s THEN %s END", kind, worth(SQL("-charge.amount")))
            for kind, column in BY_CHARGE.items()
        }
        penalty = SQL(
            "CASE WHEN charge.kind = 'sla_penalty' AND charge.party = 'supplier' THEN %s END",
            worth(SQL("charge.amount")),
        )
        return self._of_claim(
            "franchise_claim_charge",
            "charge",
            SQL("charge.state = 'confirmed'"),
            {**owed, "amount_penalty": penalty},
            fact=0,
            kind="charge",
            date=SQL("charge.date"),
        )

    def _execution_day(self):
        return self._day(SQL("execution.create_date"))

    def _fact_credit_note(self):
        day = self._execution_day()
        amounts = {}
        for column in sorted(set(BY_OFFER.values())):
            kinds = tuple(kind for kind, wanted in BY_OFFER.items() if wanted == column)
            amounts[column] = SQL(
                "CASE WHEN (SELECT offer.kind FROM franchise_claim_offer offer WHERE offer.id = execution.offer_id) IN %s"
                " THEN %s END",
                kinds,
                self._money(SQL("execution.amount"), SQL("execution.currency_id"), day),
            )
        return self._of_claim(
            "franchise_claim_execution",
            "execution",
            SQL("execution.kind = 'credit_note' AND execution.state != 'cancelled'"),
            amounts,
            fact=1,
            kind="credit_note",
            date=day,
        )

    def _fact_goods(self):
        """Cost prices are kept per company, in the company's currency."""
        cost = SQL(
            "(SELECT ROUND(execution.quantity::numeric * COALESCE((product.standard_price->>company.id::text)::numeric, 0),"
            " unit.decimal_places) FROM product_product product WHERE product.id = execution.product_id)"
        )
        return self._of_claim(
            "franchise_claim_execution",
            "execution",
            SQL("execution.kind IN ('replacement', 'gift') AND execution.state != 'cancelled'"),
            {"amount_goods": cost},
            fact=2,
            kind="goods",
            date=self._execution_day(),
        )

    def _fact_work(self):
        return self._of_claim(
            "franchise_claim_execution",
            "execution",
            SQL("execution.kind IN ('repair', 'task') AND execution.state != 'cancelled'"),
            {},
            fact=3,
            kind="work",
            date=self._execution_day(),
            work_count=1,
        )

    def _fact_recovery(self):
        day = SQL("recovery.answered_on")
        accepted = self._money(SQL("recovery.amount_accepted"), SQL("recovery.currency_id"), day)
        return self._of_claim(
            "franchise_claim_recovery",
            "recovery",
            SQL("recovery.amount_accepted > 0"),
            {"amount_recovered": accepted},
            fact=4,
            kind="recovery",
            date=day,
        )

    def action_open_claim(self):
        """Open the claim."""
        self.ensure_one()
        return self._open("franchise.claim", self.claim_id.id)
