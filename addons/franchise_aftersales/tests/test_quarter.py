from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from odoo.tests import tagged
from odoo.tests.common import freeze_time

from .flow import FlowCase
from .flow_quarter import BOOKS, Quarter

D = Decimal
MATERIAL, TERMS = "quality_material", "other_terms"
# What was agreed and what happened: the only figures of this file that both the software and the calculation below get.
FACTS = {
    "opened": "2025-06-20 02:00:00",
    "yen_per_yuan": {
        "2025-07-01": D("20.30"),
        "2025-07-05": D("20.15"),
        "2025-08-01": D("20.75"),
        "2025-08-20": D("19.90"),
        "2025-09-01": D("20.40"),
    },
    "contract": {
        "from": "2025-07-01",
        "to": "2028-06-30",
        "fee": D(88000),
        "deposit": D(30000),
        "terms": {
            "royalty_percent": 5.5,
            "royalty_minimum": 3000,
            "marketing_percent": 1.25,
            "penalty_rule": "royalty_months",
            "penalty_months": 2,
            "purchase_target": 25000,
            "target_period": "month",
            "exchange_window_months": 3,
            "netting": "yes",
        },
        "tiers": [(D(5000), D("1.5")), (D(20000), D(3))],
    },
    "agreements": {
        "mill": {
            "currency": "CNY",
            "handling": D("2.5"),
            "hour": D("85.50"),
            "levels": [{"hours": 48, "rate": D("2.35")}],
            "shares": {
                MATERIAL: {"supplier": D(80), "carrier": D(10), "franchisor": D(10), "franchisee": D(0)},
                TERMS: {"supplier": D(65), "carrier": D(0), "franchisor": D(0), "franchisee": D(35)},
            },
        },
        "works": {
            "currency": "JPY",
            "handling": D(0),
            "hour": D(0),
            "levels": [],
            "shares": {MATERIAL: {"supplier": D(70), "carrier": D(20), "franchisor": D(10), "franchisee": D(0)}},
        },
    },
    "claims": {
        "whole": {"supplier": "mill", "cause": MATERIAL, "goods": D("1234.57"), "labour": D(120)},
        "rejected": {"supplier": "mill", "cause": MATERIAL, "goods": D("456.78")},
        "august": {"supplier": "mill", "cause": MATERIAL, "goods": D("640.05")},
        "shared": {"supplier": "mill", "cause": TERMS, "goods": D("800.40")},
        "part": {"supplier": "works", "cause": MATERIAL, "goods": D(48333)},
        "second": {"supplier": "works", "cause": MATERIAL, "goods": D(15015)},
    },
    "answered_part": D(21000),
    "carrier_takes": D(9000),
    "compensation": D("350.75"),
    "adjustment": D("-75.20"),
    "sales": {"2025-07-01": D("118765.43"), "2025-08-01": D("41234.56")},
    "purchases": {"2025-07-10": (7, D("3906.53")), "2025-08-12": (3, D("6200.35")), "2025-09-05": (3, D("3100.35"))},
    "last_day": "2025-09-20",
    "counted_in_stock": 1,
    "withheld": D("450.25"),
    "reserve_percent": D(50),
    "paid_in_part": D(12500),
}
DEMANDED, ANSWERED_LATE = "2025-07-08 09:00:00", "2025-07-18 11:30:00"
JULY, AUGUST, FINAL, SEPTEMBER = "2025-08-01", "2025-09-01", "2025-09-22", "2025-09-30"  # days of posting
PAID, PAID_IN_PART = "2025-08-11", "2025-08-20"


# ---- The independent calculation: plain Decimal, from FACTS and the days above alone, no code of the addon. -------------


def rounded(amount, currency="CNY"):
    """Half-up, yuan to the fen, yen to whole ones."""
    return amount.quantize(D(1) if currency == "JPY" else D("0.01"), rounding=ROUND_HALF_UP)


def split(amount, percents, currency):
    """Parts of `amount`: each rounded down, what is missing one smallest unit each to the largest remainders."""
    unit = D(1) if currency == "JPY" else D("0.01")
    exact = [amount * percent / 100 for percent in percents]
    parts = [part.quantize(unit, rounding=ROUND_FLOOR) for part in exact]
    order = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in order[: int((amount - sum(parts)) / unit)]:
        parts[index] += unit
    return parts


def demanded(key):
    """{party: amounts that a claim asks of it, by line}: goods with handling, labour at most at the agreed hour."""
    facts = FACTS["claims"][key]
    agreed = FACTS["agreements"][facts["supplier"]]
    parties, percents = zip(*agreed["shares"][facts["cause"]].items(), strict=True)
    goods = split(facts["goods"], percents, agreed["currency"])
    handling = rounded(facts["goods"] * agreed["handling"] / 100, agreed["currency"])
    lines = [[one + two for one, two in zip(goods, split(handling, percents, agreed["currency"]), strict=True)]]
    if "labour" in facts:
        lines.append(split(min(facts["labour"], agreed["hour"]), percents, agreed["currency"]))
    return {party: [line[index] for line in lines] for index, party in enumerate(parties)}


def recovered(key, party):
    return [("recovery", amount) for amount in demanded(key)[party]]


def rebate(bought, days=1, of_days=1):
    """Each tier's percent of what lies above it and below the next; thresholds for `days` of `of_days`."""
    (first, low), (second, high) = FACTS["contract"]["tiers"]
    first, second = first * days / of_days, second * days / of_days
    lower, upper = min(bought, second) - first, bought - second
    return rounded((max(lower, D(0)) * low + max(upper, D(0)) * high) / 100)


def bought(day):
    quantity, price = FACTS["purchases"][day]
    return quantity * price


def royalty(month):
    return max(rounded(FACTS["sales"][month] * D("5.5") / 100), D(3000))


def marketing(month):
    return rounded(FACTS["sales"][month] * D("1.25") / 100)


def late_penalty():
    """Round the clock: hours late, each hour that began counts."""
    took = datetime.fromisoformat(ANSWERED_LATE) - datetime.fromisoformat(DEMANDED)
    level = FACTS["agreements"]["mill"]["levels"][0]
    late = took.total_seconds() - level["hours"] * 3600
    return rounded(-(-int(late) // 3600) * level["rate"])


def final_lines():
    """What the end of the contract comes to, as it is settled; the reserve is half of what the franchisee may owe."""
    start, end = (date.fromisoformat(FACTS["contract"][name]) for name in ("from", "to"))
    last = date.fromisoformat(FACTS["last_day"])
    fee, deposit = FACTS["contract"]["fee"], FACTS["contract"]["deposit"]
    price, kept = FACTS["purchases"]["2025-09-05"][1], FACTS["counted_in_stock"]
    return [
        ("unearned_fee", -rounded(fee * (end - last).days / ((end - start).days + 1))),
        ("royalty_minimum", rounded(D(3000) * last.day / 30)),
        ("penalty", rounded((royalty("2025-07-01") + royalty("2025-08-01")) / 3 * 2)),
        ("deposit_return", -(deposit - FACTS["withheld"])),
        ("buyback", -rounded(kept * price)),
        ("rebate", -rebate(bought("2025-09-05") - kept * price, last.day, 30)),
        ("reserve", reserve()),
    ]


def reserve():
    share = FACTS["agreements"]["mill"]["shares"][TERMS]["franchisee"]
    return rounded(FACTS["claims"]["shared"]["goods"] * share / 100 * FACTS["reserve_percent"] / 100)


def month_of_franchisee(month, purchase):
    return [("royalty", royalty(month)), ("marketing", marketing(month)), ("rebate", -rebate(bought(purchase)))]


def statements():
    """{(day of posting, partner, currency): [(kind, amount)]}."""
    franchisee, mill, works = ("franchisee", "CNY"), ("mill", "CNY"), ("works", "JPY")
    carrier, carrier_yen = ("carrier", "CNY"), ("carrier", "JPY")
    return {
        (JULY, *franchisee): [
            ("initial_fee", FACTS["contract"]["fee"]),
            ("deposit", FACTS["contract"]["deposit"]),
            *month_of_franchisee("2025-07-01", "2025-07-10"),
            ("compensation", -FACTS["compensation"]),
        ],
        (JULY, *mill): [
            *recovered("whole", "supplier"),
            ("sla_penalty", late_penalty()),
            ("manual", FACTS["adjustment"]),
        ],
        (JULY, *carrier): recovered("whole", "carrier"),
        (JULY, *works): [("recovery", FACTS["answered_part"])],
        (JULY, *carrier_yen): recovered("part", "carrier"),
        (AUGUST, *franchisee): month_of_franchisee("2025-08-01", "2025-08-12"),
        (AUGUST, *mill): recovered("august", "supplier"),
        (AUGUST, *carrier): recovered("august", "carrier"),
        (AUGUST, *works): recovered("second", "supplier"),
        (AUGUST, *carrier_yen): [("recovery", FACTS["carrier_takes"]), *recovered("second", "carrier")],
        (FINAL, *franchisee): final_lines(),
        (SEPTEMBER, *franchisee): [("reserve_release", -reserve()), *recovered("shared", "franchisee")],
    }


def openings():
    """{statement: opening balance}: what the partner's earlier ones came to, less what was paid before."""
    paid = {
        (JULY, "franchisee", "CNY"): sum(amount for _kind, amount in statements()[JULY, "franchisee", "CNY"]),
        (JULY, "works", "JPY"): FACTS["paid_in_part"],
    }
    open_of, result = defaultdict(D), {}
    for key, lines in statements().items():
        result[key] = open_of[key[1:]]
        open_of[key[1:]] += sum(amount for _kind, amount in lines) - paid.get(key, D(0))
    return result


def in_yuan(amount, currency, day):
    if currency == "CNY":
        return amount
    rates = FACTS["yen_per_yuan"]
    return rounded(amount / rates[max(start for start in rates if start <= day)])


def journal_items():
    """[(day, account, balance in yuan, red)] of the quarter: purchases, sales, settlements, payments, exchange difference.

    A company in China books credit notes in red: as negative amounts on the side of the document that they take back.
    """
    items = []

    def book(day, open_account, lines, currency="CNY", red=False):
        """A document's lines and their counterpart: it is converted as a whole, its largest line bears the missing fen."""
        rows = [[account, in_yuan(balance, currency, day)] for account, balance in lines]
        total = in_yuan(sum(balance for _account, balance in lines), currency, day)
        max(rows, key=lambda row: abs(row[1]))[1] += total - sum(balance for _account, balance in rows)
        items.extend((day, account, balance, red) for account, balance in [*rows, (open_account, -total)])

    for day, supplier in (("2025-07-03", "mill"), ("2025-07-05", "works")):
        prices = [facts["goods"] for facts in FACTS["claims"].values() if facts["supplier"] == supplier]
        book(day, "payable", [("expense", 10 * price) for price in prices], FACTS["agreements"][supplier]["currency"])
    for day in FACTS["purchases"]:
        book(day, "receivable", [("sales", -bought(day))])
    account_of = {kind: name for name, (_type, kinds) in BOOKS.items() for kind in kinds} | {"recovery": "recovery"}
    for (day, partner, currency), lines in statements().items():
        rows = [(account_of[kind], -amount) for kind, amount in lines]
        if partner == "franchisee":  # the contract lets both sides be set off: an invoice, or a credit note
            book(day, "receivable", rows, currency, red=sum(amount for _kind, amount in lines) < 0)
            continue
        for side in ([row for row in rows if row[1] < 0], [row for row in rows if row[1] > 0]):
            if side:  # what a supplier owes us is its credit note
                book(day, "payable", side, currency, red=side[0][1] < 0)
    book(PAID, "receivable", [("bank", sum(amount for _kind, amount in statements()[JULY, "franchisee", "CNY"]))])
    received, paid = in_yuan(FACTS["paid_in_part"], "JPY", PAID_IN_PART), in_yuan(FACTS["paid_in_part"], "JPY", JULY)
    book(PAID_IN_PART, "payable", [("bank", received)])
    book(PAID_IN_PART, "payable", [("gain", paid - received)])
    return items


@tagged("post_install", "-at_install")
class TestQuarter(FlowCase):
    """One whole quarter against an independent calculation, to the cent, down to the trial balance.

    R-E1: settlements per party, company, currency and period, built from their sources, each settled exactly once.
    R-E2: statement with opening balance, movements and closing balance; both sides set off where the contract allows it.
    R-E3: posted to the right accounts at the rate of the day; the payment state comes back from reconciliation.
    R-E6: sum of settlement lines = statement = ledger, to the cent, in every currency.
    R-E7: operations create drafts, only finance posts; what was settled before is not settled again by the final one.
    """

    @classmethod
    def setUpClass(cls):
        cls.maxDiff = None  # the whole of the books, where they differ
        clock = cls.startClassPatcher(freeze_time(FACTS["opened"]))
        super().setUpClass()
        cls.quarter = Quarter(cls.env, clock, FACTS)
        cls.flow, cls.env = cls.quarter.flow, cls.quarter.env
        cls.settlements = {}
        cls._july()
        cls._august()
        cls._september()
        cls.env.flush_all()

    @classmethod
    def _settle(cls, day, until):
        cls.quarter.at(f"{day} 03:00:00")
        names = {partner: name for name, partner in cls.quarter.partners.items()}
        for settlement in cls.quarter.settle(until):
            cls.settlements[day, names[settlement.partner_id], settlement.currency_id.name] = settlement

    @classmethod
    def _july(cls):
        quarter = cls.quarter
        quarter.at("2025-07-01 02:00:00")
        quarter.sign()
        for day, supplier in (("2025-07-03", "mill"), ("2025-07-05", "works")):
            quarter.at(f"{day} 09:00:00")
            quarter.deliver(supplier)
        for moment, key in ((DEMANDED, "whole"), ("2025-07-09 09:00:00", "part"), ("2025-07-10 09:00:00", "rejected")):
            quarter.at(moment)
            quarter.claim(key, "approved")
        quarter.sell(*FACTS["purchases"]["2025-07-10"])
        quarter.at("2025-07-11 10:00:00")
        quarter.answer("rejected", 0, "Not our liability")
        quarter.pass_on("rejected", "own", role="finance")
        quarter.at(ANSWERED_LATE)
        quarter.accept("whole", "supplier", "carrier")
        quarter.compensate("whole", FACTS["compensation"])
        quarter.at("2025-07-21 09:00:00")
        quarter.adjust("mill", FACTS["adjustment"])
        quarter.at("2025-07-28 09:00:00")
        quarter.answer("part", FACTS["answered_part"], "Half of it was broken on the way")
        quarter.accept("part", "carrier")
        quarter.pass_on("part", "carrier", FACTS["carrier_takes"])
        quarter.pass_on("part", "own", role="finance")
        quarter.at(f"{JULY} 02:00:00")
        quarter.report("2025-07-01", FACTS["sales"]["2025-07-01"])
        cls._settle(JULY, "2025-07-31")

    @classmethod
    def _august(cls):
        quarter = cls.quarter
        quarter.at("2025-08-06 09:00:00")
        quarter.accept("part", "carrier", number=2)
        quarter.at(f"{PAID} 09:00:00")
        quarter.pay(cls.settlements[JULY, "franchisee", "CNY"])
        quarter.at("2025-08-12 09:00:00")
        quarter.sell(*FACTS["purchases"]["2025-08-12"])
        for key in ("august", "second"):
            quarter.claim(key, "approved")
        quarter.at("2025-08-13 09:00:00")
        for key in ("august", "second"):
            quarter.accept(key, "supplier", "carrier")
        quarter.at(f"{PAID_IN_PART} 09:00:00")
        quarter.pay(cls.settlements[JULY, "works", "JPY"], FACTS["paid_in_part"])
        quarter.at(f"{AUGUST} 02:00:00")
        quarter.report("2025-08-01", FACTS["sales"]["2025-08-01"])
        cls._settle(AUGUST, "2025-08-31")

    @classmethod
    def _september(cls):
        quarter = cls.quarter
        quarter.at("2025-09-05 09:00:00")
        stock = quarter.sell(*FACTS["purchases"]["2025-09-05"])
        quarter.at("2025-09-10 09:00:00")
        quarter.claim("shared", "submitted")
        quarter.at(f"{FINAL} 02:00:00")
        quarter.terminate(
            FACTS["last_day"], [(stock, FACTS["counted_in_stock"])], FACTS["withheld"], FACTS["reserve_percent"]
        )
        cls._settle(FINAL, FINAL)
        quarter.at("2025-09-25 09:00:00")
        quarter.decide("shared")
        quarter.at("2025-09-26 09:00:00")
        quarter.accept("shared", "franchisee")
        cls._settle(SEPTEMBER, SEPTEMBER)

    def test_every_line(self):
        """R-E1: these settlements with these lines, and nothing else."""
        found = {
            key: sorted((line.kind, D(str(line.amount))) for line in settlement.line_ids)
            for key, settlement in self.settlements.items()
        }
        self.assertEqual(found, {key: sorted(lines) for key, lines in statements().items()})
        every = self.env["franchise.settlement"].search([("company_id", "=", self.flow.company.id)])
        self.assertEqual(every, every.union(*self.settlements.values()))
        self.assertEqual(set(every.mapped("state")), {"posted"})
        self.assertFalse(self.flow.generate(), "everything is settled once")

    def test_every_statement(self):
        """R-E2: opening balance, movements, closing balance; the last one is what the partner's ledger has open."""
        found = {
            key: tuple(D(str(amount)) for amount in settlement._statement_balances().values())
            for key, settlement in self.settlements.items()
        }
        expected, opened = {}, openings()
        for key, lines in statements().items():
            total = sum(amount for _kind, amount in lines)
            expected[key] = (opened[key], total, opened[key] + total)
        self.assertEqual(found, expected)
        ledger = self._books(
            "currency_id, partner_id, SUM(amount_residual_currency)::text",
            "AND move_id IN (SELECT id FROM account_move WHERE franchise_settlement_id IS NOT NULL)"
            " GROUP BY account_id, currency_id, partner_id",
        )
        partners = {partner.id: name for name, partner in self.quarter.partners.items()}
        currencies = {currency.id: name for name, currency in self.quarter.currencies.items()}
        still_open = {
            (partners[partner], currencies[currency]): D(amount)
            for account, currency, partner, amount in ledger
            if account in ("receivable", "payable")
        }
        self.assertEqual(still_open, {key[1:]: closing for key, (_opening, _total, closing) in expected.items()})

    def test_every_payment(self):
        """R-E3: what was paid, wholly and in part, comes back from reconciliation."""
        paid = {
            key: (settlement.payment_state, D(str(settlement.amount_open)))
            for key, settlement in self.settlements.items()
            if settlement.payment_state != "not_paid"
        }
        self.assertEqual(
            paid,
            {
                (JULY, "franchisee", "CNY"): ("paid", 0),
                (JULY, "works", "JPY"): ("partial", FACTS["answered_part"] - FACTS["paid_in_part"]),
            },
        )

    def _books(self, columns, after=""):
        """SQL rows of the company's posted journal items: account by the name used here, then `columns`, text."""
        self.env.flush_all()
        names = {account.id: name for name, account in self.quarter.account.items()}
        self.env.cr.execute(
            f"SELECT account_id, {columns} FROM account_move_line WHERE company_id = %s AND parent_state = 'posted'"
            f" AND date BETWEEN '2025-07-01' AND '2025-09-30' {after}",
            [self.flow.company.id],
        )
        return [(names[account], *values) for account, *values in self.env.cr.fetchall()]

    def test_every_journal_item(self):
        """R-E3: each item of the quarter on its day and account, in the company's currency."""
        rows = self._books("date::text, balance::text")
        found = sorted((day, account, D(balance)) for account, day, balance in rows)
        self.assertEqual(found, sorted(item[:3] for item in journal_items()))

    def test_trial_balance(self):
        """R-E6: debit, credit and balance of each account, and all accounts together zero."""
        expected = defaultdict(lambda: [D(0), D(0), D(0)])
        for _day, account, balance, red in journal_items():
            expected[account][(balance < 0) != red] += -abs(balance) if red else abs(balance)
            expected[account][2] += balance
        sums = "SUM(debit)::text, SUM(credit)::text, SUM(balance)::text"
        rows = self._books(sums, "GROUP BY account_id")
        found = {account: [D(amount) for amount in amounts] for account, *amounts in rows}
        self.assertEqual(found, expected)
        self.assertEqual(sum(balance for _debit, _credit, balance in found.values()), 0)
        outside = self.env["account.move.line"].search_count(
            [("company_id", "=", self.flow.company.id), "|", ("date", "<", "2025-07-01"), ("date", ">", "2025-09-30")]
        )
        self.assertFalse(outside)

    def test_everything_ties_out(self):
        """R-E6: lines = sources = statement = ledger in both currencies."""
        for key, settlement in self.settlements.items():
            row, total = self.flow.tie_out(settlement), sum(amount for _kind, amount in statements()[key])
            figures = (row.lines_total, row.sources_total, row.statement_total, row.ledger_total)
            self.assertEqual([D(str(figure)) for figure in figures], [total] * 4, key)
            self.assertTrue(row.is_tied, key)
