"""Notices against the renewal of a contract, for the tests of its term and of what ends with it."""

from unittest.mock import patch

from odoo.fields import Date


def refusal(contract, **values):
    """A draft notice against the renewal of `contract`, as its button opens it."""
    context = contract.action_refuse_renewal()["context"]
    return contract.env["franchise.notice"].with_context(**context).create({"reason": "<p>Too few sales</p>", **values})


def received(contract, day, **values):
    """A draft of the franchisee's notice that reached us on `day`, with its letter."""
    letter = contract.env["ir.attachment"].create({"name": "letter.pdf", "raw": b"%PDF-1.4 letter"})
    return refusal(contract, given_by="franchisee", received_on=day, received_file_ids=letter.ids, **values)


def refuse(contract, day, reason="Too few sales"):
    """The franchisee's notice of `day`, recorded on that day."""
    with today(day):
        notice = received(contract, day, reason=reason)
        notice.action_receive()
    return notice


def today(day):
    """A context in which it is `day` for the models."""
    return patch.object(Date, "context_today", lambda record, timestamp=None: Date.to_date(day))
