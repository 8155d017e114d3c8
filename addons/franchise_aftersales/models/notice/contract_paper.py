import hashlib

from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseContract(models.Model):
    """A contract that was signed on paper: one person records it with the scan, another confirms what it shows (R-A2, R-A11).

    Between the two neither the terms nor the scan may change: what is confirmed is what was recorded.
    """

    _inherit = "franchise.contract"

    paper_recorded_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    paper_recorded_on = fields.Date(readonly=True, copy=False)
    paper_sha256 = fields.Char(string="SHA-256 of the Record", readonly=True, copy=False)
    paper_confirmed_by_id = fields.Many2one("res.users", readonly=True, copy=False)

    _paper_four_eyes = models.Constraint(
        "CHECK (paper_confirmed_by_id IS NULL OR paper_confirmed_by_id IS DISTINCT FROM paper_recorded_by_id)",
        "Nobody confirms a signature on paper that they recorded.",
    )

    def _own_fields(self):
        own = {"paper_recorded_by_id", "paper_recorded_on", "paper_sha256", "paper_confirmed_by_id"}
        return super()._own_fields() | own

    def action_record_paper(self):
        """Record that both parties signed on paper; a second person confirms it with `action_sign`.

        :raises UserError: the contract can't be signed yet, or the scan is missing.
        """
        self._check_transition("sign")
        self._check_can_sign()
        for contract in self:
            if contract.state != "draft":
                raise UserError(self.env._("%s is out for signature in the portal: recall it first.", contract.name))
            if not contract.scan_ids:
                raise UserError(
                    self.env._("%s: attach the scan of the contract as it was signed, then record it.", contract.name)
                )
            # The second person reads it as the contract's, from now on.
            contract._keep_files(contract.scan_ids)
            contract._trusted().write(
                {
                    "paper_recorded_by_id": self.env.uid,
                    "paper_recorded_on": fields.Date.context_today(contract),
                    "paper_sha256": contract._paper_sha256(),
                    "paper_confirmed_by_id": False,
                }
            )
            contract.message_post(
                body=self.env._("Signed on paper; a second person compares the scan and confirms it."),
                subtype_xmlid="mail.mt_note",
            )
        return True

    def action_sign(self):
        """Confirm, as a second person, what was recorded of a signature on paper; offers are signed by both parties."""
        self._check_transition("sign")
        # What the system signs by itself (a tacit renewal) has no paper.
        if not self.env.su:
            paper = self.filtered(lambda row: row.state == "draft" and not row.paper_confirmed_by_id)
            paper._check_can_sign()
            for contract in paper:
                contract._check_paper()
                contract._trusted().write({"paper_confirmed_by_id": self.env.uid})
        return super().action_sign()

    def _check_paper(self):
        """:raises UserError: nothing was recorded, the user did it, or terms or scan have changed since."""
        self.ensure_one()
        if not self.paper_recorded_by_id:
            raise UserError(
                self.env._(
                    "%s: attach the scan and record the signature on paper first; a second person confirms it.",
                    self.name,
                )
            )
        if self.paper_recorded_by_id == self.env.user:
            raise UserError(self.env._("%s: nobody confirms a signature on paper that they recorded.", self.name))
        if self.paper_sha256 != self._paper_sha256():
            raise UserError(
                self.env._(
                    "The terms or the scan of %s have changed since it was recorded: record it again.", self.name
                )
            )

    def _paper_sha256(self):
        """SHA-256 over the terms and the scans."""
        self.ensure_one()
        scans = sorted(
            hashlib.sha256(scan.raw or b"").hexdigest() for scan in self.sudo().with_context(bin_size=False).scan_ids
        )
        return hashlib.sha256("".join([self._terms_sha256(), *scans]).encode()).hexdigest()
