"""Who may do what, as one table.

`scripts/access.sh` writes from it `ir.model.access.csv`, `rules.xml` and `docs/access.md`; the tests try every cell of
it with a real call. It is plain data, so that it can be read without Odoo.
"""

from typing import NamedTuple

# Role → group. "portal" are franchisees and suppliers; what they see follows from the domain in the table.
GROUPS = {
    "service": "group_service",
    "contract": "group_contract",
    "accountant": "group_accountant",
    "finance": "group_finance",
    "operator": "group_sync_operator",
    "manager": "group_manager",
    "portal": "base.group_portal",
}
OWN = "user.commercial_partner_id.id"


class Access(NamedTuple):
    """One model: {role: letters of c(reate) r(ead) w(rite) d(elete)}, in the companies that the user works for.

    `company`: the path to the record's company; None: shared by all companies, or a dialogue of one user's.
    `portal`: which records a portal user sees, as a record rule's domain; needed where the role "portal" has rights.
    """

    rights: dict[str, str]
    company: str | None = "company_id"
    portal: str = ""


# Terms are read by everybody who works with money or claims, and written by contract managers.
TERMS = {"service": "r", "accountant": "r", "finance": "r", "contract": "crwd", "manager": "crwd"}
# Work of a termination: service staff report theirs done.
DUTIES = {"service": "rw", "accountant": "r", "finance": "r", "contract": "crwd", "manager": "crwd"}
CLAIMS = {"service": "crwd", "accountant": "r", "finance": "rw", "contract": "r", "manager": "crwd"}
RECOVERIES = {"service": "rw", "accountant": "r", "finance": "r", "operator": "r", "manager": "rw"}
# Final settlements: contract managers draw them up, finance approves.
FINALS = {"accountant": "r", "finance": "rw", "contract": "crwd", "manager": "crwd"}
# What only computations write.
SEEN = {"accountant": "r", "finance": "r", "contract": "r", "manager": "r"}
# Reports over claims, and over what is recovered and paid for them.
REPORTS = {"service": "r", "accountant": "r", "finance": "r", "contract": "r", "manager": "r"}
RECOVERED = {"service": "r", "accountant": "r", "finance": "r", "manager": "r"}
EVIDENCE = {"service": "r", "operator": "r", "manager": "r"}
# Lists that a manager keeps and everybody chooses from; templates are kept by contract managers.
TEMPLATES = {"service": "r", "accountant": "r", "finance": "r", "contract": "crwd", "operator": "r", "manager": "crwd"}
LISTS = {"service": "r", "accountant": "r", "finance": "r", "contract": "r", "operator": "r", "manager": "crwd"}
# Files on applicants and reviews hold what not everybody needs to know.
APPLICANTS = {"finance": "r", "contract": "crwd", "manager": "crwd"}
APPLICANT_LISTS = {"finance": "r", "contract": "r", "manager": "crwd"}
REVIEWS = {"service": "r", "finance": "r", "contract": "crwd", "manager": "crwd"}
VISITS = {"service": "crwd", "contract": "crwd", "manager": "crwd"}

ACCESS = {
    # Odoo's own, for choosing what was bought; record rules leave posted vendor bills, and posted customer invoices of
    # franchisees; to accountants the entries of settlements (security.xml)
    "account.move": Access({"service": "r", "contract": "r", "accountant": "r"}, company=None),
    "account.move.line": Access({"service": "r", "contract": "r", "accountant": "r"}, company=None),
    # contract
    "franchise.brand": Access(TERMS),
    "franchise.contract": Access(
        {**TERMS, "portal": "r"},
        portal=f"[('franchisee_id', 'child_of', {OWN}), ('state', 'in', ('offered', 'signed', 'ended'))]",
    ),
    "franchise.outlet": Access(
        {**TERMS, "portal": "r"},
        portal=f"[('franchisee_id', 'child_of', {OWN}), ('contract_id.state', 'in', ('offered', 'signed', 'ended'))]",
    ),
    "franchise.charge": Access(
        {"service": "r", "accountant": "r", "finance": "crwd", "contract": "crwd", "manager": "crwd"}
    ),
    "franchise.charge.account": Access({"accountant": "r", "finance": "crwd", "contract": "r", "manager": "crwd"}),
    "franchise.contract.rebate.tier": Access(TERMS),
    "franchise.sales.report": Access(TERMS),
    "franchise.sales.missing": Access({"contract": "crw", "manager": "crw"}, company=None),
    "franchise.price.check": Access(TERMS),
    "franchise.target": Access(TERMS),
    "franchise.entitlement": Access(TERMS),
    "franchise.entitlement.grant": Access(TERMS),
    "franchise.exchange": Access({**TERMS, "finance": "rw"}),
    "franchise.exchange.line": Access(TERMS),
    "franchise.exchange.quota": Access(
        {"service": "r", "accountant": "r", "finance": "r", "contract": "r", "manager": "r"},
        company="invoice_line_id.company_id",
    ),
    "franchise.contract.version": Access(
        {**TERMS, "portal": "r"},
        portal=f"[('contract_id.franchisee_id', 'child_of', {OWN}), ('state', '=', 'confirmed'),"
        " ('contract_id.state', 'in', ('offered', 'signed', 'ended'))]",
    ),
    # application, network
    "franchise.territory": Access(TERMS),
    "franchise.territory.lookup": Access(dict.fromkeys(TERMS, "crwd"), company=None),
    "franchise.outlet.change": Access(TERMS),
    "franchise.application": Access(
        {"finance": "r", "contract": "crwd", "manager": "crwd", "portal": "r"},
        portal=f"[('partner_id', 'child_of', {OWN}), ('state', '!=', 'draft')]",
    ),
    "franchise.application.check": Access(APPLICANTS),
    "franchise.application.answer": Access(APPLICANTS),
    "franchise.site.study": Access(APPLICANTS),
    "franchise.qualification": Access(APPLICANT_LISTS, company=None),
    "franchise.question": Access(APPLICANT_LISTS, company=None),
    "franchise.review": Access(REVIEWS),
    "franchise.review.line": Access(REVIEWS),
    "franchise.review.criterion": Access({"contract": "r", "finance": "r", "manager": "crwd"}),
    "franchise.review.open": Access({"contract": "crwd", "manager": "crwd"}, company=None),
    "franchise.inspection.plan": Access({"service": "r", "contract": "crwd", "manager": "crwd"}),
    "franchise.inspection": Access(VISITS),
    "franchise.inspection.finding": Access(VISITS),
    "franchise.conflict": Access({"contract": "crwd", "manager": "crwd"}),
    # clause
    "franchise.clause": Access(TERMS),
    # The library is shared, a company's own texts by a rule in data/clause_data.xml; duties go with their clause.
    "franchise.clause.template": Access(TERMS, company=None),
    "franchise.clause.duty": Access(TERMS, company=None),
    "franchise.annex": Access(TERMS),
    "franchise.obligation": Access(TERMS),
    "franchise.obligation.check": Access(TERMS),
    # notice
    "franchise.notice": Access(
        {**TERMS, "portal": "r"},
        portal=f"[('partner_id', 'child_of', {OWN}), ('state', 'in', ('sent', 'acknowledged', 'revoked'))]",
    ),
    "franchise.notice.record": Access({"contract": "crw", "manager": "crw"}, company=None),
    "franchise.signature": Access(dict.fromkeys(TERMS, "r")),
    "franchise.default": Access(TERMS),
    "franchise.default.check": Access(TERMS),
    "franchise.transfer": Access(TERMS),
    "franchise.incapacity": Access(TERMS),
    "franchise.asset.option": Access(TERMS),
    "franchise.asset.option.line": Access(TERMS),
    # termination
    "franchise.termination": Access(TERMS),
    "franchise.termination.reason": Access(LISTS, company=None),
    "franchise.termination.template": Access(TEMPLATES, company=None),
    "franchise.termination.consultation": Access(TERMS),
    "franchise.termination.clause.review": Access(TERMS),
    "franchise.termination.impact": Access(TERMS),
    "franchise.termination.override": Access({"finance": "crw", "manager": "crw"}, company=None),
    "franchise.termination.task": Access(DUTIES),
    "franchise.termination.deidentification": Access(DUTIES),
    "franchise.termination.outlet": Access(TERMS),
    "franchise.termination.reassignment": Access(dict.fromkeys(TERMS, "r")),
    "franchise.risk": Access(TERMS),
    "franchise.risk.drill": Access(TERMS),
    "franchise.announcement": Access(TERMS),
    # settlement of terminations, documents, personal data, disputes
    "franchise.final.settlement": Access(FINALS),
    "franchise.final.line": Access(SEEN),
    "franchise.final.goods": Access(FINALS),
    "franchise.final.withholding": Access(FINALS),
    "franchise.final.reserve": Access(SEEN),
    "franchise.legal.document": Access(TERMS),
    "franchise.legal.document.kind": Access(LISTS, company=None),
    "franchise.legal.document.log": Access({**SEEN, "service": "r"}),
    "franchise.dispute": Access({**TERMS, "portal": "r"}, portal=f"[('partner_id', 'child_of', {OWN})]"),
    "franchise.dispute.step": Access(TERMS),
    "franchise.privacy.request": Access({"contract": "crwd", "manager": "crwd"}),
    "franchise.measure": Access(TERMS),
    "franchise.provider.evaluation": Access(TERMS),
    "franchise.provider.criterion": Access(TERMS),
    "franchise.provider.candidate": Access(TERMS),
    "franchise.provider.score": Access(TERMS),
    # agreement
    "franchise.service.agreement": Access(TERMS),
    "franchise.service.agreement.version": Access(TERMS),
    "franchise.service.agreement.liability": Access(TERMS),
    "franchise.service.agreement.scope": Access(TERMS),
    "franchise.service.agreement.cause.term": Access(TERMS),
    "franchise.service.agreement.transport.notice": Access(TERMS),
    "franchise.service.level": Access(TERMS),
    "franchise.service.agreement.ceiling": Access(
        {"service": "r", "accountant": "r", "finance": "r", "contract": "r", "manager": "r"}
    ),
    "franchise.cause": Access(LISTS, company=None),
    "franchise.service.mode": Access(LISTS, company=None),
    "franchise.transport.mode": Access(LISTS, company=None),
    "franchise.evidence.type": Access(LISTS, company=None),
    "franchise.pause.reason": Access(LISTS, company=None),
    "franchise.service.agreement.amend": Access({"contract": "crwd", "manager": "crwd"}, company=None),
    "franchise.service.agreement.day": Access(dict.fromkeys(TERMS, "crwd"), company=None),
    "franchise.service.level.try": Access(dict.fromkeys(TERMS, "crwd"), company=None),
    "franchise.service.level.try.pause": Access(dict.fromkeys(TERMS, "crwd"), company=None),
    # claim
    "franchise.claim": Access(
        {**CLAIMS, "portal": "r"},
        portal=f"[('claimant_id', 'child_of', {OWN}), '|', ('state', '!=', 'draft'), ('source', 'in', ('portal', 'email'))]",
    ),
    "franchise.claim.line": Access(CLAIMS),
    "franchise.claim.quota": Access(
        {"service": "r", "accountant": "r", "finance": "r", "manager": "r"}, company="invoice_line_id.company_id"
    ),
    "franchise.claim.charge": Access({"service": "r", "accountant": "r", "finance": "r", "manager": "r"}),
    # clock
    "franchise.claim.clock": Access(
        {"service": "r", "accountant": "r", "finance": "r", "contract": "r", "manager": "r"}
    ),
    "franchise.claim.clock.end": Access({"service": "crw", "finance": "crw", "manager": "crw"}, company=None),
    "franchise.claim.pause": Access(
        {"service": "r", "accountant": "r", "finance": "r", "contract": "r", "manager": "crwd"}
    ),
    "franchise.claim.pause.start": Access({"service": "crw", "manager": "crw"}, company=None),
    "franchise.approval.tier": Access(LISTS),
    # resolution
    "franchise.claim.offer": Access(
        {**CLAIMS, "portal": "r"},
        portal=f"[('claimant_id', 'child_of', {OWN}), ('with_party', '=', 'claimant'), ('state', '!=', 'draft')]",
    ),
    "franchise.claim.offer.line": Access(
        {**CLAIMS, "portal": "r"},
        portal=f"[('offer_id.claimant_id', 'child_of', {OWN}), ('offer_id.with_party', '=', 'claimant'),"
        " ('offer_id.state', '!=', 'draft')]",
    ),
    "franchise.claim.execution": Access(CLAIMS),
    "franchise.claim.refund.quota": Access(
        {"service": "r", "accountant": "r", "finance": "r", "manager": "r"}, company="invoice_line_id.company_id"
    ),
    # evidence
    "franchise.claim.evidence": Access(CLAIMS),
    "franchise.claim.packet": Access(
        {"service": "crw", "accountant": "crw", "finance": "crw", "contract": "crw", "manager": "crw"}, company=None
    ),
    # Requests hold personal data of people who may be no partners at all.
    "franchise.claim.intake": Access({"service": "crw", "manager": "crwd"}),
    "franchise.claim.split": Access({"service": "crw", "manager": "crw"}, company=None),
    "franchise.claim.merge": Access({"service": "crw", "manager": "crw"}, company=None),
    "franchise.claim.bulk": Access({"service": "crw", "finance": "crw", "manager": "crw"}, company=None),
    "franchise.claim.bulk.refusal": Access({"service": "crwd", "finance": "crwd", "manager": "crwd"}, company=None),
    # recovery
    "franchise.claim.recovery": Access({**RECOVERIES, "portal": "r"}, portal=f"[('partner_id', 'child_of', {OWN})]"),
    "franchise.claim.recovery.line": Access(
        {**RECOVERIES, "portal": "r"}, portal=f"[('recovery_id.partner_id', 'child_of', {OWN})]"
    ),
    "franchise.claim.recovery.route": Access(dict.fromkeys(RECOVERIES, "r")),
    "franchise.claim.recovery.answer": Access({"service": "crwd", "manager": "crwd"}, company=None),
    "franchise.claim.recovery.answer.line": Access({"service": "crwd", "manager": "crwd"}, company=None),
    "franchise.claim.recovery.decide": Access(dict.fromkeys(("service", "finance", "manager"), "crwd"), company=None),
    "franchise.claim.recovery.decide.line": Access(
        dict.fromkeys(("service", "finance", "manager"), "crwd"), company=None
    ),
    "franchise.claim.counter": Access({"service": "crwd", "accountant": "r", "finance": "rw", "manager": "crwd"}),
    "franchise.service.agreement.reroute": Access(TERMS),
    # aftercare
    "franchise.claim.followup": Access(
        {"service": "crwd", "accountant": "r", "finance": "r", "contract": "r", "manager": "crwd"}
    ),
    "franchise.claim.tell": Access({"service": "crwd", "manager": "crwd"}, company=None),
    "franchise.claim.lesson": Access({**TERMS, "service": "crwd"}),
    "franchise.claim.cluster": Access(
        {"service": "rw", "accountant": "r", "finance": "r", "contract": "r", "manager": "rw"}
    ),
    "franchise.service.team": Access(
        {"service": "r", "accountant": "r", "finance": "r", "contract": "r", "manager": "crwd"}
    ),
    "franchise.service.team.member": Access(
        {"service": "r", "accountant": "r", "finance": "r", "contract": "r", "manager": "crwd"}
    ),
    "franchise.service.handover": Access({"manager": "crwd"}, company=None),
    # Service staff only as leaders of the person concerned: by rules in data/aftercare_data.xml.
    "franchise.staff.complaint": Access({"service": "crw", "manager": "crwd"}),
    # settlement
    "franchise.settlement": Access({"accountant": "r", "finance": "crwd", "manager": "crwd"}),
    "franchise.settlement.line": Access({"accountant": "r", "finance": "rd", "manager": "rd"}),
    "franchise.statement.confirmation": Access(
        {"accountant": "r", "finance": "crwd", "manager": "crwd", "portal": "r"},
        portal=f"[('partner_id', 'child_of', {OWN}), ('state', '!=', 'draft')]",
    ),
    "franchise.statement.position": Access(
        {"accountant": "r", "finance": "crwd", "manager": "crwd", "portal": "r"},
        portal=f"[('confirmation_id.partner_id', 'child_of', {OWN}), ('confirmation_id.state', '!=', 'draft')]",
    ),
    "franchise.statement.answer": Access({"finance": "crw", "manager": "crw"}, company=None),
    "franchise.statement.run": Access({"accountant": "crwd", "finance": "crwd", "manager": "crwd"}),
    "franchise.statement.run.line": Access({"accountant": "r", "finance": "r", "manager": "r"}),
    "franchise.tie.out.check": Access({"accountant": "r", "finance": "r", "manager": "r"}),
    "franchise.tie.out.finding": Access({"accountant": "r", "finance": "r", "manager": "r"}),
    "franchise.three.way": Access({"accountant": "r", "finance": "r", "manager": "r"}),
    "franchise.settlement.report": Access({"accountant": "r", "finance": "r", "manager": "r"}),
    "franchise.claim.accrual": Access({"accountant": "r", "finance": "r", "manager": "r"}),
    "franchise.settlement.reverse": Access({"finance": "crw", "manager": "crw"}, company=None),
    "franchise.settlement.threshold": Access({"accountant": "r", "finance": "crwd", "manager": "crwd"}),
    "franchise.settlement.adjustment": Access({"accountant": "r", "finance": "crwd", "manager": "crwd"}),
    "franchise.settlement.run": Access({"accountant": "r", "finance": "r", "manager": "r"}),
    "franchise.settlement.run.failure": Access({"accountant": "r", "finance": "r", "manager": "r"}),
    "franchise.settlement.generate": Access({"finance": "crw", "manager": "crw"}, company=None),
    "franchise.tie.out": Access({"accountant": "r", "finance": "r", "manager": "r"}),
    # insight: who reads the documents behind a report reads the report
    "franchise.claim.ageing": Access(REPORTS),
    "franchise.sla.attainment": Access(REPORTS),
    "franchise.supplier.scorecard": Access(REPORTS),
    "franchise.franchisee.scorecard": Access(REPORTS),
    "franchise.measure.trend": Access(REPORTS),
    "franchise.recovery.ageing": Access(RECOVERED),
    "franchise.quality.cost": Access(RECOVERED),
    # sync
    "franchise.sync.endpoint": Access(
        {"service": "r", "accountant": "r", "finance": "r", "operator": "crwd", "manager": "crwd"}
    ),
    "franchise.sync.message": Access(EVIDENCE),
    "franchise.sync.attempt": Access(EVIDENCE),
    "franchise.sync.inbox": Access(EVIDENCE),
    "franchise.sync.intervention": Access(EVIDENCE),
    "franchise.sync.reconciliation": Access(EVIDENCE),
    "franchise.sync.reconciliation.total": Access(EVIDENCE),
    "franchise.sync.drift": Access(EVIDENCE),
    "franchise.sync.step": Access({"operator": "crw", "manager": "crw"}, company=None),
}
