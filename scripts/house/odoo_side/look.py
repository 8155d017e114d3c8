"""Read what the demo needs to know of the story before anything runs: suppliers' systems and currencies."""

from __future__ import annotations


def prepare(env, _data):
    """Returns the suppliers of the story: code, name, database, login, currency, our reference there."""
    suppliers = []
    for endpoint in env["franchise.sync.endpoint"].search([], order="id"):
        agreement = env["franchise.service.agreement"].search([("supplier_id", "=", endpoint.partner_id.id)], limit=1)
        suppliers.append(
            {
                "code": endpoint.code,
                "name": endpoint.partner_id.name,
                "database": endpoint.database,
                "login": endpoint.login,
                "customer_ref": endpoint.customer_ref,
                "currency": agreement.currency_id.name,
                "customer": endpoint.company_id.name,
            }
        )
    return suppliers
