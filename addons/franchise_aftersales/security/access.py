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
CLAIMS = {"service": "crwd", "accountant": "r", "finance": "rw", "contract": "r", "manager": "crwd"}
RECOVERIES = {"service": "rw", "accountant": "r", "finance": "r", "operator": "r", "manager": "rw"}
EVIDENCE = {"service": "r", "operator": "r", "manager": "r"}
# Lists that a manager keeps and everybody chooses from.
LISTS = {"service": "r", "accountant": "r", "finance": "r", "contract": "r", "operator": "r", "manager": "crwd"}

ACCESS = {
    # Odoo's own, for choosing bills; a record rule leaves posted vendor bills only (security.xml)
    "account.move": Access({"service": "r"}, company=None),
    "account.move.line": Access({"service": "r"}, company=None),
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
    "franchise.contract.version": Access(
        {**TERMS, "portal": "r"},
        portal=f"[('contract_id.franchisee_id', 'child_of', {OWN}), ('state', '=', 'confirmed'),"
        " ('contract_id.state', 'in', ('offered', 'signed', 'ended'))]",
    ),
    # application, network
    # clause
    "franchise.clause": Access(TERMS),
    "franchise.obligation": Access(TERMS),
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
    # settlement of terminations, documents, personal data, disputes
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
    "franchise.claim": Access(CLAIMS),
    "franchise.claim.line": Access(CLAIMS),
    "franchise.claim.quota": Access(
        {"service": "r", "accountant": "r", "finance": "r", "manager": "r"}, company="invoice_line_id.company_id"
    ),
    "franchise.claim.recovery": Access(RECOVERIES),
    "franchise.claim.recovery.line": Access(RECOVERIES),
    # settlement
    "franchise.settlement": Access({"accountant": "r", "finance": "crwd", "manager": "crwd"}),
    "franchise.settlement.line": Access({"accountant": "r", "finance": "rd", "manager": "rd"}),
    "franchise.settlement.generate": Access({"finance": "crw", "manager": "crw"}, company=None),
    "franchise.tie.out": Access({"accountant": "r", "finance": "r", "manager": "r"}),
    # sync
    "franchise.sync.endpoint": Access(
        {"service": "r", "accountant": "r", "finance": "r", "operator": "crwd", "manager": "crwd"}
    ),
    "franchise.sync.message": Access(EVIDENCE),
    "franchise.sync.attempt": Access(EVIDENCE),
    "franchise.sync.inbox": Access(EVIDENCE),
}
