from odoo import api, fields, models
from odoo.exceptions import UserError

# In the context only while a row writes what it records by itself; an object can't be sent over RPC.
_LOGGING = object()


class FranchiseTerminationRow(models.AbstractModel):
    """What belongs to one termination: it changes only while the case goes on."""

    _name = "franchise.termination.row.mixin"
    _description = "Row of a Termination"
    _inherit = ["franchise.document.row.mixin"]

    _row_of = "termination_id"
    # Columns that the row itself writes, by whom and when: refused from outside. Documents have `_step_fields`.
    _log_fields: frozenset[str] = frozenset()

    termination_id = fields.Many2one("franchise.termination", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="termination_id.company_id", store=True, index=True)

    @api.model_create_multi
    def create(self, vals_list):
        self._check_log_fields(set().union(*vals_list))
        return super().create(vals_list)

    def write(self, vals):
        self._check_log_fields(vals)
        return super().write(vals)

    def _check_log_fields(self, names):
        """:raises UserError: somebody enters what the row records by itself."""
        own = self._log_fields.intersection(names)
        if own and not self._is_logging():
            raise UserError(
                self.env._(
                    "%(document)s works out by itself: %(fields)s. It can't be entered.",
                    document=self._description,
                    fields=", ".join(self._fields[name]._description_string(self.env) for name in sorted(own)),
                )
            )

    def _is_logging(self):
        return self.env.context.get("franchise_logging") is _LOGGING

    def _log(self, vals):
        """Write what the row itself records."""
        return self.with_context(franchise_logging=_LOGGING).write(vals)

    def _is_open(self, case):
        return case.state not in case._final_states

    def _fixed_text(self, case):
        return self.env._("%s is over: what belongs to it can't be changed any more.", case.display_name)
