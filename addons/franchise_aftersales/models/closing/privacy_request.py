from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"
GROUP_MANAGER = "franchise_aftersales.group_manager"
ANSWER_DAYS = 15  # working time to answer a person's request; deadline counts calendar days from its receipt


class FranchisePrivacyRequest(models.Model):
    """What is done with end customers' personal data at the end of a case, by two people and with a log (R-B11).

    The request itself names nobody: it points at contacts, which lose their data when they are anonymised, and its log
    holds numbers of records only.
    """

    _name = "franchise.privacy.request"
    _description = "Privacy Request"
    _inherit = ["franchise.document.mixin", "franchise.deadline.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _number_sequence = "franchise.privacy.request"

    _transitions = {
        "submit": Transition(("draft",), "submitted", GROUP_CONTRACT),
        "approve": Transition(("submitted",), "approved", GROUP_MANAGER),
        "refuse": Transition(("submitted",), "refused", GROUP_MANAGER),
        "execute": Transition(("approved",), "done", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset(
        {
            "name",
            "kind",
            "company_id",
            "termination_id",
            "partner_ids",
            "legal_basis",
            "requested_on",
            "handover_to_id",
            "handover_outlet_id",
        }
    )
    _step_fields = frozenset(
        {
            "requested_by_id",
            "approved_by_id",
            "done_on",
            "partner_count",
            "result",
            "log_id",
            "export_file",
            "export_name",
        }
    )

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("submitted", "Submitted"),
            ("approved", "Approved"),
            ("done", "Done"),
            ("refused", "Refused"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
    )
    kind = fields.Selection(
        [
            ("export", "Export"),
            ("handover", "Hand-over to a successor"),
            ("anonymise", "Anonymisation"),
            ("erase", "Erasure"),
        ],
        required=True,
        default="export",
        help="Erasure deletes contacts without accounting entries and anonymises the others.",
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    termination_id = fields.Many2one("franchise.termination", index=True, ondelete="restrict", check_company=True)
    partner_ids = fields.Many2many("res.partner", string="Customers", copy=False)
    partner_count = fields.Integer(string="Number of Customers", readonly=True, copy=False)
    legal_basis = fields.Char(help="e.g. request of the person, end of the purpose, consent to the hand-over")
    requested_on = fields.Date(string="Received On", required=True, default=fields.Date.context_today)
    handover_to_id = fields.Many2one("res.partner", string="Handed Over To", ondelete="restrict")
    handover_outlet_id = fields.Many2one(
        "franchise.outlet", string="Successor's Outlet", ondelete="restrict", check_company=True
    )
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    requested_by_id = fields.Many2one("res.users", string="Submitted By", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    done_on = fields.Date(readonly=True, copy=False)
    result = fields.Text(readonly=True, copy=False, help="Numbers of records by kind; no personal data.")
    log_id = fields.Many2one("privacy.log", readonly=True, copy=False, groups="base.group_system")
    export_file = fields.Binary(attachment=True, readonly=True, copy=False)
    export_name = fields.Char(readonly=True, copy=False)

    _four_eyes = models.Constraint(
        "CHECK (state NOT IN ('approved', 'done') OR (approved_by_id IS NOT NULL AND requested_by_id IS NOT NULL"
        " AND approved_by_id != requested_by_id))",
        "Nobody approves a privacy request that they submitted.",
    )
    _check_handover = models.Constraint(
        "CHECK (kind != 'handover' OR state IN ('draft', 'refused')"
        " OR (handover_to_id IS NOT NULL AND legal_basis IS NOT NULL))",
        "A hand-over says to whom, and on what legal basis.",
    )

    @api.depends("requested_on", "state")
    def _compute_deadline_date(self):
        for request in self:
            waiting = request.state in ("draft", "submitted", "approved")
            request.deadline_date = waiting and fields.Date.add(request.requested_on, days=ANSWER_DAYS)

    @api.constrains("partner_ids")
    def _check_end_customers(self):
        for request in self:
            parties = request.sudo().partner_ids._franchise_parties()
            if parties:
                raise ValidationError(
                    self.env._(
                        "%s is a user, a franchisee or a supplier, no end customer: their data is needed for contracts.",
                        parties[0].display_name,
                    )
                )

    def action_fill_customers(self):
        """Take all end customers of the terminated contract's outlets.

        :raises UserError: the request belongs to no termination.
        """
        for request in self:
            if not request.termination_id:
                raise UserError(self.env._("%s: choose the termination first.", request.name))
            outlets = request.termination_id.contract_id.with_context(active_test=False).outlet_ids
            request.partner_ids = self.env["res.partner"].search([("franchise_outlet_id", "in", outlets.ids)])
        return True

    def action_submit(self):
        """Hand in for approval. :raises UserError: nobody is named, or the data of somebody is under a legal hold."""
        self._check_transition("submit")
        for request in self:
            if not request.partner_ids:
                raise UserError(self.env._("%s names no customer.", request.name))
            if request.kind == "handover" and not (request.handover_to_id and request.legal_basis):
                raise UserError(self.env._("%s: say to whom the data goes, and on what legal basis.", request.name))
            request._check_no_hold()
            request._move("submit", {"requested_by_id": self.env.uid, "partner_count": len(request.partner_ids)})
        return True

    def action_approve(self):
        """Approve as a second person. :raises UserError: the user submitted it, or there is a legal hold."""
        self._check_transition("approve")
        for request in self:
            if request.requested_by_id == self.env.user:
                raise UserError(self.env._("%s: nobody approves a privacy request that they submitted.", request.name))
            request._check_no_hold()
        return self._move("approve", {"approved_by_id": self.env.uid})

    def action_refuse(self):
        """Refuse: nothing is done."""
        return self._move("refuse")

    def action_execute(self):
        """Do what was approved. :raises UserError: there is a legal hold."""
        self._check_transition("execute")
        for request in self:
            request._check_no_hold()
            values = getattr(request.sudo(), f"_execute_{request.kind}")()
            request.sudo()._move("execute", {"done_on": fields.Date.context_today(request), **values})
        return True

    def _check_no_hold(self):
        """:raises UserError: data of one of the customers must be kept for proceedings (not asked for exports)."""
        self.ensure_one()
        if self.kind == "export":
            return
        held = (
            self.env["franchise.legal.document"]
            .sudo()
            .search([("legal_hold", "=", True), ("partner_id", "child_of", self.partner_ids.ids)], limit=1)
        )
        if held:
            raise UserError(
                self.env._(
                    "%(request)s: data of a customer is under the legal hold of “%(document)s” and has to stay as it is.",
                    request=self.name,
                    document=held.name,
                )
            )

    def _execute_export(self):
        content, counts = self.partner_ids._franchise_export()
        name = self.env._("%s personal data.zip", self.name.replace("/", "-"))
        return {"export_file": content, "export_name": name, **self._prepare_log(counts)}

    def _execute_handover(self):
        values = self._execute_export()
        self.partner_ids.write({"franchise_outlet_id": self.handover_outlet_id.id})
        return values

    def _execute_anonymise(self):
        values = self._prepare_log(self.partner_ids._franchise_reference_counts())
        self._drop_exports()
        self.partner_ids._franchise_anonymise()
        return values

    def _execute_erase(self):
        values = self._prepare_log(self.partner_ids._franchise_reference_counts())
        self._drop_exports()
        self.partner_ids._franchise_erase()
        return values

    def _drop_exports(self):
        """Exports made before hold the data in clear: they go with it."""
        earlier = self.sudo().search([("partner_ids", "in", self.partner_ids.ids), ("export_file", "!=", False)])
        earlier._trusted().write({"export_file": False})

    def _prepare_log(self, counts):
        """The log of one execution: numbers of records, no name, no address; also in Odoo's own privacy log."""
        text = "\n".join(f"{self.env['ir.model']._get(model).name}: {count}" for model, count in sorted(counts.items()))
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        log = self.env["privacy.log"].create(
            {
                "anonymized_name": self.name,
                "anonymized_email": "nobody@example.invalid",
                "user_id": self.env.uid,
                "execution_details": f"{kinds[self.kind]}: {len(self.partner_ids)}",
                "records_description": text,
                "additional_note": self.name,
            }
        )
        return {"result": text, "log_id": log.id}
