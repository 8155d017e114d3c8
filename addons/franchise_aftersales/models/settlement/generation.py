from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..base.batch import BatchRun, by_id

BATCH = 1000  # amounts a transaction
NAME_OF_SOURCE = ("source_model", "source_id", "source_line", "kind")


class FranchiseSettlement(models.Model):
    """Generation: what is ready goes into draft settlements, one a partner, role and currency (R-E1).

    Batch by batch with a memory that doesn't grow; each amount once, whatever is run twice, at the same time, or dies:

    - a batch takes the company's lock first. A second run waits, fails as it would see the past, and is repeated with the
      first one's lines in sight;
    - a batch that isn't committed leaves nothing, and its amounts are found again;
    - behind it stand two unique indexes: an amount has one line a revision, and one line that isn't reversed.

    An amount that can't be settled (a partner of another company, a missing day …) is left out with its reason.
    """

    _inherit = "franchise.settlement"

    @api.model
    def _generate(self, company, date_to, commit=False, on_failure=None, on_batch=None):
        """Gather everything ready until `date_to` (date, inclusive) into draft settlements.

        :param commit: True: each batch is a transaction of its own; False: all in the caller's.
        :param on_failure: function (record, error) for amounts that were left out.
        :param on_batch: function (number of amounts) after each batch, in its transaction.
        :return: (draft settlements that got lines, whether everything was looked at). When batches are committed and the
            time of a scheduled run is over, the rest is for the next one.
        :raises AccessError: the user may not settle, or not for this company.
        """
        self._check_generate(company)
        touched = set()

        def handle(records):
            touched.update(self._gather(company, date_to, records).ids)
            if on_batch:
                on_batch(len(records))
            # Inside the caller's transaction nothing else empties the caches: they would hold all amounts at the end.
            self.env.invalidate_all()

        with BatchRun(self.env, "The settlement", commit, on_failure) as run:
            for source in self.env["franchise.settlement.source"]._settlement_source_models():
                run.work(lambda after, source=source: self._next_batch(source, company, date_to, after), handle)
        return self.browse(touched), not run.time_over

    def _check_generate(self, company):
        self.check_access("create")
        if not self.env.su and company not in self.env.user.company_ids:
            raise AccessError(self.env._("You can't settle for %s: it is none of your companies.", company.sudo().name))

    @api.model
    def _next_batch(self, source, company, date_to, after):
        """The next amounts of `source` after that id, under the company's lock."""
        company._franchise_lock()
        model, domain = source.sudo()._settlement_ready(company, date_to)
        return by_id(model, domain, BATCH)(after)

    @api.model
    def _count_ready(self, company, date_to):
        """How many amounts are ready to be settled until `date_to`."""
        self._check_generate(company)
        ready = [
            source.sudo()._settlement_ready(company, date_to)
            for source in self.env["franchise.settlement.source"]._settlement_source_models()
        ]
        return sum(model.search_count(domain) for model, domain in ready)

    @api.model
    def _gather(self, company, date_to, records):
        """Lines for these amounts, in as many statements for a thousand as for one. Returns their draft settlements."""
        sources = [record._prepare_settlement_source() for record in records]
        self._next_revisions(sources)
        keys = [(vals.pop("partner_id"), vals.pop("party"), vals.pop("currency_id")) for vals in sources]
        drafts = self._drafts(company, date_to, dict.fromkeys(keys))
        self.env["franchise.settlement.line"].sudo()._insert(
            [
                {
                    **vals,
                    "settlement_id": drafts[key].id,
                    "is_interim": bool((vals["formula_values"] or {}).get("interim")),
                    "state": "draft",
                    "company_id": company.id,
                    "partner_id": key[0],
                    "currency_id": key[2],
                }
                for key, vals in zip(keys, sources, strict=True)
            ]
        )
        settlements = self.union(*drafts.values())
        self.env.flush_all()  # what PostgreSQL refuses is this batch's fault, not that of a later one
        return settlements

    @api.model
    def _next_revisions(self, sources):
        """Amounts whose settlement was reversed are settled under the next revision, and say which line that corrects."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (source_model, source_id, source_line, kind)
                       source_model, source_id, source_line, kind, revision, id
                  FROM franchise_settlement_line
                 WHERE source_model = ANY(%s) AND source_id = ANY(%s) AND state = 'reversed'
              ORDER BY source_model, source_id, source_line, kind, revision DESC
                """,
                list({vals["source_model"] for vals in sources}),
                [vals["source_id"] for vals in sources],
            )
        )
        reversed_lines = {tuple(row[:4]): row[4:] for row in rows}
        for vals in sources:
            vals["corrected_line_id"] = False
            earlier = reversed_lines.get(tuple(vals[name] for name in NAME_OF_SOURCE))
            if earlier:
                vals["revision"] = max(vals["revision"], earlier[0] + 1)
                vals["corrected_line_id"] = earlier[1]

    @api.model
    def _drafts(self, company, date_to, keys):
        """{(partner id, role, currency id): its draft settlement}, made where there is none."""
        drafts = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "draft"),
                ("partner_id", "in", [partner_id for partner_id, _party, _currency_id in keys]),
            ]
        )
        by_key = {(draft.partner_id.id, draft.party, draft.currency_id.id): draft for draft in drafts}
        missing = [key for key in keys if key not in by_key]
        created = self.create([self._prepare_draft(company, date_to, *key) for key in missing])
        by_key.update(zip(missing, created, strict=True))
        found = {key: by_key[key] for key in keys}
        self.union(*found.values()).filtered(lambda draft: draft.date_to < date_to).write({"date_to": date_to})
        return found

    @api.model
    def _prepare_draft(self, company, date_to, partner_id, party, currency_id):
        """Values of a new draft settlement."""
        return {
            "company_id": company.id,
            "partner_id": partner_id,
            "party": party,
            "currency_id": currency_id,
            "date_to": date_to,
        }


class FranchiseSettlementLine(models.Model):
    _inherit = "franchise.settlement.line"

    @api.model
    def _insert(self, vals_list):
        """`create` for generation: one INSERT for all, three times as fast as the ORM's.

        The rules hold as they do for `create`: the table's constraints and unique indexes, drafts only, the settlements'
        totals and the sources are told. Other stored fields that follow from these are computed as ever.

        :param vals_list: dicts with the same keys, all of them columns; what is related to the settlement included.
        """
        names = sorted(vals_list[0])
        now, user = fields.Datetime.now(), self.env.uid
        columns = [*names, "create_uid", "write_uid", "create_date", "write_date"]
        converted = {name: self._fields[name].convert_to_column for name in names if self._fields[name].type == "json"}
        rows = [
            (
                *(
                    converted[name](vals[name], self)
                    if name in converted
                    else None
                    if vals[name] is False
                    else vals[name]
                    for name in names
                ),
                user,
                user,
                now,
                now,
            )
            for vals in vals_list
        ]
        self.env.flush_all()
        inserted = self.env.execute_query(
            SQL(
                "INSERT INTO %s (%s) VALUES %s RETURNING id",
                SQL.identifier(self._table),
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(SQL("%s", row) for row in rows),
            )
        )
        lines = self.browse(row[0] for row in inserted)
        lines.settlement_id.invalidate_recordset(["line_ids"])
        lines._check_document_open()
        for field in self._fields.values():
            if field.store and field.compute and field.name not in names:
                self.env.add_to_compute(field, lines)
        lines.modified(names, create=True)
        lines._tell_sources()
        return lines
