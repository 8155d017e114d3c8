from odoo import models

from ..base.document import _MOVING

KEPT = ("state", "given_by", "given_by_partner_id", "given_at", "decided_by_id", "decided_at", "waive_reason")


class FranchiseClaim(models.Model):
    """What was given as evidence goes along when claims are merged or split (R-D15)."""

    _inherit = "franchise.claim"

    def _hand_over(self, target):
        result = super()._hand_over(target)
        given = self.sudo().evidence_ids.filtered(lambda row: row.state != "missing")
        given._trusted().write({"claim_id": target.id, "requirement": "extra", "sequence": 100})
        target._sync_checklist()
        return result

    def _share(self, part, files):
        result = super()._share(part, files)
        if files:
            for row in self.sudo().evidence_ids.filtered(lambda row: row.state != "missing"):
                row._copy_to(part)
            part._sync_checklist()
        return result


class FranchiseClaimEvidence(models.Model):
    _inherit = "franchise.claim.evidence"

    def _copy_to(self, claim):
        """The same evidence, with copies of its files, on another claim; who gave it, and when, stays."""
        self.ensure_one()
        content = {name: self[name] for name in ("text", "date", "number", "has_personal_data")}
        copied = self._trusted().create({"claim_id": claim.id, "type_id": self.type_id.id, **content})
        moving = self.file_ids.with_context(franchise_moving=_MOVING, image_no_postprocess=True)
        digests = ("franchise_sha256", "franchise_original_sha256")
        files = moving.browse().union(
            *(file.copy({"res_id": copied.id, **{name: file[name] for name in digests}}) for file in moving)
        )
        values = {name: self._fields[name].convert_to_write(self[name], self) for name in KEPT}
        copied._trusted().write({**values, "file_ids": [(6, 0, files.ids)]})
        return copied
