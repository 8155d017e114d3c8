from typing import NamedTuple

from odoo import models
from odoo.tools import format_date, format_datetime

from ...tools.masking import masked


class Packet(NamedTuple):
    """For whom a claim is put together: an object in the context, which no client can send.

    `reader`: "supplier", "carrier" or "court"; `partner_id`: whom of them, 0 for nobody in particular; `personal`: whether
    the reader may have customers' personal data.
    """

    reader: str = "court"
    partner_id: int = 0
    reader_name: str = ""
    personal: bool = False


class FranchiseClaim(models.Model):
    """How a claim is told to a reader outside: in their language, what concerns them, personal data covered (R-D17, R-H5)."""

    _inherit = "franchise.claim"

    def _for_packet(self, packet, lang):
        """This claim as the reader of `packet` reads it."""
        return self.with_context(lang=lang, tz="UTC", franchise_packet=packet)

    def _packet(self):
        """For whom the claim is told; unless a step of ours says otherwise, for a stranger without personal data."""
        packet = self.env.context.get("franchise_packet")
        return packet if isinstance(packet, Packet) else Packet()

    def _packet_partner(self):
        return self.env["res.partner"].browse(self._packet().partner_id or ())

    def _packet_concerns(self, partner):
        """Whether what is between us and `partner` is for the reader: courts see everything, a party what is its own."""
        packet = self._packet()
        return packet.reader == "court" or partner.commercial_partner_id == self._packet_partner().commercial_partner_id

    def _packet_text(self, text):
        """`text` for the reader: as it is, or with personal data covered."""
        return (text or "") if self._packet().personal else masked(text)

    def _packet_table(self, title, records, names):
        """A section with one row a record: {"title", "headers", "amounts": which columns are amounts, "rows"}.

        Fields that a model doesn't have, and those empty in all records, are left out.
        """
        names = [name for name in names if name in records._fields and any(record[name] for record in records)]
        found = [records._fields[name] for name in names]
        return {
            "title": title,
            "headers": [field._description_string(self.env) for field in found],
            "amounts": [field.type in ("monetary", "float", "integer") for field in found],
            "rows": [[self._packet_value(record, name) for name in names] for record in records],
        }

    def _packet_value(self, record, name):
        """What a field says, as text in the reader's language."""
        field, value = record._fields[name], record[name]
        if not value and field.type not in ("monetary", "boolean"):
            return ""
        if field.type == "monetary":
            return record[field.get_currency_field(record)].format(value)
        if field.type == "float":
            return f"{value:.6f}".rstrip("0").rstrip(".")
        if field.type == "date":
            return format_date(self.env, value)
        if field.type == "datetime":
            return format_datetime(self.env, value, tz="UTC") + " UTC"
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "boolean":
            return self.env._("Yes") if value else self.env._("No")
        if field.relational:
            return ", ".join(value.mapped("display_name"))
        return self._packet_text(str(value))

    def _packet_file_name(self):
        """Name of the downloaded file, without its ending."""
        self.ensure_one()
        return self.env._("Claim file %s", self.name).replace("/", "-")

    def action_make_packet(self):
        """Ask for whom the claim is put together."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Claim Packet"),
            "res_model": "franchise.claim.packet",
            "view_mode": "form",
            "target": "new",
            "context": {"default_claim_id": self.id},
        }
