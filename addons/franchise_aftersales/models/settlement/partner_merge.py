from odoo import api, models
from odoo.exceptions import UserError


class BasePartnerMerge(models.TransientModel):
    """Merging partners works past all rules, in PostgreSQL; where two rows then clash, it deletes one."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        settled = (
            self.env["franchise.settlement"]
            .sudo()
            .search([("partner_id", "in", src_partners.ids)], limit=1, order="id")
        )
        if settled:
            raise UserError(
                self.env._(
                    "%(partner)s has settlements (%(settlement)s) and can't be merged away: what was settled stays with "
                    "its partner. Merge the other way round, or archive the one that isn't used any more.",
                    partner=settled.partner_id.display_name,
                    settlement=settled.display_name,
                )
            )
        return super()._update_foreign_keys(src_partners, dst_partner)
