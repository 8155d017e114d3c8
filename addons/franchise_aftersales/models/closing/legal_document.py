import hashlib

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..base.document import Transition
from .ir_attachment import DESTROYING

GROUP_CONTRACT = "franchise_aftersales.group_contract"
GROUP_MANAGER = "franchise_aftersales.group_manager"


class FranchiseLegalDocument(models.Model):
    """A paper that has to be kept: collected, archived until a day, destroyed lawfully by two people (R-B10).

    | step | who | what happens |
    | --- | --- | --- |
    | archive | contract manager | the file is fixed with its hash, the retention begins |
    | request | contract manager | destruction is asked for, with its method |
    | refuse | manager | it stays in the archive |
    | destroy | manager, not who asked | the file is removed, a certificate and the log stay |

    Neither the file nor anything attached to the document can be removed in any other way: see `ir_attachment.py`.
    """

    _name = "franchise.legal.document"
    _description = "Legal Document"
    _inherit = ["franchise.document.mixin", "franchise.deadline.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "received_on desc, id desc"
    _check_company_auto = True

    _transitions = {
        "archive": Transition(("collected",), "archived", GROUP_CONTRACT),
        "request": Transition(("archived",), "requested", GROUP_CONTRACT),
        "refuse": Transition(("requested",), "archived", GROUP_MANAGER),
        "destroy": Transition(("requested",), "destroyed", GROUP_MANAGER),
    }
    _editable_states = ("collected",)
    _frozen_fields = frozenset(
        {
            "name",
            "kind_id",
            "company_id",
            "contract_id",
            "termination_id",
            "agreement_id",
            "partner_id",
            "received_on",
            "file",
            "file_name",
        }
    )
    _step_fields = frozenset(
        {
            "sha256",
            "retention_until",
            "legal_hold",
            "hold_by_id",
            "hold_since",
            "requested_by_id",
            "requested_on",
            "approved_by_id",
            "destroyed_on",
            "certificate_number",
            "copies_left",
            "log_ids",
        }
    )

    name = fields.Char(string="Title", required=True)
    state = fields.Selection(
        [
            ("collected", "Collected"),
            ("archived", "Archived"),
            ("requested", "Destruction Requested"),
            ("destroyed", "Destroyed"),
        ],
        string="Status",
        default="collected",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    kind_id = fields.Many2one("franchise.legal.document.kind", required=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    contract_id = fields.Many2one("franchise.contract", index=True, ondelete="restrict", check_company=True)
    termination_id = fields.Many2one("franchise.termination", index=True, ondelete="restrict", check_company=True)
    agreement_id = fields.Many2one("franchise.service.agreement", index=True, ondelete="restrict", check_company=True)
    partner_id = fields.Many2one(
        "res.partner", string="Concerns", index=True, ondelete="restrict", help="Person or company that it is about."
    )
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    received_on = fields.Date(required=True, default=fields.Date.context_today)
    file = fields.Binary(attachment=True, copy=False)
    file_name = fields.Char(copy=False)
    sha256 = fields.Char(string="SHA-256", readonly=True, copy=False, help="Proves that the file is still the same.")
    backup_reference = fields.Char(help="Where the paper original or a second copy is kept.")
    retention_until = fields.Date(string="Keep Until", readonly=True, copy=False)
    legal_hold = fields.Boolean(readonly=True, copy=False, tracking=True)
    hold_reason = fields.Char(copy=False, tracking=True, help="Proceedings for which the document has to be kept.")
    hold_by_id = fields.Many2one("res.users", string="Legal Hold By", readonly=True, copy=False)
    hold_since = fields.Date(string="Held Since", readonly=True, copy=False)
    destruction_method = fields.Char(
        copy=False, tracking=True, help="How file and paper are destroyed, e.g. shredded to DIN 66399 level P-5."
    )
    requested_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    requested_on = fields.Date(string="Destruction Asked On", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", string="Destruction Approved By", readonly=True, copy=False)
    destroyed_on = fields.Date(readonly=True, copy=False)
    certificate_number = fields.Char(readonly=True, copy=False)
    copies_left = fields.Integer(
        readonly=True, copy=False, help="Other attachments with the same content when the file was destroyed."
    )
    log_ids = fields.One2many("franchise.legal.document.log", "document_id", readonly=True)

    _four_eyes = models.Constraint(
        "CHECK (approved_by_id IS NULL OR (requested_by_id IS NOT NULL AND approved_by_id != requested_by_id))",
        "Nobody approves a destruction that they asked for.",
    )
    _check_hold = models.Constraint(
        "CHECK (legal_hold IS NOT TRUE OR (hold_reason IS NOT NULL AND hold_by_id IS NOT NULL AND hold_since IS NOT NULL"
        " AND state != 'destroyed'))",
        "A legal hold has a reason and a person, and nothing under it is destroyed.",
    )
    _check_destroyed = models.Constraint(
        "CHECK (state != 'destroyed' OR (approved_by_id IS NOT NULL AND certificate_number IS NOT NULL"
        " AND destruction_method IS NOT NULL AND destroyed_on > retention_until))",
        "A document is destroyed after its retention, by an approved method, with a certificate.",
    )
    _unique_certificate = models.UniqueIndex("(certificate_number)", "This certificate number is taken.")

    @api.depends("state", "retention_until", "legal_hold")
    def _compute_deadline_date(self):
        for document in self:
            due = document.state == "archived" and not document.legal_hold
            document.deadline_date = document.retention_until if due else False

    @api.model_create_multi
    def create(self, vals_list):
        documents = super().create(vals_list)
        documents._remember_hash()
        documents._log("collected")
        return documents

    def write(self, vals):
        if {"hold_reason"}.intersection(vals) and not self._is_moving() and any(self.mapped("legal_hold")):
            raise UserError(self.env._("The reason for a legal hold stays as long as the hold."))
        if (
            "destruction_method" in vals
            and not self._is_moving()
            and {"requested", "destroyed"} & {*self.mapped("state")}
        ):
            raise UserError(self.env._("The method was part of the request for destruction: it stays."))
        result = super().write(vals)
        if "file" in vals and not self._is_moving():
            self._remember_hash()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_held(self):
        held = self.filtered("legal_hold")
        if held:
            raise UserError(self.env._("%s is under a legal hold: it can't be deleted.", held[0].name))

    def unlink(self):
        # The log of a document that was never archived goes with it.
        self.sudo().log_ids.unlink()
        return super().unlink()

    def _remember_hash(self):
        for document in self:
            document._trusted().sha256 = document._hash()

    def _hash(self):
        """SHA-256 of the file as hex text; False without a file."""
        self.ensure_one()
        content = self._file_attachment().raw
        return hashlib.sha256(content).hexdigest() if content else False

    def _file_attachment(self):
        """The attachment that holds the file."""
        self.ensure_one()
        return (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_field", "=", "file"), ("res_id", "=", self.id)], limit=1)
        )

    def _log(self, event, note=False):
        self.env["franchise.legal.document.log"].sudo().create(
            [{"document_id": document.id, "event": event, "note": note, "sha256": document.sha256} for document in self]
        )

    def _deadline_summary(self, passed):
        self.ensure_one()
        if passed:
            return self.env._("The retention of “%s” has ended: have it destroyed, or hold it.", self.name)
        return self.env._("The retention of “%s” ends soon.", self.name)

    def action_archive(self):
        """Archive: from here on the file is fixed and kept. :raises UserError: there is no file."""
        self._check_transition("archive")
        for document in self:
            if not document.sha256:
                raise UserError(self.env._("“%s” has no file yet: attach it, then archive.", document.name))
            document._move("archive", {"retention_until": document.kind_id._retention_end(document)})
        self._log("archived")
        return True

    def action_hold(self):
        """Put under legal hold: nothing of it is destroyed until a manager lifts it. :raises UserError: no reason."""
        self._check_group(GROUP_CONTRACT)
        for document in self:
            if document.state == "destroyed":
                raise UserError(self.env._("“%s” is destroyed: there is nothing left to hold.", document.name))
            if not document.hold_reason:
                raise UserError(self.env._("“%s”: give the reason for the hold first.", document.name))
        self._trusted().write(
            {"legal_hold": True, "hold_by_id": self.env.uid, "hold_since": fields.Date.context_today(self)}
        )
        for document in self:
            document._log("held", document.hold_reason)
        return True

    def action_release_hold(self):
        """Lift the legal hold; its reason stays in the log."""
        self._check_group(GROUP_MANAGER)
        for document in self.filtered("legal_hold"):
            document._log("released", document.hold_reason)
        self._trusted().write({"legal_hold": False, "hold_by_id": False, "hold_since": False, "hold_reason": False})
        return True

    def _check_group(self, group):
        if not self.env.su and not self.env.user.has_group(group):
            name = self.env.ref(group).sudo().full_name
            raise AccessError(self.env._("This step needs the role “%s”. Ask a colleague who has it.", name))
        self.check_access("write")

    def action_request(self):
        """Ask for destruction. :raises UserError: under retention or hold, or no method is given."""
        self._check_transition("request")
        self._check_destructible()
        for document in self:
            if not document.destruction_method:
                raise UserError(self.env._("“%s”: say how it is to be destroyed.", document.name))
        self._move("request", {"requested_by_id": self.env.uid, "requested_on": fields.Date.context_today(self)})
        self._log("requested")
        return True

    def action_refuse(self):
        """Keep the document in the archive."""
        self._move("refuse", {"requested_by_id": False, "requested_on": False})
        self._log("refused")
        return True

    def action_destroy(self):
        """Destroy as a second person: the file is removed, the certificate and the log stay.

        :raises UserError: under retention or hold, or the user asked for it.
        """
        self._check_transition("destroy")
        self._check_destructible()
        for document in self:
            if document.requested_by_id == self.env.user:
                raise UserError(self.env._("“%s”: nobody approves a destruction that they asked for.", document.name))
        for document in self:
            files = document._attachments()
            copies = document._copies(files)
            files.with_context(franchise_destroying=DESTROYING).unlink()
            sequence = self.env["ir.sequence"].with_company(document.company_id)
            document._move(
                "destroy",
                {
                    "approved_by_id": self.env.uid,
                    "destroyed_on": fields.Date.context_today(document),
                    "certificate_number": sequence.next_by_code("franchise.legal.document.certificate"),
                    "copies_left": copies,
                },
            )
            document._log("destroyed", document.destruction_method)
        self.invalidate_recordset(["file"])
        return True

    def _check_destructible(self):
        """:raises UserError: a document is under retention or legal hold."""
        today = fields.Date.context_today(self)
        for document in self:
            if document.legal_hold:
                raise UserError(
                    self.env._(
                        "“%(document)s” is under a legal hold since %(day)s (%(reason)s): it can't be destroyed.",
                        document=document.name,
                        day=document.hold_since,
                        reason=document.hold_reason,
                    )
                )
            if document.retention_until >= today:
                raise UserError(
                    self.env._(
                        "“%(document)s” has to be kept until %(day)s: it can't be destroyed before.",
                        document=document.name,
                        day=document.retention_until,
                    )
                )

    def _attachments(self):
        """The file and whatever else is attached to these documents (with all rights)."""
        return (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids), ("res_field", "in", ("file", False))])
        )

    def _copies(self, files):
        """How many other attachments hold the same content."""
        checksums = [checksum for checksum in files.mapped("checksum") if checksum]
        return (
            self.env["ir.attachment"]
            .sudo()
            .search_count(
                [("checksum", "in", checksums), ("id", "not in", files.ids), ("res_field", "in", ("file", False))]
            )
        )

    def action_verify(self):
        """Compare the file with the hash that was taken when it came in, and say so."""
        for document in self:
            same = document.sha256 and document._hash() == document.sha256
            document._log("verified" if same else "altered")
        altered = self.filtered(lambda document: document._hash() != document.sha256)
        message = (
            self.env._("Not the file that was archived: %s", ", ".join(altered.mapped("name")))
            if altered
            else self.env._("The file is the one that came in.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "danger" if altered else "success"},
        }

    def action_print_certificate(self):
        """The certificate of destruction as PDF."""
        return self.env.ref("franchise_aftersales.action_report_destruction_certificate").report_action(self)
