from odoo.http import Controller, request, route

MAX_BODY = 256 * 1024  # bytes; an answer with 2,000 lines has about 100,000


class SyncWebhook(Controller):
    """Where a supplier's system sends its signed answers (R-G3, docs/api/webhook.yaml)."""

    # The signature is what lets somebody in: neither a session nor its token plays a part. What is too large is refused
    # by its length, before it is read.
    @route(
        "/franchise/sync/<string:code>/webhook",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_BODY,
    )
    def take_answer(self, code, **_parameters):
        """Hand one answer over; the reply is the same when it comes again."""
        sent = request.httprequest
        if sent.mimetype != "application/json":
            return request.make_json_response({"reason": request.env._("Send application/json.")}, status=415)
        headers = {name: sent.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")}
        status, reply, wait = request.env["franchise.sync.api"]._take_webhook(code, headers, sent.get_data())
        return request.make_json_response(reply, headers={"Retry-After": str(wait)} if wait else None, status=status)
