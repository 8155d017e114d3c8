"""Every kind of message and what reads its payload: for connectors that send the payload as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from franchise_sync.errors import PayloadError
from franchise_sync.payload import amendment, claim, claim_change, claim_withdrawal, termination

PARSERS: Mapping[str, Callable[[str, str], object]] = {
    claim.KIND: claim.parse_claim,
    claim_change.KIND: claim_change.parse_claim_change,
    claim_withdrawal.KIND: claim_withdrawal.parse_claim_withdrawal,
    termination.KIND: termination.parse_termination,
    amendment.KIND: amendment.parse_amendment,
}


def check_payload(kind: str, payload: str, uuid: str) -> None:
    """:param uuid: of the outbox row; the payload must name the same one
    :raise PayloadError: this worker doesn't know the kind, or the payload isn't what the kind promises
    """
    parser = PARSERS.get(kind)
    if parser is None:
        raise PayloadError(f"Messages of kind {kind[:60]!r} are unknown to this worker; it was not sent.")
    parser(payload, uuid)
