import logging

import psycopg2
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.base.batch import BatchRun, by_id

_logger = logging.getLogger(__name__)

BATCH = 1000
SHOWN = 20  # numbers of claims that a message spells out


class _Told(BatchRun):
    """A run that a person started: what fails is told to them, and is no fault of the server's."""

    def _log(self, record, error):
        _logger.info("%s of %s was refused: %s", self.task, record, error)


class FranchiseClaimBulk(models.TransientModel):
    """One step for many claims: those that can take it do, of the others it says why not (R-D15)."""

    _name = "franchise.claim.bulk"
    _description = "Claims in Bulk"

    claim_ids = fields.Many2many(
        "franchise.claim", string="Claims", default=lambda self: self.env.context.get("active_ids", [])
    )
    claim_count = fields.Integer(string="Number of Claims", compute="_compute_claim_count")
    step = fields.Selection(
        [
            ("submit", "Submit"),
            ("assess", "Assess as claimed"),
            ("preapprove", "First approval"),
            ("approve", "Approve"),
            ("assign", "Assign"),
            ("cancel", "Cancel"),
        ],
        string="What to Do",
        required=True,
        default="submit",
    )
    user_id = fields.Many2one("res.users", string="Assign To", domain="[('share', '=', False)]")
    duplicate_reason = fields.Char(
        string="Why They Are No Duplicates", help="Given to claims whose lot or serial was claimed before."
    )
    state = fields.Selection([("new", "New"), ("done", "Done")], default="new", required=True, readonly=True)
    done_count = fields.Integer(readonly=True)
    refusal_ids = fields.One2many("franchise.claim.bulk.refusal", "bulk_id", readonly=True)
    refused_count = fields.Integer(string="Number Refused", compute="_compute_refused_count")

    @api.depends("claim_ids")
    def _compute_claim_count(self):
        for wizard in self:
            wizard.claim_count = len(wizard.claim_ids)

    @api.depends("refusal_ids")
    def _compute_refused_count(self):
        for wizard in self:
            wizard.refused_count = len(wizard.refusal_ids)

    def action_run(self):
        """Take the step for all that can, and show what was refused and why.

        :raises UserError: nothing is chosen, or the one to assign to.
        :raises AccessError: the user's roles don't have this step.
        """
        self.ensure_one()
        if not self.claim_ids:
            raise UserError(self.env._("Choose the claims in the list first."))
        if self.step == "assign":
            if not self.user_id:
                raise UserError(self.env._("Choose whom the claims are assigned to."))
            self.claim_ids.check_access("write")
        else:
            self.env["franchise.claim"]._check_transition(self.step)
        ready, refused = self._sorted_out()

        def tell(claim, error):
            refused[claim] = self._sentence(error)

        with _Told(self.env, "A step in bulk", commit=False, on_failure=tell) as run:
            run.work(by_id(self.env["franchise.claim"], [("id", "in", ready.ids)], BATCH), self._take_step)
        if self.step == "assign" and run.done and self.user_id != self.env.user:
            self._tell_assigned(ready.filtered(lambda claim: claim not in refused))
        self.write(
            {
                "state": "done",
                "done_count": run.done,
                "refusal_ids": [
                    fields.Command.clear(),
                    *(
                        fields.Command.create({"claim_id": claim.id, "reason": reason})
                        for claim, reason in refused.items()
                    ),
                ],
            }
        )
        return self._open()

    def action_view_refused(self):
        """The claims that were refused, as a list to correct them."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refused Claims"),
            "res_model": "franchise.claim",
            "view_mode": "list,form",
            "domain": [("id", "in", self.refusal_ids.claim_id.ids)],
        }

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Claims in Bulk"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _tell_assigned(self, claims):
        """One message to the person whom claims were assigned to."""
        names = claims[:SHOWN].mapped("name")
        if len(claims) > SHOWN:
            names.append(self.env._("… and %s more", len(claims) - SHOWN))
        claims[:1].message_notify(
            partner_ids=self.user_id.partner_id.ids,
            subject=self.env._("%s claims were assigned to you", len(claims)),
            body=", ".join(names),
        )

    def _take_step(self, claims):
        if self.step == "assign":
            # One message about all of them at the end, not one each.
            claims.with_context(mail_auto_subscribe_no_notify=True).write({"user_id": self.user_id.id})
        else:
            getattr(claims, f"action_{self.step}")()
        self.env.flush_all()

    def _sorted_out(self):
        """(claims that may take the step, {claim: why not}), in as many queries for many claims as for one."""
        claims, refused = self.claim_ids, {}
        if self.step == "assign":
            return claims, refused
        sources = claims._transitions[self.step].sources
        states = dict(claims._fields["state"]._description_selection(self.env))
        for claim in claims.filtered(lambda claim: claim.state not in sources):
            refused[claim] = self.env._(
                "It is “%(state)s”; this step is possible only from: %(sources)s.",
                state=states[claim.state],
                sources=", ".join(states[source] for source in sources),
            )
        left = claims.filtered(lambda claim: claim not in refused)
        if self.step == "submit" and self.duplicate_reason:
            doubled = [
                claim for claim, others in left._find_duplicates().items() if others and not claim.duplicate_reason
            ]
            left.browse().union(*doubled).write({"duplicate_reason": self.duplicate_reason})
        if self.step == "preapprove":
            refused.update(left._preapproval_problems())
            left = left.filtered(lambda claim: claim not in refused)
        if self.step in ("submit", "assess", "preapprove", "approve"):
            step = "approve" if self.step == "preapprove" else self.step
            for claim, sentences in left._obstacles(step).items():
                if sentences:
                    refused[claim] = "\n".join(sentences)
        return claims.filtered(lambda claim: claim not in refused), refused

    @api.model
    def _sentence(self, error):
        """Why one claim failed, for a person."""
        if isinstance(error, UserError):
            return str(error)
        if isinstance(error, psycopg2.IntegrityError):
            return self.env["franchise.claim"]._sql_error_to_message(error)
        _logger.error("A step in bulk failed", exc_info=error)
        return self.env._("An error that nobody foresaw; the administrator finds it in the server's log.")


class FranchiseClaimBulkRefusal(models.TransientModel):
    """One claim that didn't take the step, and why."""

    _name = "franchise.claim.bulk.refusal"
    _description = "Refused Claim"

    bulk_id = fields.Many2one("franchise.claim.bulk", ondelete="cascade")
    claim_id = fields.Many2one("franchise.claim", ondelete="cascade")
    reason = fields.Text()
