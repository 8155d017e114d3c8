from itertools import chain

from odoo import models
from odoo.models import parse_read_group_spec
from odoo.tools import SQL
from odoo.tools.query import Query

NESTED = ("day", "month", "quarter", "year")  # each lies within one of the next
_KEY = "franchise_condensed"


class _Condensed:
    """Rows that were added up, as SQL. An object in the context, which no remote caller can send."""

    __slots__ = ("sql",)

    def __init__(self, sql):
        self.sql = sql


class FranchiseCondensedMixin(models.AbstractModel):
    """A report over very many rows, whose groups cost about what PostgreSQL needs to add them up once.

    Odoo joins every row to the names that groups are ordered by, and sorts all rows to tell which currencies a group has.
    Here rows are added up first, by what is grouped by and by currency; names, order, subtotals and currencies are then
    asked of these few sums, with the same statement that Odoo would make of the rows. Sums and counts only; anything else is
    asked of the rows. A model that inherits this gives its rows in `_rows_query` and has no `_table_query` of its own.
    """

    _name = "franchise.condensed.mixin"
    _description = "Report over Many Rows"

    def _rows_query(self):
        """The rows of the report, as SQL."""
        raise NotImplementedError

    @property
    def _table_query(self):
        condensed = self.env.context.get(_KEY)
        return condensed.sql if isinstance(condensed, _Condensed) else self._rows_query()

    def _is_condensed(self):
        return isinstance(self.env.context.get(_KEY), _Condensed)

    def _condense(self, domain, specs, aggregates, order):
        """This model over the sums of its rows in `domain` that the user may read; None if these can't be had from sums."""
        # Odoo itself refuses what it can't read.
        wanted = [*aggregates, *self._aggregates_of(order, specs)]
        columns = self._summed(wanted)
        if self._is_condensed() or columns is None:
            return None
        query = self._search(domain)
        if query.is_empty():
            return None
        terms = {name: self._field_to_sql(self._table, name, query) for name in columns["by"]}
        for name, granularities in self._grouped(specs).items():
            field = self._fields[name]
            if not field.store or not field.column_type or field.type == "many2many":
                return None
            inside = min(granularities, key=NESTED.index) if granularities and granularities <= set(NESTED) else None
            if inside or field.type != "date":
                terms[name] = self._read_group_groupby(self._table, f"{name}:{inside}" if inside else name, query)
            else:
                terms[name] = self._field_to_sql(self._table, name, query)
        sums = {name: self._read_group_select(f"{name}:sum", query) for name in columns["sum"]}
        if set(terms) & set(sums):
            return None
        if terms:
            query.groupby = SQL(", ").join(terms.values())
        named = [SQL("%s AS %s", term, SQL.identifier(name)) for name, term in {**terms, **sums}.items()]
        rows = query.select(*named, SQL("COUNT(*) AS franchise_rows"))
        return self.with_context(**{_KEY: _Condensed(rows)})

    def _summed(self, aggregates):
        """{"sum": fields to add up, "by": currencies to keep apart}; None when an aggregate is no sum."""
        sums, by = {}, {}
        for aggregate in aggregates:
            if aggregate == "__count":
                continue
            name, path, function = parse_read_group_spec(aggregate)
            field = self._fields.get(name)
            if field is None or path or not field.store:
                return None
            if function == "array_agg_distinct" and field.type == "many2one" and field.comodel_name == "res.currency":
                by[name] = True
            elif function == "sum_currency" and field.type == "monetary":
                sums[name] = by[field.get_currency_field(self)] = True
            elif function == "sum" and field.type in ("integer", "float", "monetary"):
                sums[name] = True
            else:
                return None
        return {"sum": sums, "by": by}

    @staticmethod
    def _grouped(specs):
        """{field: granularities} of what is grouped by."""
        found = {}
        for spec in specs:
            name, path, granularity = parse_read_group_spec(spec)
            found.setdefault(name, set()).update([granularity] if granularity and not path else [])
        return found

    @staticmethod
    def _aggregates_of(order, specs):
        """What groups are ordered by beside what they are grouped by."""
        terms = [part.split()[0] for part in (order or "").split(",") if part.strip()]
        return [term for term in terms if term not in specs]

    def _search(self, domain, *args, **kwargs):
        if self._is_condensed():
            return Query(self.env, self._table, self._table_sql)
        return super()._search(domain, *args, **kwargs)

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == "__count" and self._is_condensed():
            return SQL("COALESCE(SUM(%s), 0)::bigint", SQL.identifier(self._table, "franchise_rows"))
        return super()._read_group_select(aggregate_spec, query)

    def _read_group_postprocess_groupby(self, groupby_spec, raw_values):
        plain = self.with_context(**{_KEY: None})  # what is handed out must not see the sums in place of the rows
        distinct = tuple(dict.fromkeys(raw_values))
        values = super(FranchiseCondensedMixin, plain)._read_group_postprocess_groupby(groupby_spec, distinct)
        known = dict(zip(distinct, values, strict=True))
        return [known[value] for value in raw_values]

    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        specs = list(dict.fromkeys(chain.from_iterable(grouping_sets)))
        condensed = self._condense(domain, specs, aggregates, order)
        target = self if condensed is None else condensed
        return super(FranchiseCondensedMixin, target)._read_grouping_sets(domain, grouping_sets, aggregates, order)

    def _read_group(self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None):
        condensed = None if having else self._condense(domain, groupby, aggregates, order)
        target = self if condensed is None else condensed
        return super(FranchiseCondensedMixin, target)._read_group(
            domain, groupby, aggregates, having, offset, limit, order
        )

    def _web_read_group_format(self, groupby, aggregates, groups):
        """As Odoo formats groups, but each label and each condition is worked out once, not once a cell."""
        if self._web_read_group_field_expand(groupby):
            return super()._web_read_group_format(groupby, aggregates, groups)
        columns = [
            self._formatted(spec, values) for spec, values in zip(groupby, zip(*groups, strict=True), strict=False)
        ]
        depth, result = len(groupby), []
        for place, group in enumerate(groups):
            cells = [column[place] for column in columns]
            row = {spec: value for spec, (value, _domain) in zip(groupby, cells, strict=True)}
            row["__extra_domain"] = ["&"] * (depth - 1) + [leaf for _value, domain in cells for leaf in domain]
            row.update(zip(aggregates, group[depth:], strict=True))
            result.append(row)
        return result

    def _formatted(self, spec, values):
        """(label, condition) of each value of a column."""
        formatter, known, result = self._web_read_group_groupby_formatter(spec, values), {}, []
        for value in values:
            key = id(value)  # equal values are one object here, and hashing a record takes longer than all the rest
            if key not in known:
                known[key] = formatter(value)
            result.append(known[key])
        return result
