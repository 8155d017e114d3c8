from odoo import http
from odoo.http import Response, content_disposition, request
from werkzeug.wsgi import wrap_file

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
        headers = [
            ("Content-Type", TYPES[kind]),
            ("Content-Disposition", content_disposition(f"{claim._packet_file_name()}.{kind}")),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ]
        if kind == "pdf":
            return request.make_response(claim._packet_pdf(), headers=headers)
        archive = claim._packet_archive()
        size = archive.seek(0, 2)
        archive.seek(0)
        response = Response(
            wrap_file(request.httprequest.environ, archive),
            headers=[*headers, ("Content-Length", str(size))],
            direct_passthrough=True,
        )
        response.call_on_close(archive.close)
        return response
