"""Our Odoo over its JSON-2 interface, the successor of ``/jsonrpc``."""

from __future__ import annotations

from franchise_sync.erp.api_calls import ApiErp
from franchise_sync.transport.json2_client import Json2Client


class Json2Erp(ApiErp):
    """No login: the key goes with every call."""

    def __init__(self, client: Json2Client) -> None:
        super().__init__(client)
