import base64

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_datetime
from odoo.tools.image import image_process

# Photos that the PDF shows; the archive has all of them.
MAX_PHOTOS = 60
PHOTO_PIXELS = 900


class FranchiseClaim(models.Model):
    """What a claim packet says; rooms add sections to `_packet_sections`."""

    _inherit = "franchise.claim"

    def _packet_facts(self):
        """[(label, value)] of what happened, to whom, since when."""
        self.ensure_one()
        names = [
            "name",
            "state",
            "contract_id",
            "outlet_id",
            "claimant_id",
            "supplier_id",
            "agreement_id",
            "cause_id",
            "event_date",
            "discovery_date",
            "reported_date",
            "transport_mode_id",
            "delivery_date",
            "notice_deadline",
            "coverage_state",
            "override_reason",
            "reject_reason",
            "amount_claimed",
            "amount_assessed",
            "amount_approved",
        ]
        found = [(self._fields[name]._description_string(self.env), self._packet_value(self, name)) for name in names]
        return [(label, value) for label, value in found if value]

    def _packet_sections(self):
        """Tables after the facts, each as `_packet_table` gives it; in the order in which they are read."""
        self.ensure_one()
        sections = [
            self._packet_evidence_section(),
            self._packet_table(
                self.env._("Losses"),
                self.line_ids,
                [
                    "kind",
                    "name",
                    "invoice_line_id",
                    "lot",
                    "batch",
                    "quantity",
                    "explanation",
                    "amount_claimed",
                    "amount_assessed",
                    "amount_approved",
                ],
            ),
            self._packet_table(
                self.env._("Demands and Answers"),
                self.recovery_ids.filtered(lambda recovery: self._packet_concerns(recovery.partner_id)),
                [
                    "party",
                    "partner_id",
                    "state",
                    "amount_demanded",
                    "amount_accepted",
                    "answered_on",
                    "answer_reason",
                    "credit_note_number",
                ],
            ),
            self._packet_table(
                self.env._("Further Amounts"),
                self.charge_ids.filtered(
                    lambda charge: charge.state != "cancelled" and self._packet_concerns(charge.partner_id)
                ),
                ["date", "kind", "partner_id", "name", "explanation", "amount"],
            ),
        ]
        sections[2:2] = self._packet_negotiation()
        return [section for section in sections if section["rows"]] + self._packet_terms() + self._packet_history()

    def _packet_negotiation(self):
        """Hook: tables of what was negotiated, which the rooms after this one have; a party reads what is its own."""
        self.ensure_one()
        return []

    def _packet_evidence_section(self):
        rows = self.evidence_ids
        section = self._packet_table(
            self.env._("Evidence"),
            rows,
            ["type_id", "requirement", "state", "given_by", "given_at", "text", "date", "number", "waive_reason"],
        )
        if not rows:
            return section
        section["headers"].append(self.env._("Files"))
        section["amounts"].append(False)
        for cells, row in zip(section["rows"], rows, strict=True):
            files = row.file_ids
            if files and not self._packet_shows(row):
                text = self.env._("%s files withheld: they show personal data", len(files))
            else:
                text = "\n".join(f"{file.name}\nSHA-256 {file.franchise_sha256 or ''}" for file in files)
            cells.append(text)
        # Hashes need room: the last column has a third of the page.
        others = len(section["headers"]) - 1
        section["widths"] = [round(67 / others, 2)] * others + [33]
        return section

    def _packet_shows(self, row):
        """Whether the reader gets the files of a row of evidence."""
        return self._packet().personal or not row.has_personal_data

    def _packet_terms(self):
        """The terms that govern the claim, its cause's above all, and the agreement's clauses of that day."""
        version = self._governing_versions()[self]
        if not version:
            return []
        shares = version._shares_for(self.cause_id)
        parties = {
            "supplier": self.env._("Supplier"),
            "carrier": self.env._("Carrier"),
            "franchisor": self.env._("Head office"),
            "franchisee": self.env._("Franchisee"),
        }
        facts = [
            (self.env._("Terms in Force"), f"{self.agreement_id.name} · {version.display_name}"),
            (self.env._("From"), format_date(self.env, version.date_from)),
            (self.env._("Until"), format_date(self.env, version.date_to) if version.date_to else ""),
            (version._fields["warranty_months"]._description_string(self.env), str(version.warranty_months)),
            (
                version._fields["claim_window_days"]._description_string(self.env),
                str(version._window_for(self.cause_id)[0]),
            ),
            (
                self.env._("Liability for the Cause"),
                ", ".join(f"{parties[party]} {share:g} %" for party, share in shares.items() if share),
            ),
        ]
        facts += [
            (version._fields[name]._description_string(self.env), f"{version[name]:g}")
            for name in ("goods_percent", "labour_percent", "freight_percent", "indirect_percent")
        ]
        facts.append((self.env._("Mandatory Evidence"), ", ".join(self.evidence_required_ids.mapped("name"))))
        terms = {
            "title": self.env._("Terms in Force on the Day of the Event"),
            "headers": [],
            "amounts": [False, False],
            "rows": [[label, value] for label, value in facts if value],
        }
        clauses = self.env["franchise.clause"]._in_force_on("agreement_id", [(self.agreement_id.id, self.event_date)])
        return [terms] + [
            {
                "title": self.env._("Clauses of the Agreement"),
                "headers": [],
                "amounts": [False, False],
                "rows": [[clause.number or "", clause] for clause in rows],
            }
            for rows in clauses.values()
            if rows
        ]

    def _packet_history(self):
        """Who decided what when: the steps of the claim as they were logged, and who waived or sent back evidence."""
        states = self._packet_state_labels()
        labels = dict(self._fields["state"]._description_selection(self.env))
        rows = []
        # Tracking values are the administrator's; the claim itself is read with the user's rights.
        for tracking in self.sudo().message_ids.tracking_value_ids.sorted("id"):
            if tracking.field_id.name not in ("state", "override_reason", "reject_reason"):
                continue
            message = tracking.mail_message_id
            if tracking.field_id.name == "state":
                before, after = (
                    labels.get(states.get(text), text or "")
                    for text in (tracking.old_value_char, tracking.new_value_char)
                )
                what = f"{before} → {after}"
            else:
                field = self._fields[tracking.field_id.name]._description_string(self.env)
                what = f"{field}: {self._packet_text(tracking.new_value_char)}"
            rows.append((message.date, message.author_id.name or "", what))
        for row in self.evidence_ids.filtered("decided_at"):
            state = dict(row._fields["state"]._description_selection(self.env))[row.state]
            reason = row.waive_reason or row.return_reason
            what = f"{row.type_id.name}: {state}" + (f" ({self._packet_text(reason)})" if reason else "")
            rows.append((row.decided_at, row.decided_by_id.sudo().name, what))
        if not rows:
            return []
        return [
            {
                "title": self.env._("History of Decisions"),
                "headers": [self.env._("When"), self.env._("Who"), self.env._("What")],
                "amounts": [False] * 3,
                "rows": [
                    [format_datetime(self.env, when, tz="UTC") + " UTC", who, what]
                    for when, who, what in sorted(rows, key=lambda entry: entry[0])
                ],
            }
        ]

    def _packet_state_labels(self):
        """{label of a status in any installed language: status}: the log has them as whoever decided read them."""
        found = {}
        for code, _name in self.env["res.lang"].get_installed():
            selection = self._fields["state"]._description_selection(self.with_context(lang=code).env)
            found.update({label: state for state, label in selection})
        return found

    def _packet_photos(self):
        """[{"name", "caption", "uri"}] of the photos that the PDF shows: scaled, without anything but the picture."""
        photos = []
        for row in self.evidence_ids.filtered(self._packet_shows):
            for file in row.file_ids.filtered(lambda file: (file.mimetype or "").startswith("image/")):
                if len(photos) == MAX_PHOTOS:
                    return photos
                try:
                    size = (PHOTO_PIXELS, PHOTO_PIXELS)
                    content = image_process(file.raw, size=size, quality=75, output_format="JPEG")
                except (UserError, ValueError, OSError):
                    continue  # a picture that can't be drawn is in the list and in the archive all the same
                uri = "data:image/jpeg;base64," + base64.b64encode(content).decode()
                photos.append({"name": file.name, "caption": row.type_id.name, "uri": uri})
        return photos
