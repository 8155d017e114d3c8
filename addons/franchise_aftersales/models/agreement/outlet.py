from odoo import api, fields, models
from odoo.exceptions import ValidationError


class FranchiseOutlet(models.Model):
    """Who serves an outlet's customers after its contract has ended (R-B5)."""

    _inherit = "franchise.outlet"

    successor_id = fields.Many2one(
        "franchise.outlet",
        check_company=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        domain="[('company_id', '=', company_id), ('id', '!=', id)]",
        help="The outlet that takes over the after-sales service when this one's contract has ended.",
    )

    @api.constrains("successor_id")
    def _check_successor(self):
        if self._has_cycle("successor_id"):
            raise ValidationError(
                self.env._("An outlet can't come after itself: choose a successor that isn't one of its predecessors.")
            )

    def _serving_successors(self):
        """{outlet of this set: the next outlet in its line of successors whose contract still runs}, where one does."""
        found = {}
        waiting = {outlet: outlet.successor_id for outlet in self if outlet.successor_id}
        while waiting:
            # One step for all together, so that the outlets of a step are read at once.
            following = {}
            for outlet, candidate in waiting.items():
                if candidate.contract_id.state == "signed" and candidate.active:
                    found[outlet] = candidate
                elif candidate.successor_id:
                    following[outlet] = candidate.successor_id
            waiting = following
        return found
