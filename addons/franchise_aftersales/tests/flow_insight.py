"""Short ways for tests of reports: their rows and groups, as a reader gets them."""

from collections import defaultdict

from .flow_clock import ClockCase


class InsightCase(ClockCase):
    """Reports of one company, read by a person of a role."""

    def rows(self, model, *domain, role="manager"):
        self.env.flush_all()
        self.env.invalidate_all()
        reader = self.env[model].with_user(self.flow.users[role])
        return reader.search([("company_id", "=", self.flow.company.id), *domain])

    def group(self, model, by, aggregates, *domain, role="manager"):
        """{group value (id of a record): tuple of aggregates}, as pivots and grouped lists ask for them."""
        self.env.flush_all()
        reader = self.env[model].with_user(self.flow.users[role])
        found = reader._read_group([("company_id", "=", self.flow.company.id), *domain], [by] if by else [], aggregates)
        if not by:
            return found[0]
        return {getattr(key, "id", key): tuple(values) for key, *values in found}

    def queries(self, call):
        """How many queries `call` takes with nothing in the cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        call()
        return self.env.cr.sql_log_count - before

    def rate_of_day(self, currency, company_rate, day):
        """One unit of the company's currency is worth `company_rate` of `currency` from `day` on."""
        return self.env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "company_id": self.flow.company.id,
                "name": day,
                "rate": company_rate,
            }
        )


def summed(records, key, value):
    """{key(record): sum of value(record)} in plain Python."""
    sums = defaultdict(float)
    for record in records:
        sums[key(record)] += value(record)
    return dict(sums)


def mean(values):
    """The mean of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
