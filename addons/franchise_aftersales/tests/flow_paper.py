"""A contract signed on paper: recorded with its scan by one person, confirmed by another."""


def record_paper(contracts, user):
    """Attach a scan to each contract and record the signature on paper as `user`."""
    for contract in contracts.with_user(user):
        scan = contract.env["ir.attachment"].create({"name": "signed.pdf", "raw": b"%PDF-1.4 signed by both"})
        contract.scan_ids |= scan
        contract.action_record_paper()


def sign_on_paper(flow, contracts):
    """Recorded by the contract manager, confirmed by the manager. :return: the contracts as the contract manager's."""
    record_paper(contracts, flow.users["contract"])
    contracts.with_user(flow.users["manager"]).action_sign()
    return contracts.with_user(flow.users["contract"])
