from odoo import fields, models
from odoo.tools import html2plaintext


class FranchiseNotice(models.Model):
    """A notice to a supplier goes to its system; being taken there is the proof of delivery (R-B4, R-G1).

    Sending and taking back are told, each in the transaction of the step, in line with the agreement's amendments.
    """

    _name = "franchise.notice"
    _inherit = ["franchise.notice", "franchise.sync.document"]

    _sync_awaits_answer = False

    acknowledge_method = fields.Selection(selection_add=[("system", "By the supplier's system")])
    supplier_decision = fields.Selection(
        [
            ("keep", "Goes on unchanged"),
            ("adjust", "Is adjusted"),
            ("hand_over", "Is handed over"),
            ("end", "Ends"),
        ],
        string="The Agreement",
        help="What happens to the service agreement when the franchise contract ends; the supplier reads it.",
    )
    run_off_until = fields.Date(
        string="Run-Off Until", help="Last day on which the supplier still serves goods sold before the end."
    )

    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | {"supplier_decision", "run_off_until"}

    def _move(self, action, values=None):
        result = super()._move(action, values)
        notices = self.filtered(lambda notice: notice.kind == "supplier")
        if action == "revoke":
            # Whoever was not told needs no withdrawal.
            notices = notices.filtered(lambda notice: notice.sync_state != "none")
        if action in ("send", "revoke"):
            notices._sync_emit("termination_notice")
        return result

    def _sync_aggregate(self):
        self.ensure_one()
        # In line with the agreement's amendments: what is told first arrives first.
        return f"{self.agreement_id._name},{self.agreement_id.id}" if self.agreement_id else super()._sync_aggregate()

    def _sync_partner(self):
        return self.partner_id

    def _sync_prepare_payload(self, kind, endpoint):
        self.ensure_one()
        contract, supplier = self.contract_id, self.partner_id.commercial_partner_id
        spoken = self.with_context(lang=supplier.lang or self.env.lang)
        decisions = dict(spoken._fields["supplier_decision"]._description_selection(spoken.env))
        return {
            "document": {"number": self.name},
            "customer": {"name": self.company_id.name, "ref": endpoint.customer_ref or ""},
            "supplier": {"name": supplier.name, "ref": supplier.ref or ""},
            "status": "withdrawn" if self.state == "revoked" else "given",
            "contract": {"number": contract.name or "", "franchisee": contract.franchisee_id.name or ""},
            "ends_on": fields.Date.to_string(self.date_effective or contract.date_end) or "",
            "agreement": {"number": self.agreement_id.name or "", "decision": self.supplier_decision or ""},
            "decision_text": decisions.get(self.supplier_decision, ""),
            "run_off_until": fields.Date.to_string(self.run_off_until) or "",
            "outlets": [{"code": outlet.code, "name": outlet.name} for outlet in self._sync_outlets()],
            "text": html2plaintext(self.body or "").strip(),
        }

    def _sync_outlets(self):
        """The outlets that the supplier is told about; rooms that know more precisely which it serves override."""
        self.ensure_one()
        return self.contract_id.outlet_ids

    def _sync_on_delivered(self):
        """The supplier's system has the notice: dated, and told in the chatter."""
        undated = self.filtered(lambda notice: not notice.delivered_on)
        undated._trusted().with_context(mail_notrack=True).write({"delivered_on": fields.Date.context_today(self)})
        undated._sync_log(self.env._("The supplier's system has the notice."))
        undated._after_delivered()

    def _sync_on_acknowledged(self):
        """The supplier's system acknowledges: once, by the table; a notice that was taken back stays so."""
        self._sync_on_delivered()
        for notice in self.filtered(lambda notice: notice.state == "sent"):
            notice._move("acknowledge", notice._prepare_sync_acknowledgement())
            notice.activity_unlink(["franchise_aftersales.mail_activity_type_deadline"], only_automated=True)
            notice._after_acknowledged()

    def _prepare_sync_acknowledgement(self):
        """Values beside the step `acknowledge` when the supplier's system takes it."""
        self.ensure_one()
        return {
            "acknowledge_method": "system",
            "acknowledged_at": fields.Datetime.now(),
            "acknowledged_by": self.partner_id.display_name,
        }

    def _sync_check_answer(self, answer):
        self.ensure_one()
        if answer["state"] == "acknowledged":
            return ""
        return self.env._(
            "%s is a notice: it can be acknowledged, neither accepted nor refused. Talk to the supplier.",
            self.display_name,
        )

    def _sync_answer_summary(self):
        return {"answer_state": self.state, "accepted_amount": ""}
