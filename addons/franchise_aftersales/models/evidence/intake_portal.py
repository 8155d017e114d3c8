import logging
import re

import psycopg2
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from .claim_portal import MAX_FILES
from .intake_portal_form import LONGEST

_logger = logging.getLogger(__name__)

SUBMISSION = re.compile(r"[0-9a-f]{32}")
PHOTO_KIND = "franchise_aftersales.evidence_damage_photos"
OTHER_KIND = "franchise_aftersales.evidence_problem_record"


class FranchiseClaimIntake(models.Model):
    """What a franchisee asks in the portal (R-D1): who they are is known, what they bought is read from their invoices.

    The supplier follows from the bill on which we bought the product before we sold it. Where that is known the request is a draft
    claim at once, with its photos as evidence; everything else waits for staff like any request.
    """

    _inherit = "franchise.claim.intake"

    _frozen_fields = frozenset(
        {"event_date", "discovery_date", "delivery_date", "quantity", "batch", "previous_product", "delivery_reference"}
    )
    _step_fields = frozenset({"submission", "sold_line_id", "no_duplicate_reason"})

    source = fields.Selection(selection_add=[("portal", "Portal")], ondelete={"portal": "cascade"})
    submission = fields.Char(
        readonly=True, copy=False, help="Of the form in the portal that was sent: sent twice it is one request."
    )
    sold_line_id = fields.Many2one(
        "account.move.line",
        string="Franchisee's Invoice Line",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        help="Line of our invoice on which the franchisee bought the goods.",
    )
    event_date = fields.Date()
    discovery_date = fields.Date()
    delivery_date = fields.Date(help="When the goods arrived.")
    quantity = fields.Float(default=1.0, digits="Product Unit")
    batch = fields.Char(string="Production Batch")
    previous_product = fields.Char(string="Used Before")
    delivery_reference = fields.Char()
    no_duplicate_reason = fields.Char(string="Why They Say It Is No Duplicate", readonly=True, copy=False)

    _unique_submission = models.UniqueIndex("(submission) WHERE submission IS NOT NULL", "This form was sent already.")

    @api.model
    def _portal_outlets(self, partner):
        """Outlets (with all rights) for which the franchisee `partner` can claim: those of contracts that were signed."""
        return (
            self.env["franchise.outlet"]
            .sudo()
            .search(
                [
                    ("franchisee_id", "child_of", partner.commercial_partner_id.id),
                    ("contract_id.state", "in", ("signed", "ended")),
                ]
            )
        )

    @api.model
    def _portal_causes(self):
        """What can have happened (with all rights): causes with no cause below them, in the order of the tree."""
        return self.env["franchise.cause"].sudo().search([("child_ids", "=", False)])

    @api.model
    def _portal_goods_domain(self, partner, text=""):
        """Lines of our invoices on which the franchisee `partner` bought goods, newest first by their order.

        :param text: part of the goods' name, code or barcode, or of the invoice's number.
        """
        domain = Domain(
            [
                ("parent_state", "=", "posted"),
                ("move_id.move_type", "=", "out_invoice"),
                ("display_type", "=", "product"),
                ("quantity", ">", 0),
                ("move_id.franchise_settlement_id", "=", False),
                ("move_id.commercial_partner_id", "child_of", partner.commercial_partner_id.id),
                ("company_id", "in", self._portal_outlets(partner).company_id.ids),
            ]
        )
        text = (text or "").strip()[:LONGEST]
        if text:
            names = ("name", "product_id.name", "product_id.default_code", "product_id.barcode", "move_id.name")
            domain &= Domain.OR([[(name, "ilike", text)] for name in names])
        return domain

    @api.model
    def _submit_in_portal(self, partner, submission, values, files=()):
        """Take what the franchisee `partner` sends in the portal: a draft claim where nothing is missing, else a request.

        :param submission: 32 hexadecimal digits of the form that was sent; the same again changes nothing.
        :param values: what was typed, as text: outlet_id, cause_id, sold_line_id or product, quantity, event_date, discovery_date,
            delivery_date ("2026-11-30"), description, and the names of `TEXTS`.
        :param files: [(name, content as bytes)]
        :return: the request (with all rights); its `claim_id` is the claim, where it became one.
        :raises UserError: one sentence a line about everything that is wrong.
        """
        intakes = self.sudo()
        if not SUBMISSION.fullmatch(submission or ""):
            raise UserError(self.env._("This form is out of date: open it again."))
        if known := intakes._portal_sent(partner, submission):
            return known
        prepared = intakes._portal_values(partner, values)
        company = self.env["res.company"].sudo().browse(prepared["company_id"])
        intakes = intakes.with_company(company)
        files = [(str(name or ""), bytes(content)) for name, content in files]
        intakes._check_portal_files(company, files)
        intakes._check_portal_duplicate(partner, prepared)
        with self.env.cr.savepoint():
            intake = intakes._trusted().create(
                {
                    **prepared,
                    "source": "portal",
                    "submission": submission,
                    "partner_id": partner.id,
                    "email_from": partner.email_formatted or partner.name,
                }
            )
            intake = intake.with_env(intakes.env)
            intake._claim_from_portal(files, partner)
        return intake

    @api.model
    def _portal_sent(self, partner, submission):
        """The request (with all rights) that this form of the franchisee `partner` became; empty when it was never sent."""
        return self.sudo().search(
            [("submission", "=", submission or ""), ("partner_id", "child_of", partner.commercial_partner_id.id)]
        )

    def _claim_from_portal(self, files, partner):
        """Make the request a claim when nothing is missing; whatever stands in the way leaves it in the queue, with its files."""
        self.ensure_one()
        if not self._lacking():
            try:
                with self.env.cr.savepoint():
                    claim = self._make_claims()
                    claim._portal_add_first_evidence(files, partner)
                return
            except (UserError, psycopg2.IntegrityError) as error:
                _logger.info("%s stays a request: %s", self.name, error)
                self._message_log(body=self.env._("It could not be made a claim by itself: %s", error))
        self._stage_files(files)

    def _stage_files(self, files):
        """Keep files with the request until it becomes a claim; as evidence is kept, without where they were taken."""
        probe = self.env["franchise.claim.evidence"].new({"claim_id": False, "company_id": self.company_id.id})
        probe.company_id = self.company_id
        self.env["ir.attachment"].sudo().with_context(image_no_postprocess=True).create(
            [
                {
                    name: value
                    for name, value in {
                        **probe._prepare_file(*file),
                        "res_model": self._name,
                        "res_id": self.id,
                    }.items()
                    if name in ("name", "raw", "mimetype", "res_model", "res_id")
                }
                for file in files
            ]
        )

    def _hand_over(self, claim):
        """Photos that came with a request of the portal are evidence of its claim; what is none goes along as a file."""
        if self.source == "portal":
            here = [("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", False)]
            staged = self.env["ir.attachment"].sudo().search(here)
            try:
                with self.env.cr.savepoint():
                    files = [(file.name, file.raw) for file in staged]
                    claim.sudo()._portal_add_first_evidence(files, self.partner_id)
                    staged.unlink()
            except UserError as error:
                claim.sudo()._message_log(body=str(error))
        return super()._hand_over(claim)

    def _prepare_claim(self):
        values = super()._prepare_claim()
        if self.source != "portal":
            return values
        day = fields.Datetime.context_timestamp(self, self.received_at).date()
        event = min(self.event_date or day, day)
        values.update(
            source="portal",
            description=self.body,
            event_date=event,
            discovery_date=max(event, min(self.discovery_date or day, day)),
            delivery_date=self.delivery_date,
            previous_product=self.previous_product,
            delivery_reference=self.delivery_reference,
            invoice_reference=self.sudo().sold_line_id.move_id.name,
            duplicate_reason=self._portal_duplicate_reason(),
        )
        if self.invoice_line_id:
            line = {"invoice_line_id": self.invoice_line_id.id, "lot": self.lot, "batch": self.batch}
            values["line_ids"] = [Command.create({**line, "quantity": self.quantity or 1})]
        return values

    def _portal_duplicate_reason(self):
        """What the franchisee says of claims like this one, where all of those are their own; others are staff's to explain."""
        alike = self._claims_alike(
            self.company_id,
            self.cause_id,
            self.lot,
            self.invoice_line_id.sudo().product_id or self.sold_line_id.product_id,
        )
        family = self.partner_id.commercial_partner_id
        strangers = alike.filtered(lambda claim: claim.claimant_id.commercial_partner_id != family)
        return False if strangers else self.no_duplicate_reason

    @api.model
    def _claims_alike(self, company, cause, lot, product):
        """Claims (with all rights) about the same lot or serial and cause, as the claims' own rule finds them."""
        if not (lot or "").strip():
            return self.env["franchise.claim"].sudo()
        claim = (
            self.env["franchise.claim"]
            .sudo()
            .new(
                {
                    "company_id": company.id,
                    "cause_id": cause.id,
                    "line_ids": [Command.create({"lot": lot, "product_id": product.id})],
                }
            )
        )
        return claim._find_duplicates()[claim]

    def _check_portal_duplicate(self, partner, values):
        """:raises UserError: the franchisee claimed the same before and doesn't say why this is another case."""
        if values.get("no_duplicate_reason"):
            return
        sold = self.env["account.move.line"].sudo().browse(values.get("sold_line_id") or ())
        bought = self.env["account.move.line"].sudo().browse(values.get("invoice_line_id") or ())
        alike = self._claims_alike(
            self.env["res.company"].sudo().browse(values["company_id"]),
            self.env["franchise.cause"].sudo().browse(values["cause_id"]),
            values.get("lot"),
            bought.product_id or sold.product_id,
        )
        own = alike.filtered(
            lambda claim: claim.claimant_id.commercial_partner_id == partner.sudo().commercial_partner_id
        )
        if own:
            raise UserError(
                self.env._(
                    "You claimed the same lot or serial for the same cause already: %s. If this is another piece, say why it is no "
                    "repetition.",
                    ", ".join(own.mapped("name")),
                )
            )

    def _check_portal_files(self, company, files):
        """:raises UserError: there are too many files, or one is nothing that the company takes as evidence."""
        if len(files) > MAX_FILES:
            raise UserError(
                self.env._("At most %s files can be sent at a time: send the others afterwards.", MAX_FILES)
            )
        for name, content in files:
            company._check_evidence_size(name, len(content))
            company._check_evidence_type(name, content)


class FranchiseClaim(models.Model):
    _inherit = "franchise.claim"

    def _portal_add_first_evidence(self, files, partner):
        """Files that came with the claim: photos and videos as the photos that its checklist asks for, others as its record.

        :param files: [(name, content as bytes)], looked at before.
        """
        self.ensure_one()
        pictures, others = [], []
        for name, content in files:
            found = self.company_id._check_evidence_type(name, content)
            (pictures if found.kind in ("image", "video") else others).append((name, content))
        for kind, xmlid, given in (("photo", PHOTO_KIND, pictures), ("any", OTHER_KIND, others)):
            if given:
                asked = self.sudo().evidence_ids.type_id.filtered(lambda wanted, kind=kind: wanted.given_as == kind)
                usual = self.env.ref(xmlid, raise_if_not_found=False)
                types = self.env["franchise.evidence.type"].sudo()
                if usual and usual.sudo().active:
                    types = usual.sudo()
                chosen = asked[:1] or types or types.search([("given_as", "in", (kind, "any"))], limit=1)
                self._portal_add_evidence(chosen, given, "", partner)
