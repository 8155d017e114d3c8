from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_SERVICE = "franchise_aftersales.group_service"
GROUP_FINANCE = "franchise_aftersales.group_finance"
# What is given; the rest of a row is decided about it.
CONTENT = frozenset({"file_ids", "text", "date", "number", "has_personal_data"})
GIVEN = ("given", "accepted", "waived")
# Claims whose evidence is fixed but can still be added to, and those that take none any more.
FIXED = ("approved", "closed", "rejected")
OVER = ("cancelled",)


class FranchiseClaimEvidence(models.Model):
    """One piece of a claim's evidence: a row of its checklist, or something given beyond it (R-D4).

    A row is missing until what its kind asks for is given; then staff accept it or send it back with a reason. Finance
    waives a row with a reason. Once the claim is decided nothing that was given changes any more; more can be added.
    """

    _name = "franchise.claim.evidence"
    _description = "Evidence of a Claim"
    _inherit = ["franchise.document.mixin"]
    _order = "claim_id, sequence, id"

    _transitions = {
        "give": Transition(("missing", "returned"), "given", GROUP_SERVICE),
        "accept": Transition(("given",), "accepted", GROUP_SERVICE),
        "send_back": Transition(("given", "accepted"), "returned", GROUP_SERVICE),
        "waive": Transition(("missing", "returned"), "waived", GROUP_FINANCE),
        "demand": Transition(("waived",), "missing", GROUP_FINANCE),
    }
    _editable_states = ("missing", "given", "returned")
    _frozen_fields = CONTENT | {"claim_id", "type_id"}
    _step_fields = frozenset(
        {
            "requirement",
            "sequence",
            "given_by",
            "given_by_partner_id",
            "given_at",
            "decided_by_id",
            "decided_at",
            "is_addition",
        }
    )

    claim_id = fields.Many2one("franchise.claim", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)
    claim_state = fields.Selection(related="claim_id.state", string="Status of the Claim")
    type_id = fields.Many2one("franchise.evidence.type", string="Evidence", required=True, ondelete="restrict")
    given_as = fields.Selection(related="type_id.given_as")
    sequence = fields.Integer(readonly=True, copy=False, default=100)
    requirement = fields.Selection(
        [("mandatory", "Mandatory"), ("wanted", "Wanted"), ("extra", "Additional")],
        default="extra",
        required=True,
        readonly=True,
        copy=False,
        help="By the agreement's terms of the cause; additional: given beyond them.",
    )
    state = fields.Selection(
        [
            ("missing", "Missing"),
            ("given", "Given"),
            ("accepted", "Accepted"),
            ("returned", "Sent Back"),
            ("waived", "Waived"),
        ],
        string="Status",
        default="missing",
        required=True,
        copy=False,
        index=True,
    )
    file_ids = fields.Many2many("ir.attachment", "franchise_claim_evidence_file", string="Files", copy=False)
    file_count = fields.Integer(string="Number of Files", compute="_compute_file_count")
    text = fields.Text(copy=False)
    date = fields.Date(copy=False)
    number = fields.Float(copy=False, help="0: not given.")
    has_personal_data = fields.Boolean(
        string="Shows Personal Data",
        copy=False,
        help="Faces, names, addresses or telephone numbers of customers: a claim packet leaves its files out, unless its "
        "reader may have them.",
    )
    given_by = fields.Selection(
        [("staff", "Staff"), ("claimant", "Claimant"), ("supplier", "Supplier"), ("carrier", "Carrier")],
        readonly=True,
        copy=False,
    )
    given_by_partner_id = fields.Many2one("res.partner", string="Given By Whom", readonly=True, copy=False)
    given_at = fields.Datetime(string="Given On", readonly=True, copy=False)
    is_addition = fields.Boolean(string="Added After the Decision", readonly=True, copy=False)
    return_reason = fields.Char(string="Reason for Sending Back", copy=False, help="Whoever gave it reads this.")
    waive_reason = fields.Char(string="Reason for Waiving", copy=False)
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_at = fields.Datetime(string="Decided On", readonly=True, copy=False)

    _unique_type = models.UniqueIndex(
        "(claim_id, type_id) WHERE requirement != 'extra'", "A checklist asks once for each kind of evidence."
    )
    _given_by_whom = models.Constraint(
        "CHECK (state NOT IN ('given', 'accepted') OR (given_at IS NOT NULL AND given_by IS NOT NULL))",
        "What was given says when and by whom.",
    )
    _waived_why = models.Constraint(
        "CHECK (state != 'waived' OR (COALESCE(waive_reason, '') != '' AND decided_by_id IS NOT NULL))",
        "Waiving evidence needs a reason.",
    )

    @api.depends("type_id.name", "claim_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for evidence in self:
            evidence.display_name = f"{evidence.claim_id.name or ''} · {evidence.type_id.name or ''}"

    @api.depends("file_ids")
    def _compute_file_count(self):
        for evidence in self:
            evidence.file_count = len(evidence.file_ids)

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        if not self._is_moving():
            rows._check_addable()
            rows._take_files()
            rows._follow_content()
            # What was given may be what the checklist waits for.
            rows.claim_id._sync_checklist()
        return rows.exists()

    def write(self, vals):
        if self._is_moving():
            return super().write(vals)
        self._check_fixed(vals)
        result = super().write(vals)
        if CONTENT.intersection(vals):
            self._take_files()
            self._follow_content()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_missing(self):
        if self._is_moving():
            return
        kept = self.filtered(
            lambda row: row.state != "missing" or row.requirement != "extra" or row.claim_id.state in FIXED + OVER
        )
        if kept:
            raise UserError(
                self.env._(
                    "%s can't be deleted: the agreement asks for it, or it was given. Send it back or waive it.",
                    kept[0].display_name,
                )
            )

    def _check_addable(self):
        """:raises UserError: a claim takes no evidence any more."""
        over = self.claim_id.filtered(lambda claim: claim.state in OVER)
        if over:
            raise UserError(self.env._("%s is cancelled: it takes no evidence any more.", over[0].name))

    def _check_fixed(self, vals):
        """Refuse changes of a decided claim's evidence: only what is missing can still be given.

        :raises UserError: names the row.
        """
        self._check_addable()
        for row in self:
            if row.claim_id.state in FIXED and not (row.state == "missing" and CONTENT.issuperset(vals)):
                raise UserError(
                    self.env._(
                        "%s belongs to a claim that is decided: it stays as it is. Add a further row of evidence.",
                        row.display_name,
                    )
                )

    def _is_complete(self):
        """Whether what the kind of evidence asks for is there."""
        self.ensure_one()
        files = self.sudo().file_ids
        pictures = files.filtered(lambda file: (file.mimetype or "").startswith(("image/", "video/")))
        return bool(
            {
                "photo": pictures,
                "file": files,
                "any": files or (self.text or "").strip(),
                "text": (self.text or "").strip(),
                "date": self.date,
                "number": self.number,
            }[self.given_as]
        )

    def _follow_content(self, given_by="staff", partner=None):
        """Rows whose evidence is complete are given now, by `partner` (default: the user's own)."""
        given = self.filtered(lambda row: row.state in ("missing", "returned") and row._is_complete())
        emptied = self.filtered(lambda row: row.state == "given" and not row._is_complete())
        if emptied:
            raise UserError(
                self.env._("%s was given: exchange it, or send it back with a reason.", emptied[0].display_name)
            )
        for decided, rows in given.grouped(lambda row: row.claim_id.state in FIXED).items():
            rows._move(
                "give",
                {
                    "given_by": given_by,
                    "given_by_partner_id": (partner or self.env.user.partner_id).id,
                    "given_at": fields.Datetime.now(),
                    "is_addition": decided,
                    "return_reason": False,
                },
            )
            if decided:
                rows._keep_addition()

    def _keep_addition(self):
        """Evidence that came after the decision is fixed at once, and said on the claim."""
        self._keep_files()
        for claim, rows in self.grouped("claim_id").items():
            claim.sudo().message_post(
                body=self.env._(
                    "Evidence added after the decision: %s.", ", ".join(rows.mapped("type_id.display_name"))
                ),
                subtype_xmlid="mail.mt_note",
            )

    def _check_transition(self, action):
        step = super()._check_transition(action)
        decided = self.filtered(lambda row: row.claim_id.state in FIXED + OVER)
        if decided and action != "give":
            raise UserError(
                self.env._("%s belongs to a claim that is decided: it stays as it is.", decided[0].display_name)
            )
        return step

    def _decision(self):
        return {"decided_by_id": self.env.uid, "decided_at": fields.Datetime.now()}

    def action_accept(self):
        """Accept what was given."""
        return self._move("accept", self._decision())

    def action_send_back(self):
        """Send back what was given, to be given again. :raises UserError: no reason is written."""
        self._check_transition("send_back")
        for row in self:
            if not (row.return_reason or "").strip():
                raise UserError(self.env._("%s: say why it is sent back; whoever gave it reads it.", row.display_name))
        return self._move("send_back", self._decision())

    def action_waive(self):
        """Go on without this evidence.

        :raises UserError: no reason is written, or the user entered or assessed the claim.
        """
        self._check_transition("waive")
        for row in self:
            if not (row.waive_reason or "").strip():
                raise UserError(self.env._("%s: say why the claim goes on without it.", row.display_name))
            if self.env.user in row.claim_id._involved_users():
                raise UserError(
                    self.env._("%s: nobody waives evidence of a claim that they entered or assessed.", row.display_name)
                )
        return self._move("waive", self._decision())

    def action_demand(self):
        """Ask again for evidence that was waived."""
        return self._move("demand", {"waive_reason": False, "decided_by_id": False, "decided_at": False})
