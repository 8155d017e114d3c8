from odoo import fields, models


class FranchiseOutlet(models.Model):
    _inherit = "franchise.outlet"

    closing_date = fields.Date(string="Closed On", copy=False)


class FranchiseTerminationOutlet(models.Model):
    """What becomes of one store when the contract ends; remembers what it was, for a withdrawal (R-B15)."""

    _name = "franchise.termination.outlet"
    _description = "Outlet of a Termination"
    _inherit = ["franchise.termination.row.mixin"]
    _order = "termination_id, outlet_id"
    _rec_name = "outlet_id"

    _log_fields = frozenset({"closed_by_case", "closing_date_before"})

    outlet_id = fields.Many2one("franchise.outlet", required=True, index=True, ondelete="restrict")
    fate = fields.Selection(
        [
            ("close", "Closes"),
            ("hand_over", "Goes on under another contract"),
            ("take_over", "Goes on as our own store"),
        ],
        string="The Store",
        required=True,
        default="close",
    )
    closed_by_case = fields.Boolean(readonly=True, copy=False)
    closing_date_before = fields.Date(string="Closed On Before", readonly=True, copy=False)

    _unique_outlet = models.UniqueIndex("(termination_id, outlet_id)", "This outlet is in the case already.")

    def _generate(self, terminations):
        """Add a row for every outlet of the contracts that has none yet. :return: the new rows."""
        have = {(row.termination_id, row.outlet_id) for row in terminations.store_ids}
        return self.create(
            [
                {"termination_id": termination.id, "outlet_id": outlet.id}
                for termination in terminations
                for outlet in termination.contract_id.outlet_ids
                if (termination, outlet) not in have
            ]
        )

    def _close(self):
        """The contract has ended: stores that close are closed from the next day on."""
        for row in self.filtered(lambda row: row.fate == "close" and not row.closed_by_case):
            day = fields.Date.add(row.termination_id.date_effective, days=1)
            before = row.outlet_id.closing_date
            if before and before <= day:
                continue
            row._log({"closed_by_case": True, "closing_date_before": before})
            # A signed contract's stores change by its documents only: this is one.
            row.outlet_id.sudo().closing_date = day

    def _reopen(self):
        """Take the closing back. :return: the outlets that were closed by the case."""
        rows = self.filtered("closed_by_case")
        for row in rows:
            row.outlet_id.sudo().closing_date = row.closing_date_before
        rows._log({"closed_by_case": False, "closing_date_before": False})
        return rows.outlet_id
