from odoo import http
from odoo.http import request

from .file_response import file_headers, file_response

TYPES = {"pdf": "application/pdf", "zip": "application/zip"}
MAX_ID = 2**31 - 1


class ClaimPacketController(http.Controller):
    @http.route(
        ["/franchise/claim/packet/<int:packet_id>/<any(pdf,zip):kind>"], type="http", auth="user", methods=["GET"]
    )
    def claim_packet(self, packet_id, kind, **_kwargs):
        """The claim packet that the user has just asked for (a `franchise.claim.packet` of theirs), sent in pieces.

        404 for one that doesn't exist (any more), 403 for somebody else's and for a claim that the user may not read.
        """
        packet = request.env["franchise.claim.packet"].browse(min(packet_id, MAX_ID)).exists()
        if not packet:
            raise request.not_found()
        packet.check_access("read")
        claim = packet._claim_for_reader()
        name = f"{claim._packet_file_name()}.{kind}"
        if kind == "pdf":
            return request.make_response(claim._packet_pdf(), headers=file_headers(name, TYPES[kind]))
        return file_response(claim._packet_archive(), name, TYPES[kind])
