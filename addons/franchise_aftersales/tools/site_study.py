"""What a site study computes from its forecast. Pure functions without ORM."""

from decimal import ROUND_CEILING, Decimal

from .allocation import to_decimal


def break_even_months(investment, sales, margin_percent, rent, other_costs) -> int | None:
    """Months until the contribution of the site has paid the investment back; None: never.

    months = ⌈investment / (sales × margin / 100 - rent - other costs)⌉, the payback period without interest (see e.g.
    Brealey, Myers, Allen, "Principles of Corporate Finance", ch. 5). All amounts in one currency; sales, rent and other
    costs a month, margin in percent of sales (0 to 100).
    """
    surplus = to_decimal(sales) * to_decimal(margin_percent) / 100 - to_decimal(rent) - to_decimal(other_costs)
    needed = to_decimal(investment)
    if needed <= 0:
        return 0
    if surplus <= 0:
        return None
    return int((needed / surplus).to_integral_value(ROUND_CEILING))


def rent_percent(sales, rent) -> Decimal:
    """Rent as percent of the forecast sales, two decimals; 0 without sales."""
    if not to_decimal(sales):
        return Decimal(0)
    return (to_decimal(rent) * 100 / to_decimal(sales)).quantize(Decimal("0.01"))
