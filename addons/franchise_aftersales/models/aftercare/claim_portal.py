from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import coverage

OPEN = ("draft", "submitted", "assessed", "approved")
SETTLED = ("closed", "rejected", "cancelled")
# What of a claim's coverage is the franchisee's to know; the rest is between us and the supplier.
THEIR_RULES = ("scope", "warranty", "production", "window", "notice", "run_off")
LONGEST_TEXT = 10_000
STARS = {1: "ko", 3: "ok", 5: "top"}


class FranchiseClaim(models.Model):
    """What a franchisee reads of their own claims, and does with them, in the portal (R-D1, R-D6, R-D11).

    Prices and names of suppliers, terms, losses and messages to others are none of theirs: of the record they read the fields that
    are named, and the pages show what these methods give.
    """

    _name = "franchise.claim"
    _inherit = ["franchise.claim", "franchise.portal.mixin"]

    _portal_fields = frozenset(
        {
            "name",
            "state",
            "company_id",
            "contract_id",
            "outlet_id",
            "claimant_id",
            "cause_id",
            "event_date",
            "discovery_date",
            "reported_date",
            "delivery_date",
            "description",
            "invoice_reference",
            "delivery_reference",
            "previous_product",
            "source",
            "resolution_kind",
            "reject_reason",
            "told_on",
            "closed_on",
            "website_url",
        }
    )

    website_url = fields.Char(string="Address in the Portal", compute="_compute_website_url")

    def _compute_website_url(self):
        for claim in self:
            claim.website_url = f"/my/franchise/claims/{claim.id}"

    @api.model
    def _portal_domains(self, partner):
        """{filter: domain} of the claims of the franchisee `partner`: "all", "open", "waiting" for them, "settled"."""
        own = Domain("claimant_id", "child_of", partner.commercial_partner_id.id) & (
            Domain("state", "!=", "draft") | Domain("source", "in", ("portal", "email"))
        )
        offered = self.env["franchise.claim.offer"].sudo()
        offered = offered._search(offered._portal_domain(partner) & Domain(self._offer_waits()))
        rows = self.env["franchise.claim.evidence"].sudo()
        asked = rows._search(
            Domain("claim_id.claimant_id", "child_of", partner.commercial_partner_id.id)
            & Domain("claim_id.state", "in", ("draft", "submitted", "assessed"))
            & (
                Domain("state", "=", "returned")
                | (Domain("state", "=", "missing") & Domain("requirement", "=", "mandatory"))
            )
        )
        waiting = self.sudo()._search(Domain("offer_ids", "in", offered) | Domain("evidence_ids", "in", asked))
        return {
            "all": own,
            "open": own & Domain("state", "in", OPEN),
            "waiting": own & Domain("state", "in", OPEN) & Domain("id", "in", waiting),
            "settled": own & Domain("state", "in", SETTLED),
        }

    @api.model
    def _offer_waits(self):
        """Domain of offers that wait for the franchisee's answer."""
        today = fields.Date.context_today(self)
        return [
            ("state", "=", "made"),
            ("offered_to", "=", "claimant"),
            "|",
            ("valid_until", "=", False),
            ("valid_until", ">=", today),
        ]

    @api.model
    def _portal_search_domain(self, text):
        """Claims whose number, text, goods or lot contain `text`; asked with all rights, for lines are not theirs to read."""
        text = (text or "").strip()[:200]
        names = ("name", "description", "outlet_id.name", "line_ids.name", "line_ids.lot", "invoice_reference")
        return Domain("id", "in", self.sudo()._search(Domain.OR([[(name, "ilike", text)] for name in names])))

    def _portal_status(self):
        """{claim: (sentence in the reader's language, colour of Bootstrap)} of where each stands."""
        words = {
            "draft": (self.env._("Received, we are checking it"), "info"),
            "submitted": (self.env._("Being assessed"), "info"),
            "assessed": (self.env._("Assessed, the decision is next"), "info"),
            "closed": (self.env._("Resolved"), "success"),
            "rejected": (self.env._("Not accepted"), "danger"),
            "cancelled": (self.env._("Withdrawn"), "secondary"),
        }
        accepted = {
            "offer": (self.env._("An offer waits for you"), "warning"),
            "doing": (self.env._("Agreed, we are doing it"), "primary"),
            "approved": (self.env._("Accepted, an offer follows"), "primary"),
        }
        waiting = self.sudo().offer_ids.filtered_domain(self._offer_waits()).claim_id
        found = {}
        for claim in self:
            if claim.sudo() in waiting and claim.state in ("submitted", "assessed", "approved"):
                found[claim] = accepted["offer"]
            elif claim.state == "approved":
                found[claim] = accepted["doing" if claim.sudo().resolution_kind else "approved"]
            else:
                found[claim] = words[claim.state]
        return found

    def _portal_lines(self):
        """[{"name", "quantity", "lot", "batch"}] of the goods that are claimed, without their prices, which are ours."""
        return [
            {"name": line.name, "quantity": f"{line.quantity:g}", "lot": line.lot, "batch": line.batch}
            for line in self.sudo().line_ids
            if line.kind in ("goods", "parts")
        ]

    def _portal_promises(self):
        """[{"name", "due", "done", "state", "paused"}] of what we promised the franchisee; moments in UTC, naive."""
        self.ensure_one()
        clocks = self.sudo().clock_ids.filtered(lambda clock: clock.side == "claimant")
        kinds = dict(clocks._fields["kind"]._description_selection(self.env))
        paused = self.sudo().pause_ids.filtered(lambda pause: not pause.date_to)
        reasons = ", ".join(paused.reason_id.mapped("name"))
        order = list(kinds)
        return [
            {
                "name": kinds[clock.kind],
                "due": clock.due_at,
                "done": clock.done_at,
                "state": clock.state,
                "late": clock.state == "broken" or (clock.due_at and clock.due_at < fields.Datetime.now()),
                "paused": reasons if clock.state == "paused" else "",
            }
            for clock in clocks.sorted(lambda clock: order.index(clock.kind))
        ]

    def _portal_coverage(self):
        """[(whether the rule was kept, sentence)] of the rules on warranty, time and scope that were looked at."""
        self.ensure_one()
        claim = self.sudo()
        findings = [coverage.Finding(*finding) for finding in claim.coverage_findings or []]
        return [(finding.kept, claim._explain_finding(finding)) for finding in findings if finding.rule in THEIR_RULES]

    def _portal_done(self):
        """(things done, things promised) for the accepted offer."""
        executions = self.sudo().execution_ids.filtered(lambda execution: execution.state != "cancelled")
        return len(executions.filtered(lambda execution: execution.state == "done")), len(executions)

    def _portal_messages(self, partner):
        """Messages (with all rights) between us and the family of `partner`, oldest first: written by them, or sent to them.

        Whatever staff write to a supplier, or note for themselves, is not among them.
        """
        self.ensure_one()
        family = partner.sudo().commercial_partner_id
        messages = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("message_type", "in", ("comment", "email", "email_outgoing", "notification")),
                    "|",
                    ("partner_ids", "child_of", family.id),
                    "&",
                    ("author_id", "child_of", family.id),
                    ("message_type", "!=", "notification"),
                ],
                order="id",
            )
        )
        return messages.filtered(lambda message: message.body or message.attachment_ids)

    def _portal_write(self, text, partner):
        """The franchisee writes to us; whoever is responsible is notified, and nobody outside reads it.

        :raises UserError: nothing is written.
        """
        self.ensure_one()
        text = (text or "").strip()[:LONGEST_TEXT]
        if not text:
            raise UserError(self.env._("Write a message first."))
        claim = self.sudo()
        people = (claim.user_id, claim.company_id.franchise_escalation_user_id)
        user = next((person for person in people if person and person.active and not person.share), None)
        return claim.message_post(
            body=text,
            author_id=partner.id,
            message_type="comment",
            subtype_xmlid="mail.mt_note",
            partner_ids=user.partner_id.ids if user else [],
        )

    def _portal_rate(self, stars, feedback, partner):
        """The franchisee says how satisfied they are: 1, 3 or 5. Said again it changes the one rating of the claim.

        :raises UserError: the claim isn't closed, or `stars` is none of these.
        """
        self.ensure_one()
        claim = self.sudo()
        if claim.state != "closed":
            raise UserError(self.env._("%s is not settled yet: tell us afterwards how satisfied you are.", claim.name))
        if stars not in STARS:
            raise UserError(self.env._("Choose how satisfied you are."))
        token = claim._rating_tokens()[claim.id]
        claim.rating_apply(stars, token=token, feedback=(feedback or "").strip()[:LONGEST_TEXT])
        return True
