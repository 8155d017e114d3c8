"""Short ways to terms, notices and signatures, for the tests of notices and of what builds on them."""

import base64
import io

from odoo.fields import Command, Date
from PIL import Image


def picture():
    """A drawn signature: a small PNG in base64."""
    content = io.BytesIO()
    Image.new("RGB", (40, 20), "white").save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


def make_file(flow, name="proof.pdf", user=None):
    """An uploaded file that belongs to nothing yet."""
    files = flow.env["ir.attachment"].with_user(user or flow.users["contract"])
    return files.create({"name": name, "raw": b"%PDF-1.4 proof"})


def make_terms(flow, contract=None, confirm=True, **values):
    """A version of a contract's terms, confirmed unless told otherwise."""
    contract = contract or flow.contract
    # Signing put first terms in force from the start on: these amend them from the day after.
    day = Date.add(contract.date_start, days=1) if contract.version_ids else contract.date_start
    version = flow.env["franchise.contract.version"].create({"contract_id": contract.id, "date_from": day, **values})
    if confirm:
        version.action_confirm()
    return version


def make_notice(flow, **values):
    """A draft notice of the contract manager's to the world's franchisee."""
    return (
        flow.env["franchise.notice"]
        .with_user(flow.users["contract"])
        .create(
            {
                "name": "Test notice",
                "contract_id": flow.contract.id,
                "company_id": flow.company.id,
                "partner_id": flow.franchisee.id,
                **values,
            }
        )
    )


def acknowledge(notice, name="Li Wei"):
    """Record an acknowledgement on paper, with its signed copy."""
    files = notice.env["ir.attachment"].create({"name": "signed.pdf", "raw": b"%PDF-1.4 signed"})
    notice._acknowledge(name, "paper", files=files)


def make_contract(flow, **values):
    """A draft contract with one outlet and confirmed terms, to a franchisee who can be mailed."""
    number = flow.env["franchise.outlet"].search_count([]) + 1
    contract = flow.env["franchise.contract"].create(
        {
            "franchisee_id": flow.franchisee.id,
            "company_id": flow.company.id,
            "brand_id": flow.brand.id,
            "currency_id": flow.currency.id,
            "date_start": flow.day(-30),
            "date_end": flow.day(900),
            "user_id": flow.users["contract"].id,
            "outlet_ids": [Command.create({"code": f"N{number}-{flow.key}", "name": "Notice Outlet"})],
            **values,
        }
    )
    make_terms(flow, contract, notice_days=90, acknowledge_days=7, cure_days=30)
    return contract
