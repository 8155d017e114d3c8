from dateutil.relativedelta import relativedelta
from odoo import api, fields, models

from ...tools.royalty import month_ends

BATCH = 500  # contracts a transaction


class FranchiseContract(models.Model):
    """Who is late with the sales of the last month: the contract manager is told, once a month (R-A2)."""

    _inherit = "franchise.contract"

    # The month of which the contract manager was told that it isn't reported.
    sales_reminded_for = fields.Date(readonly=True, copy=False)

    @api.model
    def _run_sales_reminders(self, today=None, commit=True):
        """Scheduled action: an activity for each contract whose last month isn't reported in the days of its terms.

        :param commit: commit after each batch; False inside a transaction of somebody else's.
        """
        today = today or fields.Date.context_today(self)
        first, last = month_ends(today - relativedelta(months=1))
        companies = self.env["res.company"].search([("active", "=", True)])
        contracts = self.env["franchise.sales.report"]._contracts_without(first, companies)
        contracts = contracts.filtered(lambda row: not row.sales_reminded_for or row.sales_reminded_for < first)
        terms = self._terms_on([(contract.id, min(last, contract.date_end)) for contract in contracts])
        due = {version.contract_id: fields.Date.add(last, days=version.report_days) for version in terms.values()}
        late = contracts.filtered(lambda contract: due.get(contract, today) < today)
        for start in range(0, len(late), BATCH):
            batch = late[start : start + BATCH]
            batch._remind_of_sales(first)
            if commit:
                self.env["ir.cron"]._commit_progress(len(batch))

    def _remind_of_sales(self, month):
        """Tell the contract managers, all in one statement, and remember it."""
        todo = self.env.ref("mail.mail_activity_data_todo")
        model_id = self.env["ir.model"]._get_id(self._name)
        vals_list = []
        for contract in self:
            user = contract.user_id or self.env.user
            spoken = contract.with_context(lang=user.lang or self.env.lang)
            vals_list.append(
                {
                    "res_model_id": model_id,
                    "res_id": contract.id,
                    "activity_type_id": todo.id,
                    "summary": spoken.env._("Sales of %s aren't reported", month.strftime("%Y-%m")),
                    "date_deadline": fields.Date.context_today(self),
                    "user_id": user.id,
                    "automated": True,
                }
            )
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(vals_list)
        self.with_context(tracking_disable=True).write({"sales_reminded_for": month})
