from odoo import http
from odoo.http import content_disposition, request
from werkzeug.exceptions import BadRequest

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class StatementController(http.Controller):
    @http.route("/franchise/settlement/statement.xlsx", type="http", auth="user", methods=["GET"], readonly=True)
    def statement_xlsx(self, ids="", **_kwargs):
        """The statements of the settlements `ids` (comma-separated) as one workbook, one sheet each.

        The user's own access rules decide; 400 for ids that are no numbers.
        """
        try:
            settlement_ids = [int(part) for part in ids.split(",") if part]
        except ValueError as error:
            raise BadRequest("ids: numbers separated by commas") from error
        settlements = request.env["franchise.settlement"].browse(settlement_ids)
        settlements.check_access("read")
        content = settlements._statement_xlsx()
        name = settlements.name if len(settlements) == 1 else "settlements"
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX_TYPE),
                ("Content-Length", str(len(content))),
                ("Content-Disposition", content_disposition(f"{(name or 'settlement').replace('/', '-')}.xlsx")),
            ],
        )
