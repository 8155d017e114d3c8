from odoo.fields import Command

CONTRACT = "group_contract"

STEPS = {
    "franchise.service.agreement": {
        "activate": ("draft", "active", CONTRACT),
        "end": ("active", "ended", CONTRACT),
    },
    "franchise.service.agreement.version": {"confirm": ("draft", "confirmed", CONTRACT)},
}


def records(flow, made):
    env = flow.env
    draft = flow.make_version(flow.agreement, date_from=flow.day(300))
    draft.write(
        {
            "scope_ids": [Command.create({"brand_id": flow.brand.id})],
            "cause_term_ids": [Command.create({"cause_id": flow.cause.id})],
        }
    )
    ceiling = env["franchise.service.agreement.ceiling"].create(
        {
            "agreement_id": flow.agreement.id,
            "period": "year",
            "date_start": "2020-01-01",
            "date_end": "2020-12-31",
            "amount_ceiling": 100,
            "amount_used": 40,
        }
    )
    return {
        "franchise.service.agreement": flow.agreement,
        "franchise.service.agreement.version": flow.version,
        "franchise.service.agreement.liability": flow.version.liability_ids,
        "franchise.service.agreement.scope": draft.scope_ids,
        "franchise.service.agreement.cause.term": draft.cause_term_ids,
        "franchise.service.agreement.transport.notice": draft.transport_notice_ids[0],
        "franchise.service.level": draft.level_ids[0],
        "franchise.service.agreement.ceiling": ceiling,
        "franchise.cause": flow.cause,
        "franchise.service.mode": env.ref("franchise_aftersales.service_mode_on_site"),
        "franchise.transport.mode": env.ref("franchise_aftersales.transport_mode_road"),
        "franchise.evidence.type": env.ref("franchise_aftersales.evidence_reason"),
        "franchise.pause.reason": env.ref("franchise_aftersales.pause_parts"),
        "franchise.service.agreement.amend": env["franchise.service.agreement.amend"].create({}),
        "franchise.service.agreement.day": env["franchise.service.agreement.day"].create({}),
        "franchise.service.level.try": env["franchise.service.level.try"].create({}),
        "franchise.service.level.try.pause": env["franchise.service.level.try.pause"].create({}),
    }


def documents(flow, made):
    supplier = flow.partner("Steps")
    other = flow.env["franchise.service.agreement"].create({"supplier_id": supplier.id, "company_id": flow.company.id})
    return {
        "franchise.service.agreement": flow.make_agreement(supplier, activate=False),
        "franchise.service.agreement.version": flow.make_version(other),
    }
