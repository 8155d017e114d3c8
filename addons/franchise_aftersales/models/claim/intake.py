import logging

import psycopg2
from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.intake_text import read
from ..base.document import Transition

_logger = logging.getLogger(__name__)

GROUP_SERVICE = "franchise_aftersales.group_service"
# What a sender wrote stays as it came.
RAW_FIELDS = frozenset({"email_from", "subject", "body", "received_at"})


class FranchiseClaimIntake(models.Model):
    """What somebody asks us before it is a claim: an e-mail, or a letter or call that staff write down (R-D1).

    A claim needs a contract, an outlet, a supplier and a cause; what a message says of them is read as a proposal and staff
    complete it. New → made into a claim, to which the conversation and its files go, or refused with a reason. The sender's
    address proves nothing, so no request goes further than a draft by itself.
    """

    _name = "franchise.claim.intake"
    _description = "Claim Request"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _number_sequence = "franchise.claim.intake"
    _primary_email = "email_from"
    _mail_post_access = "read"

    _transitions = {
        "claim": Transition(("new",), "claimed", GROUP_SERVICE),
        "refuse": Transition(("new",), "refused", GROUP_SERVICE),
        "reopen": Transition(("refused",), "new", GROUP_SERVICE),
    }
    _editable_states = ("new",)
    _frozen_fields = RAW_FIELDS | {
        "company_id",
        "partner_id",
        "contract_id",
        "outlet_id",
        "supplier_id",
        "cause_id",
        "bill_id",
        "invoice_line_id",
        "lot",
        "refuse_reason",
    }
    _step_fields = frozenset({"source", "claim_id"})

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [("new", "New"), ("claimed", "Made a Claim"), ("refused", "Refused")],
        string="Status",
        default="new",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    source = fields.Selection(
        [("email", "E-mail"), ("staff", "Written down by staff")], default="staff", required=True, readonly=True
    )
    email_from = fields.Char(string="Sender", index="trigram", help="As the message says; it isn't verified.")
    subject = fields.Char(required=True)
    body = fields.Text(string="What They Say", help="The text without its layout; the message below has that.")
    received_at = fields.Datetime(string="Received", required=True, default=fields.Datetime.now, index=True)
    user_id = fields.Many2one("res.users", string="Assigned To", domain="[('share', '=', False)]", tracking=True)
    partner_id = fields.Many2one("res.partner", string="Who It Is", ondelete="restrict")
    contract_id = fields.Many2one(
        "franchise.contract",
        check_company=True,
        ondelete="restrict",
        domain="[('state', 'in', ('signed', 'ended')), ('company_id', '=', company_id)]",
    )
    outlet_id = fields.Many2one(
        "franchise.outlet", check_company=True, ondelete="restrict", domain="[('contract_id', '=', contract_id)]"
    )
    bill_id = fields.Many2one(
        "account.move",
        string="Supplier's Bill",
        check_company=True,
        ondelete="restrict",
        domain="[('move_type', '=', 'in_invoice'), ('state', '=', 'posted'), ('company_id', '=', company_id)]",
    )
    invoice_line_id = fields.Many2one(
        "account.move.line",
        string="Bill Line",
        ondelete="restrict",
        domain="[('move_id', '=', bill_id), ('display_type', '=', 'product')]",
    )
    supplier_id = fields.Many2one(
        "res.partner",
        compute="_compute_supplier_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
    )
    cause_id = fields.Many2one("franchise.cause", ondelete="restrict")
    lot = fields.Char(string="Lot/Serial")
    claim_id = fields.Many2one(
        "franchise.claim", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    refuse_reason = fields.Char(string="Reason for Refusal", copy=False, tracking=True)

    _check_claimed = models.Constraint(
        "CHECK ((state = 'claimed') = (claim_id IS NOT NULL))", "A request is a claim when it has become one."
    )
    _check_refused = models.Constraint(
        "CHECK (state != 'refused' OR COALESCE(refuse_reason, '') != '')", "A request is refused with a reason."
    )

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for intake in self:
            intake.display_name = f"{intake.name} {intake.subject or ''}".strip()

    @api.depends("bill_id")
    def _compute_supplier_id(self):
        for intake in self:
            intake.supplier_id = intake.bill_id.partner_id or intake.supplier_id

    def write(self, vals):
        if RAW_FIELDS.intersection(vals) and not self._is_moving() and set(self.mapped("source")) - {"staff"}:
            raise UserError(self.env._("What a sender wrote stays as it came: add a note instead."))
        return super().write(vals)

    def action_claim(self):
        """Make each request a draft claim with what could be read, and take the conversation and files there.

        :return: the action that opens the claims.
        :raises UserError: a claim would lack something, which the message lists.
        """
        self._check_transition("claim")
        sentences = [
            self.env._("%(request)s lacks: %(fields)s. Choose them first.", request=intake.name, fields=missing)
            for intake in self
            if (missing := ", ".join(intake._lacking()))
        ]
        if sentences:
            raise UserError("\n".join(sentences))
        claims = self._make_claims()
        action = {"type": "ir.actions.act_window", "res_model": "franchise.claim", "name": self.env._("Claims")}
        if len(claims) == 1:
            return {**action, "view_mode": "form", "res_id": claims.id}
        return {**action, "view_mode": "list,form", "domain": [("id", "in", claims.ids)]}

    def action_refuse(self):
        """Refuse. :raises UserError: no reason is given."""
        for intake in self:
            if not intake.refuse_reason:
                raise UserError(self.env._("%s: say why the request is refused.", intake.name))
        return self._move("refuse")

    def action_reopen(self):
        """Look at a refused request again."""
        return self._move("reopen")

    def action_view_claim(self):
        """Open the claim that it became."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.claim",
            "res_id": self.claim_id.id,
            "view_mode": "form",
        }

    def action_read(self):
        """Read sender and text again, e.g. after the sender's address was entered; what staff chose stays."""
        open_ones = self.filtered(lambda intake: intake.state == "new")
        for intake, found in open_ones._proposals().items():
            intake.write({name: value for name, value in found.items() if not intake[name]})
        return True

    def _lacking(self):
        """Labels of what a claim needs and this request doesn't have."""
        self.ensure_one()
        needed = ("contract_id", "outlet_id", "supplier_id", "cause_id")
        return [self._fields[name]._description_string(self.env) for name in needed if not self[name]]

    def _make_claims(self):
        claims = (
            self.env["franchise.claim"]
            ._trusted()
            .create([intake._prepare_claim() for intake in self])
            .with_env(self.env)
        )
        for intake, claim in zip(self, claims, strict=True):
            intake._move("claim", {"claim_id": claim.id})
            intake._hand_over(claim)
        self._message_log_batch(
            {
                intake.id: self.env._("Made claim %s. The conversation goes on there.", intake.claim_id.name)
                for intake in self
            }
        )
        return claims

    def _prepare_claim(self):
        """Values of the draft claim; its dates are those of the request until somebody knows better."""
        self.ensure_one()
        day = fields.Datetime.context_timestamp(self, self.received_at).date()
        values = {
            "source": "email" if self.source == "email" else "form",
            "company_id": self.company_id.id,
            "contract_id": self.contract_id.id,
            "outlet_id": self.outlet_id.id,
            "supplier_id": self.supplier_id.id,
            "cause_id": self.cause_id.id,
            "event_date": day,
            "discovery_date": day,
            "reported_date": day,
            "description": "\n".join(text for text in (self.subject, self.body) if text),
            "user_id": self.user_id.id or (False if self.env.su else self.env.uid),
        }
        if self.invoice_line_id:
            values["line_ids"] = [
                fields.Command.create({"invoice_line_id": self.invoice_line_id.id, "lot": self.lot, "quantity": 1})
            ]
        return values

    def _hand_over(self, claim):
        """The conversation and its files go to the claim; a later reply to any of it finds the claim."""
        self.ensure_one()
        messages = self.env["mail.message"].sudo()
        here = [("model", "=", self._name), ("res_id", "=", self.id)]
        messages.search([*here, ("message_type", "in", ("email", "comment", "email_outgoing"))]).write(
            {"model": claim._name, "res_id": claim.id}
        )
        files = self.env["ir.attachment"].sudo()
        files.search([("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", False)]).write(
            {"res_model": claim._name, "res_id": claim.id}
        )

    def _claim_at_once(self):
        """Make a request a draft claim when nothing is missing; whatever stands in the way leaves it in the queue."""
        self.ensure_one()
        company = self.company_id
        if not company.franchise_intake_auto:
            return
        if not self.cause_id:
            self.cause_id = company.franchise_intake_cause_id or self.env.ref("franchise_aftersales.cause_other")
        if self._lacking():
            return
        try:
            with self.env.cr.savepoint():
                self._make_claims()
        except (UserError, psycopg2.IntegrityError) as error:
            _logger.info("%s stays a request: %s", self.name, error)
            self._message_log(body=self.env._("It could not be made a claim by itself: %s", error))

    def _proposals(self):
        """{request: values} read from senders and texts, field by field; as many queries for many as for one."""
        readings = {intake: read(f"{intake.subject or ''}\n{intake.body or ''}") for intake in self}
        senders = self._senders()
        bills = self._bills_named(readings)
        found = {}
        for intake, reading in readings.items():
            partner, outlet, contract = senders[intake]
            bill = bills[intake]
            found[intake] = {
                "partner_id": partner.id,
                "contract_id": contract.id,
                "outlet_id": outlet.id,
                "bill_id": bill.id,
                "supplier_id": bill.partner_id.id,
                "invoice_line_id": intake._line_named(bill, reading).id,
                "lot": reading.lots[0] if reading.lots else False,
            }
        return found

    def _senders(self):
        """{request: (partner, outlet, contract)}; each is empty where the address doesn't lead to exactly one."""
        addresses = {intake: self._normalized(intake.email_from) for intake in self}
        partners = (
            self.env["res.partner"]
            .sudo()
            .search([("email_normalized", "in", [address for address in addresses.values() if address])])
        )
        companies = partners.commercial_partner_id
        outlets = (
            self.env["franchise.outlet"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("contract_id.state", "in", ("signed", "ended")),
                    "|",
                    ("address_id", "in", partners.ids),
                    ("franchisee_id", "child_of", companies.ids),
                ]
            )
        )
        found = {}
        for intake, address in addresses.items():
            senders = partners.filtered(
                lambda partner, address=address, company=intake.company_id: (
                    address
                    and partner.email_normalized == address
                    and (not partner.company_id or partner.company_id == company)
                )
            )
            own = outlets.filtered(lambda outlet, company=intake.company_id: outlet.company_id == company)
            at_address = own.filtered(lambda outlet, senders=senders: outlet.address_id in senders)
            by_owner = own.filtered(
                lambda outlet, senders=senders: (
                    outlet.franchisee_id.commercial_partner_id in senders.commercial_partner_id
                )
            )
            fitting = at_address or by_owner
            contract = fitting.contract_id
            signed = contract.filtered(lambda contract: contract.state == "signed")
            contract = signed if len(signed) == 1 else contract
            fitting = fitting.filtered(lambda outlet, contract=contract: outlet.contract_id in contract)
            found[intake] = tuple(
                records if len(records) == 1 else records.browse() for records in (senders, fitting, contract)
            )
        return found

    def _bills_named(self, readings):
        """{request: the one posted vendor bill whose number, ours or the supplier's, stands in its text}."""
        numbers = {number for reading in readings.values() for number in reading.numbers}
        bills = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("move_type", "=", "in_invoice"),
                    ("state", "=", "posted"),
                    ("company_id", "in", self.company_id.ids),
                    "|",
                    ("name", "in", list(numbers)),
                    ("ref", "in", list(numbers)),
                ]
            )
        )
        found = {}
        for intake, reading in readings.items():
            named = bills.filtered(
                lambda bill, company=intake.company_id, numbers=reading.numbers: (
                    bill.company_id == company and (bill.name in numbers or bill.ref in numbers)
                )
            )
            found[intake] = named if len(named) == 1 else named.browse()
        return found

    @api.model
    def _line_named(self, bill, reading):
        """The bill's only line, or the one whose product's code stands in the text."""
        lines = bill.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        if len(lines) > 1:
            lines = lines.filtered(
                lambda line: {line.product_id.default_code, line.product_id.barcode} & set(reading.numbers)
            )
        return lines if len(lines) == 1 else lines.browse()
