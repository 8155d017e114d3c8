import base64
import re
from decimal import Decimal

from odoo import fields
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request, route
from odoo.tools import escape_psql

from .portal_pages import HISTORY, FranchisePortal
from .uploads import chosen_files, read_document, read_file

MODEL = "franchise.claim.recovery"
URL = "/my/franchise/recoveries"
HISTORY_KEY, SAID_KEY = "franchise_recovery_history", "franchise_recovery_said"
# A form's amount as browsers send it: no sign, no exponent, no other digits than ours.
AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
MAX_AT_ONCE = 500
MAX_TEXT = 2000
MAX_SHOWN = 10  # sentences about demands that were left as they are


class PortalRecovery(FranchisePortal):
    """What a supplier, carrier or franchisee is asked to pay for claims: read and answered in the portal (R-D9, R-D16, R-C7).

    Only who belongs to the party sees a demand; there are no links with tokens, for an answer is money.
    """

    def _prepare_home_portal_values(self, counters):
        filters = self._recovery_filters()
        domains = {
            "franchise_recovery_count": (MODEL, filters["all"]["domain"]),
            "franchise_recovery_waiting_count": (MODEL, filters["waiting"]["domain"]),
        }
        return super()._prepare_home_portal_values(counters) | self._count_documents(counters, domains)

    def _recovery_filters(self):
        own = Domain(request.env[MODEL]._portal_domain(request.env.user.partner_id))
        answered = Domain("state", "in", ("accepted", "partial", "rejected")) & Domain("is_settled", "=", False)
        return {
            "waiting": {
                "label": request.env._("Waiting for your answer"),
                "domain": own & Domain("state", "in", ("demanded", "acknowledged")),
            },
            "answered": {"label": request.env._("Answered"), "domain": own & answered},
            "disputed": {"label": request.env._("Disputed"), "domain": own & Domain("state", "=", "disputed")},
            "settled": {"label": request.env._("Settled"), "domain": own & Domain("is_settled", "=", True)},
            "all": {"label": request.env._("All"), "domain": own},
        }

    def _recovery_sortings(self):
        return {
            "due": {"label": request.env._("Due first"), "order": "answer_due_at, id"},
            "newest": {"label": request.env._("Newest"), "order": "id desc"},
            "amount": {"label": request.env._("Amount"), "order": "amount_demanded desc, id desc"},
            "number": {"label": request.env._("Number"), "order": "number, id"},
        }

    def _recovery_inputs(self):
        """What can be searched: {key: {"input", "label", "names" of the fields}}."""
        names = {
            "all": (request.env._("Number or reference"), ("number", "partner_reference", "credit_note_number")),
            "number": (request.env._("Our number"), ("number",)),
            "reference": (request.env._("Your reference"), ("partner_reference",)),
            "credit_note": (request.env._("Your credit note"), ("credit_note_number",)),
        }
        return {key: {"input": key, "label": label, "names": fields_} for key, (label, fields_) in names.items()}

    @route([URL, f"{URL}/page/<int:page>"], type="http", auth="user", website=True, methods=["GET"])
    def portal_recoveries(self, page=1, filterby=None, sortby=None, search=None, search_in=None, **_kwargs):
        """The demands on the user's company."""
        inputs = self._recovery_inputs()
        search_in = search_in if search_in in inputs else next(iter(inputs))
        search = (search or "").strip()[:100]
        found = Domain.TRUE
        if search:
            found = Domain.OR(Domain(name, "ilike", escape_psql(search)) for name in inputs[search_in]["names"])
        return self._list_documents(
            "portal_my_recoveries",
            MODEL,
            found,
            URL,
            page,
            history=HISTORY_KEY,
            filters=self._recovery_filters(),
            filterby=filterby,
            sortings=self._recovery_sortings(),
            sortby=sortby,
            inputs=inputs,
            search_in=search_in,
            search=search,
            page_name="franchise_recovery",
            said=request.session.pop(SAID_KEY, None),
            open_states=("demanded", "acknowledged"),
        )

    @route(f"{URL}/answer", type="http", auth="user", website=True, methods=["POST"])
    def portal_recoveries_answer(self, step="", **_kwargs):
        """Acknowledge or accept the ticked demands (`ids`), all in one; those that can't be are named."""
        given = request.httprequest.form.getlist("ids")
        ids = [int(text) for text in given if text.isascii() and text.isdecimal() and len(text) < 10]
        own = request.env[MODEL]._portal_domain(request.env.user.partner_id)
        try:
            if step not in ("acknowledge", "accept") or not ids:
                raise UserError(request.env._("Tick the demands, then choose what to do with them."))
            if len(ids) > MAX_AT_ONCE:
                raise UserError(request.env._("At most %s demands can be answered at a time.", MAX_AT_ONCE))
            with request.env.cr.savepoint():
                recoveries = request.env[MODEL].search(Domain("id", "in", ids) & Domain(own))
                taken, left = recoveries._portal_take(step)
            done, refused = self._done_in_words(step, len(taken)), list(left.values())
            if len(refused) > MAX_SHOWN:
                refused[MAX_SHOWN:] = [request.env._("… and %s more.", len(refused) - MAX_SHOWN)]
        except UserError as error:
            done, refused = "", [str(error)]
        request.session[SAID_KEY] = {"done": done, "left": refused}
        return request.redirect(URL)

    @staticmethod
    def _done_in_words(step, count):
        if not count:
            return ""
        if step == "acknowledge":
            return request.env._("Demands acknowledged: %s.", count)
        return request.env._("Demands accepted in full: %s.", count)

    @route(f"{URL}/<int:recovery_id>", type="http", auth="user", website=True, methods=["GET"])
    def portal_recovery(self, recovery_id, said=None, **_kwargs):
        """One demand; who may not see it is sent home, whatever the reason."""
        recovery = self._recovery(recovery_id)
        return self._render_recovery(recovery, said=said) if recovery else request.redirect("/my")

    @route(f"{URL}/<int:recovery_id>/answer", type="http", auth="user", website=True, methods=["POST"])
    def portal_recovery_answer(self, recovery_id, way="", **post):
        """Acknowledge (`way`), accept, accept by line (`amount_`, `refusal_`, `note_` and the line's id), or reject all of it."""

        def answer(recovery):
            reference = self._text(post, "partner_reference", 100)
            if way == "acknowledge":
                _taken, left = recovery._portal_take("acknowledge", reference)
                if left:
                    raise UserError(next(iter(left.values())))
                return
            accepted, refusals = self._given_amounts(recovery, way, post)
            values = {
                "partner_reference": reference,
                "answer_reason": self._text(post, "answer_reason"),
                **self._given_papers(post, sum(accepted.values(), Decimal(0))),
            }
            recovery._portal_answer(accepted, refusals, **values)

        return self._recovery_act(
            recovery_id, answer, "acknowledged" if way == "acknowledge" else "answered", way=way, **post
        )

    @route(f"{URL}/<int:recovery_id>/dispute", type="http", auth="user", website=True, methods=["POST"])
    def portal_recovery_dispute(self, recovery_id, **post):
        """Dispute a demand, with a reason (`dispute_reason`)."""
        reason = self._text(post, "dispute_reason")
        return self._recovery_act(recovery_id, lambda recovery: recovery._portal_dispute(reason), "disputed", **post)

    @route(f"{URL}/<int:recovery_id>/counter", type="http", auth="user", website=True, methods=["POST"])
    def portal_recovery_counter(self, recovery_id, **post):
        """Demand something in turn: `counter_amount`, `counter_reason`, `counter_reference`."""

        def demand(recovery):
            amount = self._amount(post.get("counter_amount"))
            reason, reference = self._text(post, "counter_reason"), self._text(post, "counter_reference", 100)
            recovery._portal_counter(amount, reason, reference)

        return self._recovery_act(recovery_id, demand, "demanded", **post)

    @route(f"{URL}/<int:recovery_id>/evidence", type="http", auth="user", website=True, methods=["POST"])
    def portal_recovery_evidence(self, recovery_id, **post):
        """Give evidence to the claim behind a demand: `evidence_type`, `evidence_text`, files `evidence_files`."""

        def give(recovery):
            text = post.get("evidence_type") or ""
            type_id = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
            kind = request.env["franchise.evidence.type"].sudo().search([("id", "=", type_id)])
            files = [(file.filename, read_file(file)) for file in chosen_files("evidence_files")]
            claim = recovery.sudo().claim_id
            claim._portal_add_evidence(
                kind, files, self._text(post, "evidence_text", 10000), request.env.user.partner_id
            )

        return self._recovery_act(recovery_id, give, "given", **post)

    @route(f"{URL}/<int:recovery_id>/file/<int:file_id>", type="http", auth="user", methods=["GET"])
    def portal_recovery_file(self, recovery_id, file_id, thumbnail=None, **_kwargs):
        """A file of evidence that the party may see; a photo as `thumbnail` to be shown, everything else to be saved."""
        recovery = self._recovery(recovery_id)
        try:
            if not recovery:
                raise AccessError(request.env._("This demand doesn't exist, or isn't yours."))
            file = recovery._portal_file(file_id)
        except AccessError:
            raise request.not_found() from None
        binary = request.env["ir.binary"].sudo()
        if thumbnail and (file.mimetype or "").startswith("image/"):
            stream = binary._get_image_stream_from(file, "raw", width=320, height=320)
            return self._private(stream.get_response(as_attachment=False))
        return self._private(binary._get_stream_from(file).get_response(as_attachment=True))

    @route(f"{URL}/<int:recovery_id>/letter", type="http", auth="user", methods=["GET"])
    def portal_recovery_letter(self, recovery_id, **_kwargs):
        """The document that the party sent with its answer, to be saved."""
        recovery = self._recovery(recovery_id)
        if not recovery or not recovery.answer_letter:
            raise request.not_found()
        stream = (
            request.env["ir.binary"]
            .sudo()
            ._get_stream_from(recovery, "answer_letter", filename=recovery.answer_letter_name or "letter")
        )
        return self._private(stream.get_response(as_attachment=True))

    @staticmethod
    def _private(response):
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def _recovery(self, recovery_id):
        """The demand (sudo) when it is on the user's own company; None otherwise."""
        try:
            recovery = self._document_check_access(MODEL, recovery_id)
        except (AccessError, MissingError):
            return None
        own = recovery.filtered_domain(recovery._portal_domain(request.env.user.partner_id))
        return own.with_env(request.env).sudo() or None

    def _recovery_act(self, recovery_id, act, said, **entered):
        """Take a step of the party on its demand, all or nothing; a refusal shows the page again with what was entered."""
        recovery = self._recovery(recovery_id)
        if not recovery:
            return request.redirect("/my")
        try:
            with request.env.cr.savepoint():
                act(recovery)
        except UserError as error:
            return self._render_recovery(recovery, error=str(error), entered=entered)
        return request.redirect(f"{URL}/{recovery.id}?said={said}")

    def _render_recovery(self, recovery, error="", entered=None, said=None):
        before, after = self._neighbours(recovery.id)
        values = {
            **self._prepare_portal_layout_values(),
            "recovery": recovery,
            "facts": recovery._portal_facts(),
            "obstacles": {
                step: recovery._portal_obstacles(step).get(recovery, "")
                for step in ("acknowledge", "answer", "dispute")
            },
            "refusals": recovery.line_ids._fields["refusal"]._description_selection(recovery.env),
            "evidence_types": request.env["franchise.evidence.type"].sudo().search([]),
            "may_counter": recovery.state != "withdrawn" and recovery.claim_id.state == "approved",
            "page_name": "franchise_recovery",
            "prev_record": before,
            "next_record": after,
            "error": error,
            "entered": entered or {},
            "said": said,
            "today": fields.Date.context_today(recovery),
        }
        return request.render("franchise_aftersales.portal_recovery_page", values)

    @staticmethod
    def _neighbours(recovery_id):
        """Addresses of the demands before and after this one in the list that the user came from."""
        ids = request.session.get(HISTORY_KEY, [])[:HISTORY]
        if recovery_id not in ids:
            return False, False
        place = ids.index(recovery_id)
        before = place > 0 and f"{URL}/{ids[place - 1]}"
        return before, place + 1 < len(ids) and f"{URL}/{ids[place + 1]}"

    @staticmethod
    def _text(post, name, most=MAX_TEXT):
        value = post.get(name)
        return value.strip()[:most] if isinstance(value, str) else ""

    @staticmethod
    def _amount(text):
        """An amount of a form as Decimal. :raises UserError: it is none."""
        text = text.strip() if isinstance(text, str) else ""
        if not AMOUNT.fullmatch(text):
            raise UserError(
                request.env._("“%s” is no amount: write it in digits, with a point before the decimals.", text[:30])
            )
        return Decimal(text)

    def _given_amounts(self, recovery, way, post):
        """({line id: Decimal} accepted, {line id: (reason, text)}) of an answer.

        :raises UserError: the way isn't known, or what is written isn't an amount.
        """
        lines = recovery.line_ids
        if way == "accept":
            return {line.id: Decimal(str(line._amount_asked())) for line in lines}, {}
        if way == "reject":
            said = (post.get("refusal") or "", self._text(post, "answer_reason"))
            return {line.id: Decimal(0) for line in lines}, dict.fromkeys(lines.ids, said)
        if way != "lines":
            raise UserError(request.env._("Choose what your answer is."))
        named = {name.removeprefix("amount_"): value for name, value in post.items() if name.startswith("amount_")}
        accepted = {
            int(key) if key.isascii() and key.isdecimal() and len(key) < 10 else 0: self._amount(value)
            for key, value in named.items()
        }
        refusals = {
            line_id: (post.get(f"refusal_{line_id}") or "", self._text(post, f"note_{line_id}")) for line_id in accepted
        }
        return accepted, refusals

    def _given_papers(self, post, accepted):
        """The credit note and document of an answer, as `_answer_by_hand` takes them.

        :raises UserError: a number without a date, a date that is none, or a document that can't be read.
        """
        number = self._text(post, "credit_note_number", 100)
        values = {}
        if number:
            try:
                day = fields.Date.to_date(self._text(post, "credit_note_date", 10))
            except ValueError:
                day = None
            if not day:
                raise UserError(request.env._("Give the date of your credit note."))
            if not accepted:
                raise UserError(request.env._("A credit note belongs to what you accept: nothing is accepted."))
            values = {"credit_note_number": number, "credit_note_date": day, "credit_note_amount": float(accepted)}
        for file in chosen_files("letter")[:1]:
            name, content = read_document(file)
            values.update(answer_letter=base64.b64encode(content), answer_letter_name=name[-120:])
        return values
