from odoo import api, fields, models


class FranchiseServiceAgreementVersion(models.Model):
    """A confirmed amendment of an active agreement is told to the supplier's system (R-B4, R-C6, R-G1)."""

    _name = "franchise.service.agreement.version"
    _inherit = ["franchise.service.agreement.version", "franchise.sync.document"]

    _sync_awaits_answer = False

    delivered_on = fields.Date(
        string="Supplier Told On", readonly=True, copy=False, help="When the supplier's system had taken the amendment."
    )

    def _own_fields(self):
        return super()._own_fields() | {"delivered_on"}

    def action_confirm(self):
        """Confirm, and tell suppliers with a system in the same transaction; first terms of a draft are no amendment."""
        result = super().action_confirm()
        self.filtered(lambda version: version.agreement_id.state == "active")._sync_emit("agreement_amended")
        return result

    def _sync_aggregate(self):
        # In line with the notices about the same agreement: what is told first arrives first.
        return f"franchise.service.agreement,{self.agreement_id.id}"

    def _sync_partner(self):
        return self.agreement_id.supplier_id

    def _sync_prepare_payload(self, kind, endpoint):
        self.ensure_one()
        agreement, supplier = self.agreement_id, self.agreement_id.supplier_id
        return {
            "document": {"number": self.display_name},
            "customer": {"name": agreement.company_id.name, "ref": endpoint.customer_ref or ""},
            "supplier": {"name": supplier.name, "ref": supplier.ref or ""},
            "agreement": {"number": agreement.name, "version": self.number},
            "date_from": fields.Date.to_string(self.date_from),
            "date_to": fields.Date.to_string(self.date_to) or "",
            "currency": agreement.currency_id.name,
            "reason": self.amendment_reason or "",
            "changes": self.with_context(lang=supplier.lang or self.env.lang)._sync_changes(),
        }

    def _sync_changes(self):
        """A sentence for each term that differs from the version that governed before, in the language of `self`."""
        self.ensure_one()
        before = self.search(
            [
                ("agreement_id", "=", self.agreement_id.id),
                ("state", "=", "confirmed"),
                ("date_from", "<", self.date_from),
                ("id", "!=", self.id),
            ],
            order="date_from desc",
            limit=1,
        )
        return list(self._changes_since(before)) if before else []

    @api.model
    def _term_fields(self):
        return [name for name in super()._term_fields() if name != "delivered_on"]

    def _sync_on_delivered(self):
        """The date is the proof; it stands in the agreement's chatter too."""
        untold = self.filtered(lambda version: not version.delivered_on)
        untold._trusted().write({"delivered_on": fields.Date.context_today(self)})
        for agreement, versions in untold.grouped("agreement_id").items():
            names = ", ".join(versions.mapped("display_name"))
            agreement._message_log(body=self.env._("The supplier's system has %s.", names))

    def _sync_check_answer(self, answer):
        self.ensure_one()
        if answer["state"] == "acknowledged":
            return ""
        return self.env._("%s was told for information: it can be acknowledged, nothing else.", self.display_name)

    def _sync_answer_summary(self):
        return {"answer_state": "acknowledged" if self.delivered_on else "", "accepted_amount": ""}
