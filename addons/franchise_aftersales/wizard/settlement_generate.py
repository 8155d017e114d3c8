from odoo import api, fields, models
from odoo.exceptions import UserError

AT_ONCE = 2000  # amounts that a person waits for; more are gathered in the background


class FranchiseSettlementGenerate(models.TransientModel):
    """Ask until which day accepted amounts are settled, then gather them into draft settlements."""

    _name = "franchise.settlement.generate"
    _description = "Generate Settlements"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date_to = fields.Date(string="Settle Until", required=True, default=fields.Date.context_today)
    with_interim = fields.Boolean(
        string="With Interim Amounts",
        help="Settle what periods that still run earned until this day, rebates for example. The final amount is computed "
        "from the start again and deducts it.",
    )
    ready_count = fields.Integer(string="Amounts Ready", compute="_compute_ready_count")

    @api.depends("company_id", "date_to")
    def _compute_ready_count(self):
        for wizard in self:
            ready = wizard.company_id and wizard.date_to
            settlements = self.env["franchise.settlement"]
            wizard.ready_count = settlements._count_ready(wizard.company_id, wizard.date_to) if ready else 0

    def action_generate(self):
        """Gather and show the draft settlements; very many amounts are gathered in the background, shown as a run.

        :raises UserError: nothing is ready.
        """
        self.ensure_one()
        run = self.env["franchise.settlement.run"]._order_run(self.company_id, self.date_to, self.with_interim)
        if run.ready_count > AT_ONCE:
            run._in_background()
            return run._open_form()
        run._gather()
        if not (run.settled_count or run.failed_count):
            raise UserError(
                self.env._("Nothing is ready to be settled until %s: no accepted amount is open.", self.date_to)
            )
        return run._open_form() if run.failed_count else run.action_view_settlements()
