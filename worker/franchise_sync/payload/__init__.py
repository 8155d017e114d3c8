"""Payloads of the outbox, one module a kind; ``parts`` has what they share."""

from franchise_sync.payload.amendment import Amendment, parse_amendment
from franchise_sync.payload.claim import Claim, ClaimLine, parse_claim
from franchise_sync.payload.claim_change import ClaimChange, parse_claim_change
from franchise_sync.payload.claim_withdrawal import ClaimWithdrawal, parse_claim_withdrawal
from franchise_sync.payload.parts import MAX_BYTES, check_integrity, parse_amount
from franchise_sync.payload.settlement import Settlement, parse_settlement
from franchise_sync.payload.settlement_reversal import SettlementReversal, parse_settlement_reversal
from franchise_sync.payload.termination import TerminationNotice, parse_termination

__all__ = [
    "MAX_BYTES",
    "Amendment",
    "Claim",
    "ClaimChange",
    "ClaimLine",
    "ClaimWithdrawal",
    "Settlement",
    "SettlementReversal",
    "TerminationNotice",
    "check_integrity",
    "parse_amendment",
    "parse_amount",
    "parse_claim",
    "parse_claim_change",
    "parse_claim_withdrawal",
    "parse_settlement",
    "parse_settlement_reversal",
    "parse_termination",
]
