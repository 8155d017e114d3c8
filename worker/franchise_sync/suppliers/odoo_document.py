"""The credit note that a claim becomes (profile ``account_move``), and ids of what we leave. Pure: no calls.

Its external id is made of the message's uuid, each line's of the uuid and the line's key, the note in the
chatter's of the uuid and ``_reason``.
"""

from __future__ import annotations

from franchise_sync.payload import Claim
from franchise_sync.suppliers.odoo_profile import DEFAULT, Profile, load_profile
from franchise_sync.suppliers.odoo_profile_rows import (
    MODULE,
    ORIGIN,
    claim_rows,
    columns,
    reason_text,
    record_xmlid,
    split_xmlid,
)
from franchise_sync.text import text_to_html

__all__ = ["LOAD_CONTEXT", "MODULE", "ORIGIN", "key_of_xmlid", "move_rows", "move_xmlid", "reason_text"]

# "mode: update" with "noupdate" is what makes a repeated load harmless: a record whose external id is known
# and marked
# noupdate is returned but not written (odoo/orm/models.py, _load_records), one that isn't known is created.
# Without it
# a repeated load would put back the lines that the supplier's clerk has lowered, or fail on a posted
# document.
LOAD_CONTEXT = {"mode": "update", "noupdate": True, "lang": "en_US"}

PROFILE = load_profile(DEFAULT)
MOVE_FIELDS = columns(PROFILE)
MESSAGE_FIELDS = ["id", "model", "res_id", "message_type", "subtype_id/id", "body"]


def move_xmlid(uuid: str) -> str:
    return record_xmlid(uuid)


def reason_xmlid(uuid: str) -> str:
    return f"{MODULE}.{uuid}_reason"


def uuid_of_xmlid(xmlid: str) -> str:
    """:return: the uuid of a document's external id, empty for any other external id"""
    uuid, key = split_xmlid(xmlid)
    return "" if key else uuid


def key_of_xmlid(xmlid: str, uuid: str) -> str:
    """:return: the key of a line's external id, empty if it isn't a line of that document"""
    prefix = f"{MODULE}.{uuid}_"
    return xmlid[len(prefix) :] if xmlid.startswith(prefix) else ""


def move_rows(claim: Claim, partner_id: int, currency_id: int, profile: Profile = PROFILE) -> list[list[str]]:
    """:return: one row a line, for the columns of the profile"""
    return claim_rows(profile, claim, partner_id, currency_id)


def message_row(claim: Claim, move_id: int) -> list[str]:
    """:return: the row that puts the reason into the document's chatter, as an internal note"""
    return [
        reason_xmlid(claim.uuid),
        "account.move",
        str(move_id),
        "comment",
        "mail.mt_note",
        text_to_html(reason_text(claim)),
    ]
