import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..base.document import Transition
from ..contract.contract import FranchiseContract as Base

GROUP_CONTRACT = "franchise_aftersales.group_contract"
MODULE = "franchise_aftersales"
REPORT = f"{MODULE}.action_report_contract"
# What discussions and Odoo itself keep on a record is no term.
NOT_AGREED = ("message_", "activity_", "rating_", "website_message_", "access_token")
UNSPOKEN = frozenset({"id", "create_uid", "create_date", "write_uid", "write_date"})
PARTIES = ("franchisor", "franchisee")


class FranchiseContract(models.Model):
    """Signature by both parties: offered in the portal, signed there, archived as a PDF (R-A11).

    Draft → out for signature (terms frozen; the franchisee is mailed a link) → signed, by the second signature itself.
    What was signed on paper goes from draft to signed, recorded and confirmed by two people (`contract_paper.py`).
    """

    _name = "franchise.contract"
    _inherit = ["franchise.contract", "franchise.archived.mixin", "franchise.portal.document.mixin"]

    _transitions = {
        **Base._transitions,
        "offer": Transition(("draft",), "offered", GROUP_CONTRACT),
        "recall": Transition(("offered",), "draft", GROUP_CONTRACT),
        "sign": Base._transitions["sign"]._replace(sources=("draft", "offered")),
    }
    _evidence_fields = ("scan_ids",)
    _step_fields = frozenset(
        {
            "archive_id",
            "archive_sha256",
            "offered_at",
            "offered_by_id",
            "offered_sha256",
            "transferred_to_id",
        }
    )

    state = fields.Selection(
        selection_add=[("draft",), ("offered", "Out for Signature"), ("signed",)], ondelete={"offered": "set default"}
    )
    note = fields.Html(groups="base.group_user")
    offered_at = fields.Datetime(string="Offered On", readonly=True, copy=False)
    offered_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    offered_sha256 = fields.Char(string="SHA-256 of the Terms", readonly=True, copy=False)
    signature_ids = fields.One2many(
        "franchise.signature",
        "contract_id",
        string="Signatures",
        readonly=True,
        copy=False,
        domain=[("is_void", "=", False)],
    )
    scan_ids = fields.Many2many(
        "ir.attachment",
        "franchise_contract_scan_rel",
        string="Signed Scan",
        copy=False,
        help="The contract as it was signed on paper; kept as evidence from the signature on.",
    )
    transferred_to_id = fields.Many2one("franchise.contract", string="Handed Over To", readonly=True, copy=False)

    def _compute_access_url(self):
        for contract in self:
            contract.access_url = f"/my/franchise/contracts/{contract.id}"

    def write(self, vals):
        result = super().write(vals)
        if "scan_ids" in vals:
            for contract in self.filtered(lambda contract: contract.state in ("signed", "ended")):
                contract._keep_files(contract.scan_ids)
        return result

    def action_offer(self):
        """Offer the contract for signature: its terms are frozen, the franchisee is mailed a link to the portal.

        :raises UserError: the contract can't be signed yet, or the franchisee can't be reached.
        """
        self._check_transition("offer")
        self._check_can_sign()
        for contract in self:
            contract._check_offer()
            contract._move(
                "offer",
                {
                    "offered_at": fields.Datetime.now(),
                    "offered_by_id": self.env.uid,
                    "offered_sha256": contract._terms_sha256(),
                },
            )
            contract.sudo()._portal_ensure_token()
            contract._mail_offer()
        return True

    def _check_offer(self):
        self.ensure_one()
        if not self.outlet_ids:
            raise UserError(self.env._("%s names no outlet: add the stores that it covers, then offer it.", self.name))
        if not self.franchisee_id.email:
            raise UserError(
                self.env._(
                    "%(contract)s: %(partner)s has no e-mail address for the link to the portal. Enter one, or sign on paper.",
                    contract=self.name,
                    partner=self.franchisee_id.display_name,
                )
            )

    def _mail_offer(self):
        self.ensure_one()
        template = self.env.ref(f"{MODULE}.mail_contract_offered").sudo()
        template.send_mail(self.id)
        self.message_post(
            body=self.env._("Offered for signature to %s.", self.franchisee_id.email), subtype_xmlid="mail.mt_note"
        )

    def action_recall(self):
        """Take the offer back, to change the terms; signatures given so far are void."""
        self._move("recall", {"offered_at": False, "offered_by_id": False, "offered_sha256": False})
        # The link that went out opens nothing any more: the next offer may go to somebody else.
        self.sudo().access_token = False
        for contract in self:
            void = contract.sudo().signature_ids
            void._trusted_write({"is_void": True})
            contract.message_post(
                body=self.env._(
                    "The offer was recalled. Void signatures: %s", ", ".join(void.mapped("name")) or self.env._("none")
                ),
                subtype_xmlid="mail.mt_note",
            )
        self.invalidate_recordset(["signature_ids"])
        return True

    def action_sign(self):
        """Sign: from draft on paper, from an offer when both parties have signed it.

        :raises UserError: a party's signature is missing, or the terms are not those that were offered.
        """
        offered = self.filtered(lambda contract: contract.state == "offered")
        for contract in offered:
            contract._check_signed_by_both()
        paper = self.filtered(lambda contract: contract.state == "draft")
        result = super().action_sign()
        paper._record_paper()
        for contract in offered:
            name = self.env._("Contract %s", contract.name).replace("/", "-")
            contract._archive_print(REPORT, f"{name}.pdf")
            contract.message_post(
                body=self.env._("Signed by both parties. SHA-256 of the document: %s", contract.archive_sha256),
                subtype_xmlid="mail.mt_note",
            )
        return result

    def _check_signed_by_both(self):
        self.ensure_one()
        signed = set(self.sudo().signature_ids.mapped("party"))
        missing = [party for party in PARTIES if party not in signed]
        if missing:
            labels = dict(self.env["franchise.signature"]._fields["party"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(contract)s is out for signature and lacks that of: %(parties)s.",
                    contract=self.name,
                    parties=", ".join(labels[party] for party in missing),
                )
            )
        self._check_terms_as_offered()

    def _check_terms_as_offered(self):
        self.ensure_one()
        if self._terms_sha256() != self.offered_sha256:
            raise UserError(
                self.env._(
                    "The terms of %s have changed since it was offered: recall the offer and make a new one.", self.name
                )
            )

    def _record_paper(self):
        """Signatures on paper, as the people in charge state them; the scans are evidence from now on."""
        rows = []
        for contract in self:
            names = {"franchisor": self.env.user.name, "franchisee": contract.franchisee_id.name}
            rows += [
                {
                    "contract_id": contract.id,
                    "party": party,
                    "name": names[party],
                    "signed_at": fields.Datetime.to_datetime(contract.date_sign),
                    "method": "paper",
                    "user_id": self.env.uid,
                }
                for party in PARTIES
            ]
            contract._keep_files(contract.scan_ids)
        self.env["franchise.signature"].sudo()._record(rows)
        self.invalidate_recordset(["signature_ids"])

    def _sign_as(self, party, name, image, ip, author=None):
        """Sign the offer for a party, by a drawn signature; the second one completes the contract.

        :param party: "franchisor" or "franchisee". :param image: drawn signature in base64. :param ip: the signer's address.
        :param author: partner under whose name the step is told in the chatter.
        :return: True when this signature is new, False when the party has signed before (nothing is done then).
        :raises UserError: the contract isn't out for signature, or the terms have changed.
        """
        self.ensure_one()
        self.lock_for_update()
        if party in self.sudo().signature_ids.filtered(lambda signature: signature.method == "drawn").mapped("party"):
            return False
        self._check_to_sign()
        self._check_terms_as_offered()
        if not (name or "").strip() or not image:
            raise UserError(self.env._("Enter your name and draw your signature."))
        self.env["franchise.signature"].sudo()._record(
            [
                {
                    "contract_id": self.id,
                    "party": party,
                    "name": name.strip(),
                    "signed_at": fields.Datetime.now(),
                    "method": "drawn",
                    "image": image,
                    "ip": ip,
                    "user_id": self.env.uid,
                    "terms_sha256": self.offered_sha256,
                }
            ]
        )
        self.invalidate_recordset(["signature_ids"])
        labels = dict(self.env["franchise.signature"]._fields["party"]._description_selection(self.env))
        self.sudo().message_post(
            body=self.env._("Signed for the %(party)s by %(name)s.", party=labels[party], name=name.strip()),
            author_id=(author or self.env.user.partner_id).id,
            subtype_xmlid="mail.mt_note",
        )
        if {*PARTIES} <= set(self.sudo().signature_ids.mapped("party")):
            self.action_sign()
        return True

    def _check_to_sign(self):
        self.ensure_one()
        if self.state != "offered":
            raise UserError(self.env._("%s is not out for signature.", self.name))

    def action_preview(self):
        """Open the page on which the parties read and sign the contract."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "target": "self", "url": self.get_portal_url()}

    def action_view_end_terms(self):
        """Open the versions of the terms with what they say on transfers, heirs and assets."""
        self.ensure_one()
        form = self.env.ref(f"{MODULE}.franchise_contract_version_view_form_end")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Terms of Transfer and End"),
            "res_model": "franchise.contract.version",
            "views": [(False, "list"), (form.id, "form")],
            "domain": [("contract_id", "=", self.id)],
            "context": {"create": False},
        }

    def _document_terms(self):
        """The version that the printed contract shows: in force at its start (or today), else the latest draft."""
        self.ensure_one()
        day = max(self.date_start, min(fields.Date.context_today(self), self.date_end))
        versions = self.env["franchise.contract.version"].sudo()
        found = versions._in_force_on([(self.id, day)]).get((self.id, day))
        return found or versions.search([("contract_id", "=", self.id)], order="number desc", limit=1)

    def _document_clauses(self):
        """Clauses in the order in which they are printed."""
        self.ensure_one()
        return self.sudo()._current_clauses()

    def _document_annexes(self):
        """Names of the annexes, as they are listed in the printed contract."""
        self.ensure_one()
        return self.sudo().annex_ids.mapped("display_name")

    def _terms_rows(self):
        """What the parties agree on, as rows of plain values: head, outlets, versions of terms, clauses, annexes."""
        self.ensure_one()
        contract = self.sudo().with_context(lang=None)
        rows = [["contract", *self._plain(contract, [*sorted(Base._frozen_fields - {"date_sign"}), "date_end"])]]
        outlets = contract.with_context(active_test=False).outlet_ids.sorted("id")
        rows += [["outlet", *self._plain(outlet, ("code", "name", "address_id"))] for outlet in outlets]
        versions = self.env["franchise.contract.version"].sudo().search([("contract_id", "=", self.id)], order="id")
        rows += [["terms", *self._plain(version, sorted(version._get_frozen_fields()))] for version in versions]
        clauses = contract._document_clauses()
        rows += [["clause", *self._plain(clause, ("number", "name", "kind", "text"))] for clause in clauses]
        return rows + [["annex", name] for name in contract._document_annexes()]

    @api.model
    def _plain(self, record, names):
        """[[name, value as text, ids or rows]], without what documents or Odoo's discussions write by themselves."""
        own = record._declared("_step_fields") if "state" in record._fields else frozenset()
        found = []
        for name in names:
            field = record._fields[name]
            if name in own or name.startswith(NOT_AGREED):
                continue
            if field.type == "one2many":
                rows = record[name]
                entered = sorted(n for n, f in rows._fields.items() if f.store and not f.compute and n not in UNSPOKEN)
                entered = [n for n in entered if rows._fields[n].type not in ("one2many", "many2many")]
                found.append([name, [self._plain(row, entered) for row in rows.sorted("id")]])
            elif field.relational:
                found.append([name, record[name].ids])
            else:
                found.append([name, str(record[name])])
        return found

    def _terms_sha256(self):
        """SHA-256 over the terms: whoever signs, signs these; any later change shows."""
        text = json.dumps(self._terms_rows(), ensure_ascii=False, default=str, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._("Contract %s", self.name).replace("/", "-")

    @api.model
    def _portal_domain(self, partner):
        """Contracts that a portal user's company may see: offered or later, its own."""
        return Domain("franchisee_id", "child_of", partner.commercial_partner_id.id) & Domain(
            "state", "in", ("offered", "signed", "ended")
        )
