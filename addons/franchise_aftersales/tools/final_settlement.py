"""What the two sides of a franchise contract owe each other when it ends: one pure function a kind of amount, no ORM.

Amounts are `Decimal` in the unit of the contract's currency, each rounded half-up once, at its end, to the currency's
smallest unit; positive: the franchisee owes us, negative: we owe the franchisee.

Days are counted as actual calendar days with both ends included, so a month has 28 to 31 and a leap year 366. The
effective date is the last day that ran; the days not run start on the day after it.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from .allocation import allocate, round_money, to_decimal
from .buyback import buy_back_value, window_ends
from .rebate import Tier, rebate

AVERAGE_MONTHS = 12  # months over which a royalty is averaged


class MonthPart(NamedTuple):
    """The days of one calendar month that lie in a span: first and last day, their number, the month's length in days."""

    first: date
    last: date
    days: int
    month_days: int


class Penalty(NamedTuple):
    """The terms on early termination: rule, its amount, months or percent, and the cap (0: none); amounts in currency."""

    rule: str
    amount: Decimal = Decimal(0)
    months: int = 0
    percent: Decimal = Decimal(0)
    cap: Decimal = Decimal(0)


def days_between(first: date, last: date) -> int:
    """Actual days from `first` to `last`, both included; 0 when `last` is earlier."""
    return max((last - first).days + 1, 0)


def days_not_run(date_start: date, date_end: date, effective: date) -> int:
    """Days of the term (`date_start` to `date_end`) that lie after `effective`, the last day that ran."""
    return days_between(max(effective + timedelta(days=1), date_start), date_end)


def month_parts(first: date, last: date) -> list[MonthPart]:
    """The calendar months from `first` to `last`, both included, each with the days that lie in that span."""
    parts = []
    while first <= last:
        length = monthrange(first.year, first.month)[1]
        month_end = min(first.replace(day=length), last)
        parts.append(MonthPart(first, month_end, days_between(first, month_end), length))
        first = month_end + timedelta(days=1)
    return parts


def unearned_fee(fee, date_start: date, date_end: date, effective: date, rounding) -> Decimal:
    """Refund of an initial fee for the days not run: −fee × days not run ÷ days of the whole term.

    :raises ValueError: the term has no day.
    """
    term = days_between(date_start, date_end)
    if not term:
        raise ValueError("a term ends after it starts")
    return -round_money(to_decimal(fee) * days_not_run(date_start, date_end, effective) / term, rounding)


def minimum_royalty(part: MonthPart, minimums: Iterable[tuple[int, Decimal]], rounding) -> Decimal:
    """The least royalty for a month without a report: Σ minimum × days under it ÷ days of the calendar month.

    :param minimums: (days, minimum a month) of the terms that governed the part, several when they changed in it.
    :raises ValueError: more days than the part has.
    """
    minimums = list(minimums)
    if sum(days for days, _minimum in minimums) > part.days:
        raise ValueError("terms can't govern more days than there are")
    exact = sum((to_decimal(minimum) * days for days, minimum in minimums), Decimal(0))
    return round_money(exact / part.month_days, rounding)


def months_averaged(date_start: date, effective: date) -> int:
    """Calendar months over which the royalty is averaged: 12, or as many as the contract touched when fewer; at least 1."""
    touched = (effective.year - date_start.year) * 12 + effective.month - date_start.month + 1
    return min(max(touched, 1), AVERAGE_MONTHS)


def penalty(
    terms: Penalty, royalty_total, months: int, minimum, date_start: date, date_end: date, effective: date, rounding
) -> Decimal:
    """What an early end costs the franchisee under the terms in force on the effective date; never negative.

    - none: 0; fixed: the amount;
    - royalty_months: royalties of the last `months` months ÷ `months` × the months of the terms;
    - remaining_percent: Σ over the months not run (minimum × days not run ÷ days of the month) × percent ÷ 100.

    A cap limits it. Nothing is due when no day is left.

    :param royalty_total: royalties of the months averaged; negative totals count as 0.
    :raises ValueError: an unknown rule.
    """
    if not days_not_run(date_start, date_end, effective) or terms.rule == "none":
        return Decimal(0) * to_decimal(rounding)
    if terms.rule == "fixed":
        exact = to_decimal(terms.amount)
    elif terms.rule == "royalty_months":
        exact = max(to_decimal(royalty_total), Decimal(0)) * terms.months / months
    elif terms.rule == "remaining_percent":
        exact = remaining_minimum(minimum, date_start, date_end, effective) * to_decimal(terms.percent) / 100
    else:
        raise ValueError(f"no such rule: {terms.rule}")
    cap = to_decimal(terms.cap)
    return round_money(max(min(exact, cap) if cap else exact, Decimal(0)), rounding)


def remaining_minimum(minimum, date_start: date, date_end: date, effective: date) -> Decimal:
    """Minimum royalties of the days not run, exact: Σ over calendar months of minimum × days not run ÷ days of the month."""
    first = max(effective + timedelta(days=1), date_start)
    shares = (to_decimal(minimum) * part.days / part.month_days for part in month_parts(first, date_end))
    return sum(shares, Decimal(0))


def deposit_return(deposit, withheld: Iterable, rounding) -> Decimal:
    """The deposit given back: −(deposit − what is withheld of it), at most the whole deposit, at least nothing."""
    deposit = max(to_decimal(deposit), Decimal(0))
    kept = min(max(sum((to_decimal(amount) for amount in withheld), Decimal(0)), Decimal(0)), deposit)
    return -round_money(deposit - kept, rounding)


def buy_back(quantity, unit_price, percent, bought_on: date, months: int, effective: date, rounding) -> Decimal:
    """Goods bought back: −quantity × price paid × percent ÷ 100 while their window is open; 0 once it has ended."""
    if effective > window_ends(bought_on, months):
        return Decimal(0) * to_decimal(rounding)
    return -buy_back_value(quantity, unit_price, percent, rounding)


def pro_rated_target(target, date_from: date, date_to: date, effective: date) -> Decimal:
    """A period's target for the days that ran: target × days run ÷ days of the period; exact, not rounded."""
    period = days_between(date_from, date_to)
    return to_decimal(target) * days_between(date_from, min(effective, date_to)) / period


def rebate_tiers(tiers: Sequence[Tier], date_from: date, date_to: date, effective: date) -> list[Tier]:
    """The ladder of a rebate for the days that ran: each threshold pro rata, percentages as they are."""
    return [tier._replace(threshold=pro_rated_target(tier.threshold, date_from, date_to, effective)) for tier in tiers]


def rebate_until(achieved, tiers: Sequence[Tier], date_from: date, date_to: date, effective: date, rounding) -> Decimal:
    """The rebate earned until the end: −(what the pro-rated ladder gives on what was achieved until then)."""
    return -rebate(achieved, rebate_tiers(tiers, date_from, date_to, effective), rounding)


def hold_back(due_to_franchisee, bases: Sequence, percent, rounding) -> list[Decimal]:
    """What is held back for each open claim: its amount × percent ÷ 100, together no more than is due to the franchisee.

    Nobody can hold back more than they owe: when the claims come to more, what is due is split over them in proportion.

    :param due_to_franchisee: what we would pay without a reserve, positive; zero or less: nothing is held back.
    :param bases: what the franchisee may come to owe of each claim, not negative.
    """
    wanted = [round_money(to_decimal(base) * to_decimal(percent) / 100, rounding) for base in bases]
    limit = max(round_money(due_to_franchisee, rounding), Decimal(0))
    if sum(wanted, Decimal(0)) <= limit:
        return wanted
    return allocate(limit, wanted, rounding)


def release(held, released, still_needed, rounding) -> Decimal:
    """What is released of a reserve now: −(held − released − still needed), never more than is left, never less than 0."""
    left = to_decimal(held) - to_decimal(released)
    return -round_money(min(max(left - max(to_decimal(still_needed), Decimal(0)), Decimal(0)), left), rounding)


def total(amounts: Iterable, rounding) -> Decimal:
    """The sum of a final settlement's amounts, each already rounded: exact, in any order."""
    return sum((round_money(amount, rounding) for amount in amounts), Decimal(0) * to_decimal(rounding))
