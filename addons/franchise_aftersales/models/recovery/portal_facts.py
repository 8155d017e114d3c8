from odoo import models
from odoo.exceptions import AccessError

from ...tools.allocation import as_text, to_decimal
from ...tools.evidence_files import SHOWN_INLINE
from ...tools.masking import masked
from ...tools.recovery_terms import origins


class FranchiseClaimRecovery(models.Model):
    """What a liable party may know of the claim behind a demand (R-D4, R-H5).

    Its own part and how that came about, goods and quantities, when and why, where, and proof without personal data. Not
    who the franchisee or the customer is, nor what others bear, said or were asked.
    """

    _inherit = "franchise.claim.recovery"

    def _portal_facts(self):
        """What the party's page says, in the reader's language; amounts as floats in the demand's currency.

        :return: dict of texts, dates, and lists of dicts: `lines`, `evidence`, `deadlines`, `counters`.
        """
        self.ensure_one()
        recovery = self.sudo()
        claim, supplied = recovery.claim_id, recovery.party == "supplier"
        return {
            "company": recovery.company_id.name,
            "cause": claim.cause_id.complete_name,
            "event_date": claim.event_date,
            "discovery_date": claim.discovery_date,
            "outlet": f"{claim.outlet_id.code} · {claim.outlet_id.name}",
            "description": masked(claim.description),
            "agreement": claim.agreement_id.name if supplied else "",
            "waybill": masked(claim.delivery_reference),
            "asked": recovery._amount_asked(),
            "lines": recovery._portal_lines(),
            "evidence": recovery._portal_evidence(),
            "deadlines": recovery._portal_deadlines(),
            "counters": recovery._portal_counters(),
        }

    def _portal_deadlines(self):
        """By when the party acts: [{"name", "due_at" (UTC, or False while the clock stands still), "days_left"}]."""
        return []

    def _portal_days_left(self):
        """Days until the party has to act next, negative when that is past; None where no time runs."""
        return None

    def _portal_left_in_words(self, days):
        """What `_portal_days_left` says, in the reader's language."""
        if days is None:
            return ""
        if days < 0:
            return self.env._("overdue by %s days", -days)
        return {0: self.env._("due today"), 1: self.env._("1 day left")}.get(days, self.env._("%s days left", days))

    def _portal_lines(self):
        kinds = dict(self.line_ids._fields["kind"]._description_selection(self.env))
        refusals = dict(self.line_ids._fields["refusal"]._description_selection(self.env))
        found = self._portal_origins()
        listed = []
        for line in self.line_ids.sorted("number"):
            loss = line.claim_line_id
            bill = loss.invoice_line_id.move_id
            own_bill = bill.commercial_partner_id == self.partner_id.commercial_partner_id
            listed.append(
                {
                    "id": line.id,
                    "number": line.number,
                    "kind": kinds[line.kind],
                    "name": masked(loss.name),
                    "product": loss.product_id.display_name or "",
                    "lot": loss.lot or "",
                    "batch": loss.batch or "",
                    "production_date": loss.production_date,
                    "quantity": as_text(loss.quantity),
                    "invoice": (bill.ref or bill.name or "") if own_bill else "",
                    "demanded": line.amount_demanded,
                    "asked": line._amount_asked(),
                    "accepted": line.amount_accepted,
                    "refusal": ": ".join(filter(None, (refusals.get(line.refusal), line.refusal_note))),
                    "words": self._portal_words(line, found.get(loss.id)),
                }
            )
        return listed

    def _portal_origins(self):
        """{claim line id: `tools.recovery_terms.Origin`} of what the terms in force ask of this party; none after round 1."""
        claim = self.claim_id
        if self.round > 1 or not claim.version_id:
            return {}
        terms = claim.version_id._recovery_terms()
        return origins(
            claim._approved_lines(),
            terms["percent_by_kind"],
            claim._liable_shares(),
            self.party,
            self.currency_id.rounding,
            labour_rate=terms["labour_rate"],
            handling_percent=terms["handling_percent"],
        )

    def _portal_words(self, line, origin):
        """How the amount of a line came about, step by step, in the reader's language."""
        money = self.currency_id.format
        steps = []
        if self.round > 1:
            steps.append(
                self.env._("passed on to you, for it is borne by nobody else: %s", money(line.amount_demanded))
            )
        elif origin:
            steps.append(self.env._("approved loss %s", money(float(origin.approved))))
            if origin.counted != origin.approved:
                steps.append(self.env._("at most the agreed hourly rate: %s", money(float(origin.counted))))
            steps.append(
                self.env._(
                    "%(percent)s %% of it by the agreed terms: %(amount)s",
                    percent=as_text(origin.percent),
                    amount=money(float(origin.loss)),
                )
            )
            if origin.handling:
                steps.append(
                    self.env._(
                        "plus %(percent)s %% for handling: %(amount)s",
                        percent=as_text(origin.handling_percent),
                        amount=money(float(origin.handling)),
                    )
                )
            steps.append(
                self.env._(
                    "your share %(share)s %%: %(amount)s",
                    share=as_text(origin.share),
                    amount=money(float(origin.amount)),
                )
            )
            if to_decimal(line.amount_demanded) < origin.amount:
                steps.append(self.env._("lowered by the agreed ceiling to %s", money(line.amount_demanded)))
        gone = line.amount_demanded - line._amount_asked()
        if self.currency_id.compare_amounts(gone, 0) > 0:
            steps.append(self.env._("no longer asked of you: %s", money(gone)))
        return " → ".join(steps)

    def _portal_evidence(self):
        """[{"name", "text", "date", "number", "own", "withheld": a sentence, "files": [{"id", "name", "size", "is_image"}]}]"""
        listed = []
        for row in self._portal_evidence_rows():
            own = self._portal_is_own(row)
            shown = own or not row.has_personal_data
            withheld = 0 if shown else len(row.file_ids)
            listed.append(
                {
                    "name": row.type_id.name,
                    "text": masked(row.text) if shown else "",
                    "date": row.date,
                    "number": as_text(row.number) if row.number else "",
                    "own": own,
                    "withheld": withheld
                    and self.env._("%s files are not shown: they hold personal data. Ask us for them.", withheld),
                    "files": [
                        {
                            "id": file.id,
                            "name": masked(file.name),
                            "size": file.file_size,
                            "is_image": (file.mimetype or "").startswith("image/") and file.mimetype in SHOWN_INLINE,
                        }
                        for file in row.file_ids
                        if shown
                    ],
                }
            )
        return listed

    def _portal_is_own(self, row):
        return row.given_by_partner_id.commercial_partner_id == self.partner_id.commercial_partner_id

    def _portal_evidence_rows(self):
        """What was given as proof and isn't another party's: the claimant's and ours once it stands, and the party's own."""
        return self.claim_id.evidence_ids.filtered(
            lambda row: (
                row.state in ("given", "accepted")
                and (row.given_by in ("staff", "claimant") or self._portal_is_own(row))
            )
        )

    def _portal_file(self, file_id):
        """The attachment (with all rights) `file_id` of the evidence that the party may see.

        :raises AccessError: it is none of them.
        """
        self.ensure_one()
        recovery = self.sudo()
        rows = recovery._portal_evidence_rows().filtered(
            lambda row: recovery._portal_is_own(row) or not row.has_personal_data
        )
        file = rows.file_ids.filtered(lambda file: file.id == file_id)
        if not file:
            raise AccessError(self.env._("This file is not among those of %s.", recovery.number))
        return file

    def _portal_counters(self):
        counters = self.claim_id.counter_ids.filtered(lambda counter: counter.recovery_id == self)
        labels = dict(counters._fields["state"]._description_selection(self.env))
        return [
            {
                "state": counter.state,
                "state_label": labels[counter.state],
                "amount": counter.amount,
                "accepted": counter.amount_accepted if counter.state == "accepted" else 0.0,
                "reason": counter.reason,
                "reference": counter.partner_reference or "",
                "raised_on": counter.raised_on,
                "decision": counter.decision_reason if counter.state != "raised" else "",
            }
            for counter in counters.sorted("id")
        ]
