from odoo.fields import Command

SERVICE, MANAGER = "group_service", "group_manager"

STEPS = {
    "franchise.claim.followup": {
        "done": ("planned", "done", SERVICE),
        "drop": ("planned", "dropped", SERVICE),
    },
    "franchise.claim.cluster": {
        "confirm": ("new", "confirmed", SERVICE),
        "dismiss": ("new", "dismissed", SERVICE),
        "close": ("confirmed", "closed", SERVICE),
        "absorb": ("new confirmed", "closed", SERVICE),
    },
    "franchise.staff.complaint": {
        "validate": ("draft", "validated", MANAGER),
        "dismiss": ("draft", "dismissed", MANAGER),
    },
}
STEP_VALUES = {
    "franchise.claim": {
        "told_on": "2026-01-01",
        "told_by_id": 1,
        "told_channel": "mail",
        "told_text": "forged",
        "closed_on": "2026-01-01",
        "rating_requested_on": "2026-01-01",
        "reopen_count": 0,
        "reopen_request": "forged",
        "reopen_requested_on": "2026-01-01",
        "priority": "3",
        "customer_grade": "A",
    },
    "franchise.claim.followup": {"done_on": "2026-01-01", "done_by_id": 1, "company_id": 1, "claimant_id": 1},
    "franchise.claim.cluster": {
        "claim_ids": [],
        "key": "forged",
        "lot_to": 9,
        "claim_count": 99,
        "confirmed_by_id": 1,
        "decided_on": "2026-01-01",
    },
    "franchise.staff.complaint": {
        "decided_by_id": 1,
        "decided_on": "2026-01-01",
        "measure": "dismissal",
        "number": 3,
        "ordinal": 3,
        "entered_by_id": 1,
        "leader_ids": [],
    },
}
# Only the search for signals joins two of them.
BUTTONS = {("franchise.claim.cluster", "absorb"): None}


def team(flow, leader="service", member="employee", **values):
    """A team with one member, who takes every claim."""
    return flow.env["franchise.service.team"].create(
        {
            "name": f"Team {flow.key}",
            "company_id": flow.company.id,
            "leader_id": flow.users[leader].id,
            "member_ids": [Command.create({"user_id": flow.users[member].id, **values})],
        }
    )


def records(flow, made):
    env = flow.env
    claim = made["franchise.claim"]
    product = env["product.product"].create({"name": "Kettle"})
    # Both people of the service are leaders of the person concerned: others of the service see no complaint.
    first = team(flow)
    team(flow, leader="service2")
    return {
        "franchise.claim.followup": env["franchise.claim.followup"].create({"claim_id": claim.id}),
        "franchise.claim.tell": env["franchise.claim.tell"].create({}),
        "franchise.claim.lesson": env["franchise.claim.lesson"].create(
            {
                "name": "Foil tears",
                "text": "Thicker foil",
                "cause_id": flow.cause.id,
                "company_id": flow.company.id,
            }
        ),
        "franchise.claim.cluster": env["franchise.claim.cluster"]
        ._trusted()
        .create(
            {
                "product_id": product.id,
                "cause_id": flow.cause.id,
                "kind": "batch",
                "key": "B1",
                "lot_from": 0,
                "lot_to": 0,
                "company_id": flow.company.id,
            }
        )
        .with_env(env),
        "franchise.service.team": first,
        "franchise.service.team.member": first.member_ids,
        "franchise.service.handover": env["franchise.service.handover"].create({}),
        "franchise.staff.complaint": env["franchise.staff.complaint"].create(
            {
                "staff_id": flow.users["employee"].id,
                "description": "Was rude",
                "company_id": flow.company.id,
            }
        ),
    }


def documents(flow, made):
    made["franchise.claim"].reopen_reason = "new facts"
    return {}


def state_values(flow, model, state):
    if model == "franchise.claim.followup" and state == "done":
        return {"satisfied": "yes", "result": "Holds", "done_on": flow.today}
    if model == "franchise.staff.complaint" and state != "draft":
        return {
            "decided_by_id": flow.users["manager"].id,
            "decided_on": flow.today,
            "finding": "True",
            "ordinal": 1,
        }
    return {}
