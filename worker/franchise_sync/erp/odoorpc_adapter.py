"""Our Odoo over odoorpc on ``/jsonrpc``."""

from __future__ import annotations

from franchise_sync.erp.api_calls import ApiErp
from franchise_sync.transport.odoo_client import OdooClient


class OdooRpcErp(ApiErp):
    """Logs in once; Odoo checks user and key at every call."""

    def __init__(self, client: OdooClient) -> None:
        super().__init__(client)
