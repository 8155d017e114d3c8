from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .evidence import CONTENT, FIXED, OVER

# So that nobody fills our disks: files a time, and files of other parties a claim.
MAX_FILES = 20
MAX_PARTNER_FILES = 200


class FranchiseClaim(models.Model):
    """What the other parties of a claim give and see as evidence; for the pages of the portal (R-D4)."""

    _inherit = "franchise.claim"

    def _evidence_party(self, partner=None):
        """What `partner` (default: the user's own) is to this claim: "claimant", "supplier" or "carrier".

        The supplier and the carrier are told by the approval: before it they have nothing to do with the claim.

        :raises AccessError: it is none of them.
        """
        self.ensure_one()
        claim = self.sudo()
        partner = (partner or self.env.user.partner_id).sudo().commercial_partner_id
        if partner and partner == claim.claimant_id.commercial_partner_id:
            return "claimant"
        if claim.state in ("approved", "closed"):
            if partner == claim.supplier_id.commercial_partner_id:
                return "supplier"
            carriers = claim.recovery_ids.filtered(lambda recovery: recovery.party == "carrier").partner_id
            if partner in carriers.commercial_partner_id:
                return "carrier"
        raise AccessError(self.env._("Only the parties of a claim see its evidence."))

    def _portal_checklist(self, partner=None):
        """The claim's evidence as the party `partner` (default: the user's own) sees it: own rows and what is asked for.

        :return: [{"id", "type": record, "name", "given_as", "mandatory", "state", "state_label", "reason", "text", "date",
            "number", "given_at", "own", "files": [{"id", "name", "size", "is_image"}]}]
        """
        party = self._evidence_party(partner)
        partner = (partner or self.env.user.partner_id).sudo().commercial_partner_id
        rows = self.sudo().evidence_ids
        labels = dict(rows._fields["state"]._description_selection(self.env))
        listed = []
        for row in rows:
            own = row.given_by_partner_id.commercial_partner_id == partner
            asked = party == "claimant" and row.requirement != "extra"
            if not (own or asked):
                continue
            # What somebody else gave is said to be there, and not shown.
            files = row.file_ids if own else row.file_ids.browse()
            listed.append(
                {
                    "id": row.id,
                    "type": row.type_id,
                    "name": row.type_id.name,
                    "given_as": row.given_as,
                    "mandatory": row.requirement == "mandatory",
                    "state": row.state,
                    "state_label": labels[row.state],
                    "reason": row.return_reason if row.state == "returned" else "",
                    "text": row.text if own else "",
                    "date": row.date if own else False,
                    "number": row.number if own else 0,
                    "given_at": row.given_at,
                    "own": own,
                    "files": [
                        {
                            "id": file.id,
                            "name": file.name,
                            "size": file.file_size,
                            "is_image": (file.mimetype or "").startswith("image/"),
                        }
                        for file in files
                    ],
                }
            )
        return listed

    def _portal_evidence_file(self, file_id, partner=None):
        """The attachment (with all rights) `file_id` that the party gave as evidence of this claim.

        :raises AccessError: it is none of them.
        """
        self._evidence_party(partner)
        partner = (partner or self.env.user.partner_id).sudo().commercial_partner_id
        own = self.sudo().evidence_ids.filtered(lambda row: row.given_by_partner_id.commercial_partner_id == partner)
        file = own.file_ids.filtered(lambda file: file.id == file_id)
        if not file:
            raise AccessError(self.env._("Only the parties of a claim see its evidence."))
        return file

    def _portal_add_evidence(self, evidence_type, files=(), text="", partner=None):
        """Take evidence from a party of this claim, all of it or nothing.

        :param evidence_type: one record of `franchise.evidence.type`; it says in what form the evidence is given.
        :param files: [(name, content as bytes)]
        :param text: a text; for a date "2026-11-30", for a number "12" or "12.5".
        :param partner: who gives it; by default the user's own partner.
        :return: the row of evidence (with all rights).
        :raises AccessError: the partner is no party of the claim.
        :raises UserError: a sentence for the page, when something can't be taken.
        """
        self.ensure_one()
        party = self._evidence_party(partner)
        partner = partner or self.env.user.partner_id
        claim = self.sudo()
        files = [(str(name or ""), bytes(content)) for name, content in files]
        claim._check_portal_evidence(evidence_type, files)
        values = claim._portal_evidence_values(evidence_type, (text or "").strip(), bool(files))
        rows = claim.evidence_ids
        row = rows._portal_row(claim, evidence_type, partner)
        # Everything is looked at before anything is written.
        probe = row or rows.new({"claim_id": claim.id, "type_id": evidence_type.id})
        prepared = [probe._prepare_file(name, content) for name, content in files]
        with self.env.cr.savepoint():
            if not row:
                row = rows._trusted().create([{"claim_id": claim.id, "type_id": evidence_type.id}])
            row = row._trusted()
            row.write(values)
            row._add_files([{**file, "res_id": row.id} for file in prepared])
            row._follow_content(party, partner)
            claim._sync_checklist()
            row = row.exists().with_env(claim.env)
            if row.state != "given":
                raise UserError(claim._portal_incomplete(evidence_type))
            if claim.state not in FIXED:
                claim.message_post(
                    body=self.env._(
                        "%(partner)s gave evidence: %(kind)s (%(files)s files).",
                        partner=partner.sudo().display_name,
                        kind=evidence_type.name,
                        files=len(files),
                    ),
                    author_id=partner.id,
                    subtype_xmlid="mail.mt_note",
                )
        return row

    def _check_portal_evidence(self, evidence_type, files):
        """:raises UserError: the claim takes none, the kind is unknown, or there are too many files."""
        if self.state in OVER:
            raise UserError(self.env._("%s is cancelled: it takes no evidence any more.", self.name))
        if len(evidence_type) != 1 or not evidence_type.sudo().exists().active:
            raise UserError(self.env._("Choose what the evidence is."))
        if len(files) > MAX_FILES:
            raise UserError(
                self.env._("At most %s files can be sent at a time: send the others afterwards.", MAX_FILES)
            )
        held = sum(len(row.file_ids) for row in self.evidence_ids if row.given_by != "staff")
        if held + len(files) > MAX_PARTNER_FILES:
            raise UserError(
                self.env._(
                    "%(claim)s has %(count)s files of evidence already: write to us before you send more.",
                    claim=self.name,
                    count=held,
                )
            )

    def _portal_evidence_values(self, evidence_type, text, has_files):
        """What `text` says, as values of a row. :raises UserError: it says nothing, or isn't what the kind asks for."""
        if not text and not has_files:
            raise UserError(self.env._("“%s”: send a file or write something.", evidence_type.name))
        if not text:
            return {}
        if evidence_type.given_as == "date":
            try:
                return {"date": fields.Date.to_date(text)}
            except ValueError:
                raise UserError(
                    self.env._("“%s” is a date: write it as year-month-day, e.g. 2026-11-30.", evidence_type.name)
                ) from None
        if evidence_type.given_as == "number":
            try:
                number = float(text) if len(text) <= 20 else 0
            except ValueError:
                number = 0
            if not 0 < number < 1e9:
                raise UserError(self.env._("“%s” is a number above zero, e.g. 12.", evidence_type.name))
            return {"number": number}
        return {"text": text[:10000]}

    def _portal_incomplete(self, evidence_type):
        """Why what was sent isn't what the kind of evidence asks for, as a sentence."""
        asked = {
            "photo": self.env._("send a photo or a video"),
            "file": self.env._("send a file"),
            "any": self.env._("send a file or write something"),
            "text": self.env._("write a text"),
            "date": self.env._("enter the date"),
            "number": self.env._("enter the number"),
        }
        return self.env._("“%(kind)s”: %(asked)s.", kind=evidence_type.name, asked=asked[evidence_type.given_as])


class FranchiseClaimEvidence(models.Model):
    _inherit = "franchise.claim.evidence"

    def _portal_row(self, claim, evidence_type, partner):
        """The row that takes evidence of that kind from `partner`: one that waits for it, or that they gave and nobody accepted.

        None (no record) once the claim is decided and the row is given: then a further row is made.
        """
        commercial = partner.sudo().commercial_partner_id
        open_rows = self.filtered(
            lambda row: (
                row.type_id == evidence_type
                and (
                    row.state in ("missing", "returned")
                    or (row.state == "given" and row.given_by_partner_id.commercial_partner_id == commercial)
                )
            )
        )
        if claim.state in FIXED:
            open_rows = open_rows.filtered(
                lambda row: row.state == "missing" and not any(row[name] for name in CONTENT)
            )
        return open_rows[:1]
