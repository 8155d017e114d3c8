from odoo import api, fields, models

from .evidence import GIVEN

# What decides which terms, and so which evidence, a draft has.
TERMS = frozenset({"cause_id", "event_date", "agreement_id", "supplier_id", "company_id"})


class FranchiseClaim(models.Model):
    """The checklist of a claim's evidence, by the terms of its cause (R-D4)."""

    _inherit = "franchise.claim"

    evidence_ids = fields.One2many("franchise.claim.evidence", "claim_id", copy=False)
    evidence_missing_count = fields.Integer(
        string="Missing Evidence",
        compute="_compute_evidence_missing_count",
        store=True,
        help="Mandatory rows of the checklist that are neither given nor waived.",
    )
    evidence_missing = fields.Char(string="Still Missing", compute="_compute_evidence_missing")
    evidence_photo_ids = fields.Many2many("ir.attachment", string="Photos", compute="_compute_evidence_photos")

    @api.depends("evidence_ids.state", "evidence_ids.requirement")
    def _compute_evidence_missing_count(self):
        for claim in self:
            claim.evidence_missing_count = len(
                claim.evidence_ids.filtered(lambda row: row.requirement == "mandatory" and row.state not in GIVEN)
            )

    @api.depends("evidence_ids.state", "cause_id", "event_date", "agreement_id", "version_id")
    @api.depends_context("lang")
    def _compute_evidence_missing(self):
        missing = self._missing_evidence()
        for claim in self:
            claim.evidence_missing = ", ".join(missing[claim].mapped("name"))

    @api.depends("evidence_ids.file_ids")
    def _compute_evidence_photos(self):
        for claim in self:
            claim.evidence_photo_ids = claim.evidence_ids.file_ids.filtered(
                lambda file: (file.mimetype or "").startswith("image/") and file.mimetype != "image/heic"
            )

    @api.model_create_multi
    def create(self, vals_list):
        claims = super().create(vals_list)
        claims._sync_checklist()
        return claims

    def write(self, vals):
        result = super().write(vals)
        if TERMS.intersection(vals):
            self.filtered(lambda claim: claim.state == "draft")._sync_checklist()
        return result

    def action_submit(self):
        """Submit; the checklist follows the terms that are fixed by it."""
        result = super().action_submit()
        self._sync_checklist()
        return result

    def action_reopen(self):
        """Back to draft; the checklist follows the terms of the event's day again."""
        result = super().action_reopen()
        self._sync_checklist()
        return result

    def action_approve(self):
        """Approve; what was given as evidence is fixed from now on."""
        result = super().action_approve()
        self.evidence_ids._keep_files()
        return result

    def action_reject(self):
        """Reject; what was given as evidence is fixed from now on."""
        result = super().action_reject()
        self.evidence_ids._keep_files()
        return result

    def _sync_checklist(self):
        """Make the rows of open claims' checklists what the terms in force ask for; as many queries for many claims as for one.

        What was given stays, as additional evidence where no term asks for it any more; and what was given beyond the
        checklist takes the place of a row that waits for just that.
        """
        claims = self.sudo().filtered(lambda claim: claim.state in ("draft", "submitted", "assessed"))
        new, gone = [], self.env["franchise.claim.evidence"].sudo()
        for claim in claims:
            wanted = dict.fromkeys(claim.evidence_wanted_ids, "wanted")
            wanted.update(dict.fromkeys(claim.evidence_required_ids, "mandatory"))
            rows = claim.evidence_ids
            for number, (kind, requirement) in enumerate(
                sorted(wanted.items(), key=lambda item: (item[1] != "mandatory", item[0].sequence, item[0].id)), start=1
            ):
                # What was given first; a row of the checklist before an additional one.
                own = rows.filtered(lambda row, kind=kind: row.type_id == kind).sorted(
                    lambda row: (row.state == "missing", row.requirement == "extra", row.id)
                )
                values = {"requirement": requirement, "sequence": number}
                if not own:
                    new.append({"claim_id": claim.id, "type_id": kind.id, **values})
                    continue
                empty = (own - own[0]).filtered(lambda row: row.state == "missing" and row.requirement != "extra")
                gone |= empty
                others = (own - own[0] - empty).filtered(lambda row: row.requirement != "extra")
                others._relabel({"requirement": "extra", "sequence": 100})
                empty._relabel({"requirement": "extra"})
                own[0]._relabel(values)
            left = rows.filtered(lambda row, kinds=wanted: row.type_id not in kinds and row.requirement != "extra")
            gone |= left.filtered(lambda row: row.state == "missing" and not row.file_ids and not row.text)
            (left - gone)._relabel({"requirement": "extra", "sequence": 100})
        gone._trusted().unlink()
        self.env["franchise.claim.evidence"].sudo()._trusted().create(new)

    def _missing_evidence(self):
        """{claim: kinds of mandatory evidence (franchise.evidence.type) that are neither given nor waived}.

        The terms in force are asked, not the checklist: no row that isn't there lets a claim through.
        """
        missing = {}
        for claim in self:
            done = claim.evidence_ids.filtered(lambda row: row.state in GIVEN).type_id
            missing[claim] = claim.evidence_required_ids - done
        return missing

    def _obstacles(self, step):
        found = super()._obstacles(step)
        if step == "approve":
            for claim, kinds in self._missing_evidence().items():
                if kinds:
                    found[claim].append(
                        self.env._(
                            "Mandatory evidence is missing: %s. It is given, or waived by finance, before anything is "
                            "demanded of others.",
                            ", ".join(kinds.mapped("name")),
                        )
                    )
        return found

    @api.depends("evidence_ids.state")
    def _compute_obstacles(self):
        return super()._compute_obstacles()


class FranchiseClaimEvidence(models.Model):
    _inherit = "franchise.claim.evidence"

    def _relabel(self, values):
        """Write what the checklist says of these rows, where it changes."""
        changed = self.filtered(lambda row: any(row[name] != value for name, value in values.items()))
        if changed:
            changed._trusted().write(values)
            changed.flush_recordset(list(values))
