from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.query import Query

KEYS = 8  # kinds of facts a report may have: a row's id is its source's id × 8 + the number of its kind


def selection_of(model, name):
    """The values of another model's selection field, in the reader's language, with what rooms add to it."""
    return lambda self: self.env[model]._fields[name]._description_selection(self.env)


class FranchiseInsightMixin(models.AbstractModel):
    """A report over facts: one row a fact (a claim, a recovery, a clock …), read-only, straight from the tables.

    Rows aren't added up beforehand, so that a pivot or a grouped list adds up any group of them rightly:

    - amounts are in the company's currency, each at the rate of its day, rounded per fact;
    - what a fact doesn't have is NULL, so that averages (`aggregator="avg"`) count the facts that have it and no others;
    - a ratio of two measures (`_ratios`) is of any group the ratio of the sums, never the mean of its rows' ratios. Sums of
      companies with several currencies have no ratio, as they have no common unit;
    - rates are in percent: where there is none, the web client leaves plain numbers empty, and percentages not.
    """

    _name = "franchise.insight.mixin"
    _description = "Report over Facts"

    # {field: (numerator, denominator, factor)}; a denominator may name an aggregate: "lot_number:count_distinct".
    _ratios = {}

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", string="Company Currency", readonly=True)

    def _facts(self):
        """SQL of the rows, with a column for each stored field that is no ratio."""
        raise NotImplementedError

    @property
    def _table_query(self):
        ratios = [
            SQL("%s AS %s", self._ratio_of_row(name), SQL.identifier(name))
            for name in self._ratios
            if self._fields[name].store
        ]
        return SQL("SELECT %s FROM (%s) AS fact", SQL(", ").join([SQL("fact.*"), *ratios]), self._facts())

    def _ratio_of_row(self, name):
        numerator, denominator, factor = self._ratios[name]
        if ":" in denominator:  # how many different ones: of one row one, where there is one
            below = SQL("(CASE WHEN %s IS NOT NULL THEN 1 END)", SQL.identifier("fact", denominator.partition(":")[0]))
        else:
            below = SQL.identifier("fact", denominator)
        return SQL("(%s::numeric * %s / NULLIF(%s, 0))::float8", SQL.identifier("fact", numerator), factor, below)

    @api.model
    def _read_group_select(self, aggregate_spec: str, query: Query) -> SQL:
        name, _colon, function = aggregate_spec.partition(":")
        if name not in self._ratios or function != "avg":
            return super()._read_group_select(aggregate_spec, query)
        self._field_to_sql(self._table, name, query)  # checks the access
        numerator, denominator, factor = self._ratios[name]
        if ":" in denominator:
            below = self._read_group_select(denominator, query)
        else:
            below = SQL("SUM(%s)", self._field_to_sql(self._table, denominator, query))
        ratio = SQL(
            "(SUM(%s)::numeric * %s / NULLIF(%s, 0))::float8",
            self._field_to_sql(self._table, numerator, query),
            factor,
            below,
        )
        if "monetary" not in (self._fields[numerator].type, getattr(self._fields.get(denominator), "type", "")):
            return ratio
        currency = self._field_to_sql(self._table, "currency_id", query)
        return SQL("CASE WHEN MIN(%s) = MAX(%s) THEN %s END", currency, currency, ratio)

    def _fact(self, source, **columns):
        """SELECT of one kind of fact from `source` (SQL after FROM); columns that it doesn't give are NULL.

        :param columns: {field: SQL}; "id" is the source's id, "fact" the number of the kind of fact (0 to 7).
        """
        number = columns.pop("fact", 0)
        selected = [SQL("(%s)::bigint * %s + %s AS id", columns.pop("id"), KEYS, number)]
        for name, field in self._fields.items():
            if field.store and field.column_type and name != "id" and name not in self._ratios:
                selected.append(
                    SQL(
                        "(%s)::%s AS %s",
                        columns.pop(name, None),
                        SQL(field.column_type[0]),
                        SQL.identifier(name),
                    )
                )
        if columns:
            raise ValueError(f"{self._name} has no column {', '.join(columns)}")
        return SQL("SELECT %s FROM %s", SQL(", ").join(selected), source)

    def _together(self, *facts):
        """Several kinds of facts as one table."""
        return SQL(" UNION ALL ").join(facts)

    def _day(self, moment):
        """The reader's day of a moment (SQL of a naive UTC timestamp)."""
        return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", moment, str(self.env.tz))

    def _today(self):
        return SQL("%s::date", fields.Date.context_today(self))

    def _money(self, amount, currency, day):
        """`amount` in the company's currency at the rate of `day`, rounded; NULL stays NULL.

        The query has the company as `company` and its currency as `unit`. Rates are chosen as `res.currency._get_rates`
        does: the latest until the day, else the first, else 1; of the main company or of all.

        :param amount, currency, day: SQL of an amount, of its currency's id and of a date.
        """
        return SQL(
            "(CASE WHEN %(currency)s = company.currency_id THEN (%(amount)s)::numeric"
            " ELSE ROUND((%(amount)s)::numeric * %(ours)s / %(theirs)s, unit.decimal_places) END)",
            amount=amount,
            currency=currency,
            ours=self._rate(SQL("company.currency_id"), day),
            theirs=self._rate(currency, day),
        )

    def _rate(self, currency, day):
        rates = SQL(
            "SELECT rate.rate FROM res_currency_rate rate WHERE rate.currency_id = %s"
            " AND (rate.company_id IS NULL OR rate.company_id = split_part(company.parent_path, '/', 1)::int)",
            currency,
        )
        return SQL(
            "COALESCE((%(rates)s AND rate.name <= %(day)s ORDER BY rate.company_id, rate.name DESC LIMIT 1),"
            " (%(rates)s ORDER BY rate.company_id, rate.name LIMIT 1), 1)::numeric",
            rates=rates,
            day=day,
        )

    def _joined(self, table, alias):
        """FROM clause of a table with its company and the company's currency."""
        return SQL(
            "%(table)s %(alias)s JOIN res_company company ON company.id = %(alias)s.company_id"
            " JOIN res_currency unit ON unit.id = company.currency_id",
            table=SQL.identifier(table),
            alias=SQL.identifier(alias),
        )

    def _open(self, model, record_id, name=None):
        """The form of a record behind a row."""
        return {
            "type": "ir.actions.act_window",
            "name": name or self.env[model]._description,
            "res_model": model,
            "res_id": record_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
