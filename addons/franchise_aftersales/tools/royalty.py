"""Royalty and marketing fund of one month: percent of net sales, with a least royalty, by the terms of each day.

Pure functions, no ORM: amounts are `Decimal` in the contract's currency, percentages 0 to 100, dates inclusive.

Formula, for each span of days of the month with the same terms:

    sales of the span   = net sales × days of the span ÷ days of all spans      (split without a cent lost)
    least royalty       = monthly minimum × days of the span ÷ days of the calendar month
    royalty             = the greater of (sales of the span × royalty %) and the least royalty
    marketing fund      = sales of the span × marketing %

So a first or last month that the contract covers in part owes its part of the minimum, and a change of terms within
a month counts by days (R-A2). Spans with the same terms that follow each other are one span: an amendment of other
terms changes nothing.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from .allocation import allocate, round_money, to_decimal


class Span(NamedTuple):
    """Terms from `first` to `last`, both inclusive; `minimum` is for a whole calendar month."""

    first: date
    last: date
    percent: Decimal
    minimum: Decimal
    marketing_percent: Decimal


class Part(NamedTuple):
    """What one span of the month comes to; amounts are whole in the currency's smallest unit."""

    first: date
    last: date
    sales: Decimal
    percent: Decimal
    minimum: Decimal
    royalty: Decimal
    marketing_percent: Decimal
    marketing: Decimal

    @property
    def days(self) -> int:
        """Number of days of the span."""
        return (self.last - self.first).days + 1

    @property
    def is_minimum(self) -> bool:
        """Whether the minimum decided, not the percentage."""
        return self.royalty > self.sales * self.percent / 100 and self.royalty == self.minimum


def month_ends(month: date) -> tuple[date, date]:
    """First and last day of the month in which `month` lies."""
    first = month.replace(day=1)
    return first, first + relativedelta(months=1, days=-1)


def month_spans(month: date, spans: Sequence[Span]) -> list[Span]:
    """`spans` cut to the month in which `month` lies, in order, those with equal terms that touch joined.

    :raises ValueError: two spans share a day.
    """
    first, last = month_ends(month)
    joined: list[Span] = []
    for span in sorted(spans):
        cut = span._replace(first=max(span.first, first), last=min(span.last, last))
        if cut.first > cut.last:
            continue
        before = joined[-1] if joined else None
        if before and before.last >= cut.first:
            raise ValueError("two sets of terms govern the same day")
        if before and before.last + timedelta(days=1) == cut.first and before[2:] == cut[2:]:
            joined[-1] = before._replace(last=cut.last)
        else:
            joined.append(cut)
    return joined


def royalty_parts(month: date, net_sales, spans: Sequence[Span], rounding) -> list[Part]:
    """What is owed for the month in which `month` lies, a part for each span of days with the same terms.

    :param net_sales: sales of all outlets on the days that the spans cover, not negative.
    :param spans: terms in force; days of other months are left out.
    :param rounding: the currency's smallest unit.
    :return: parts whose sales add up to `net_sales`; [] when no terms were in force in the month.
    :raises ValueError: sales are negative, or two spans share a day.
    """
    net_sales = to_decimal(net_sales)
    if net_sales < 0:
        raise ValueError("net sales of a month can't be negative")
    first, last = month_ends(month)
    days_of_month = (last - first).days + 1
    spans = month_spans(month, spans)
    days = [(span.last - span.first).days + 1 for span in spans]
    parts = []
    for span, count, sales in zip(spans, days, allocate(net_sales, days, rounding) if spans else (), strict=True):
        minimum = round_money(to_decimal(span.minimum) * count / days_of_month, rounding)
        percent, marketing_percent = to_decimal(span.percent), to_decimal(span.marketing_percent)
        parts.append(
            Part(
                first=span.first,
                last=span.last,
                sales=sales,
                percent=percent,
                minimum=minimum,
                royalty=max(round_money(sales * percent / 100, rounding), minimum),
                marketing_percent=marketing_percent,
                marketing=round_money(sales * marketing_percent / 100, rounding),
            )
        )
    return parts
