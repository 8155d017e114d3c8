from odoo import api, fields, models
from odoo.tools import SQL

MOST = 200  # findings that are kept of a check; the count says how many there are
KEPT_DAYS = 400  # of checks: long enough for a year's audit

FIGURES = ("sources_total", "lines_total", "statement_total", "ledger_total")


class FranchiseTieOutCheck(models.Model):
    """What one check of all settlements of a company in a currency found, and where (R-E6).

    Every night, and on demand: sources = lines = statements = ledger, to the smallest unit; nothing says that it is
    settled without a line, no line without that being said, no entry in the ledger without its settlement.
    """

    _name = "franchise.tie.out.check"
    _description = "Tie-Out Check"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "checked_at desc, id desc"

    checked_at = fields.Datetime(required=True, readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    settlement_count = fields.Integer(string="Settlements", readonly=True)
    sources_total = fields.Monetary(string="Accepted at Source", readonly=True)
    lines_total = fields.Monetary(string="Sum of Lines", readonly=True)
    statement_total = fields.Monetary(string="Statements", readonly=True)
    ledger_total = fields.Monetary(string="Ledger", readonly=True, help="Of what is posted.")
    finding_count = fields.Integer(string="Findings", readonly=True)
    finding_ids = fields.One2many("franchise.tie.out.finding", "check_id", string="Where", readonly=True)
    is_tied = fields.Boolean(string="Ties Out", readonly=True)

    @api.depends("checked_at", "currency_id.name")
    def _compute_display_name(self):
        for check in self:
            moment = fields.Datetime.context_timestamp(check, check.checked_at) if check.checked_at else None
            check.display_name = f"{moment:%Y-%m-%d %H:%M} {check.currency_id.name}" if moment else ""

    def action_check(self):
        """Check the user's companies now, and show what came of it."""
        self.check_access("read")
        checks = self.sudo()._check(self.env.companies)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tie-Out Checks"),
            "res_model": self._name,
            "view_mode": "list,form",
            "domain": [("id", "in", checks.ids)],
        }

    @api.model
    def _cron_check(self):
        """Scheduled action: check all companies; whoever answers for it is told where something differs."""
        checks = self._check(
            self.env["franchise.settlement"]._read_group([], aggregates=["company_id:recordset"])[0][0]
        )
        for check in checks.filtered(lambda check: not check.is_tied):
            check._tell()
        self.search([("checked_at", "<", fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS))]).unlink()

    @api.model
    def _check(self, companies):
        """One check a company and currency with settlements. As many queries for many settlements as for few."""
        self.env.flush_all()
        tie_out = self.env["franchise.tie.out"]
        mine = [("company_id", "in", companies.ids)]
        differing = {}
        for row in tie_out.search([*mine, ("is_tied", "=", False)]):
            differing.setdefault((row.company_id, row.currency_id), []).append(row._finding())
        for company, found in self._loose_ends(companies).items():
            differing.setdefault((company, company.currency_id), []).extend(found)
        sums = {
            (company, currency): (count, totals)
            for company, currency, count, *totals in tie_out._read_group(
                mine, ["company_id", "currency_id"], ["__count", *(f"{name}:sum" for name in FIGURES)]
            )
        }
        now = fields.Datetime.now()
        return self.create(
            [
                {
                    "checked_at": now,
                    "company_id": key[0].id,
                    "currency_id": key[1].id,
                    "settlement_count": sums.get(key, (0, ()))[0],
                    **dict(zip(FIGURES, sums.get(key, (0, (0,) * len(FIGURES)))[1], strict=True)),
                    "finding_count": len(differing.get(key, ())),
                    "is_tied": key not in differing,
                    "finding_ids": [fields.Command.create(values) for values in differing.get(key, ())[:MOST]],
                }
                for key in sorted({*sums, *differing}, key=lambda key: (key[0].id, key[1].name))
            ]
        )

    @api.model
    def _loose_ends(self, companies):
        """{company: [values of findings]} of what no settlement shows."""
        found = {}
        today = fields.Date.context_today(self)
        amounts = {
            source._settlement_ready(company, today)[0]
            for company in companies[:1]
            for source in self.env["franchise.settlement.source"]._settlement_source_models()
        }
        # What a settlement itself adds, such as a write-off, is no amount of its own.
        amounts = [amount._name for amount in amounts if "is_settled" in amount._fields]
        ends = [("no_line", self._flagged_without_line(name)) for name in sorted(amounts)]
        ends += [("not_flagged", self._line_without_flag(name)) for name in sorted(amounts)]
        ends.append(
            (
                "stray_entry",
                SQL(
                    "SELECT move.company_id, 'account.move', move.id FROM account_move move"
                    " JOIN franchise_settlement settlement ON settlement.id = move.franchise_settlement_id"
                    " WHERE move.state = 'posted' AND settlement.state NOT IN ('posted', 'reversed')"
                ),
            )
        )
        for kind, query in ends:
            for company_id, res_model, res_id in self.env.execute_query(query):
                company = companies.browse(company_id)
                if company in companies:
                    found.setdefault(company, []).append({"kind": kind, "res_model": res_model, "res_id": res_id})
        return found

    def _flagged_without_line(self, name):
        """SQL of amounts that count as settled and are in no settlement that stands."""
        return SQL(
            "SELECT amount.company_id, %s, amount.id FROM %s amount WHERE amount.is_settled AND NOT EXISTS ("
            "SELECT 1 FROM franchise_settlement_line line WHERE line.source_model = %s AND line.source_id = amount.id"
            " AND line.state != 'reversed')",
            name,
            SQL.identifier(self.env[name]._table),
            name,
        )

    def _line_without_flag(self, name):
        """SQL of amounts that are in a settlement and don't count as settled."""
        return SQL(
            "SELECT amount.company_id, %s, amount.id FROM %s amount WHERE amount.is_settled IS NOT TRUE AND EXISTS ("
            "SELECT 1 FROM franchise_settlement_line line WHERE line.source_model = %s AND line.source_id = amount.id"
            " AND line.state != 'reversed')",
            name,
            SQL.identifier(self.env[name]._table),
            name,
        )

    def _tell(self):
        """An activity for who answers for the books: the person named in the settings, else the company's finance staff."""
        self.ensure_one()
        users = self.company_id.franchise_escalation_user_id
        if not users:
            finance = self.env.ref("franchise_aftersales.group_finance")
            users = finance.all_user_ids.filtered(lambda user: self.company_id in user.company_ids and not user.share)
        for user in users:
            spoken = self.with_context(lang=user.lang)
            spoken.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=spoken.env._("The books don't tie out: %s findings", self.finding_count),
            )


class FranchiseTieOutFinding(models.Model):
    """One place where figures differ."""

    _name = "franchise.tie.out.finding"
    _description = "Tie-Out Finding"
    _order = "check_id, id"

    check_id = fields.Many2one("franchise.tie.out.check", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="check_id.company_id", store=True)
    currency_id = fields.Many2one(related="check_id.currency_id")
    kind = fields.Selection(
        [
            ("figures", "Figures of a settlement differ"),
            ("no_line", "Counts as settled, but no settlement has it"),
            ("not_flagged", "Is in a settlement, but doesn't count as settled"),
            ("stray_entry", "Entry of a settlement that isn't posted"),
        ],
        required=True,
        readonly=True,
    )
    res_model = fields.Char(string="Document Type", required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Document", model_field="res_model", required=True, readonly=True)
    sources_total = fields.Monetary(string="Accepted at Source", readonly=True)
    lines_total = fields.Monetary(string="Sum of Lines", readonly=True)
    statement_total = fields.Monetary(string="Statement", readonly=True)
    ledger_total = fields.Monetary(string="Ledger", readonly=True)
    difference = fields.Monetary(readonly=True)

    def action_open(self):
        """Open the document."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }


class FranchiseTieOut(models.Model):
    _inherit = "franchise.tie.out"

    def _finding(self):
        """This row as values of a finding."""
        self.ensure_one()
        return {
            "kind": "figures",
            "res_model": "franchise.settlement",
            "res_id": self.settlement_id.id,
            "difference": self.difference,
            **{name: self[name] for name in FIGURES},
        }
