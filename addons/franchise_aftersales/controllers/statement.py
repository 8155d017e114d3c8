from odoo import http
from odoo.http import content_disposition, request
from werkzeug.exceptions import BadRequest

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_STATEMENTS = 500
MAX_ID = 2**31 - 1


class StatementController(http.Controller):
    @http.route("/franchise/settlement/statement.xlsx", type="http", auth="user", methods=["GET"], readonly=True)
    def statement_xlsx(self, ids="", **_kwargs):
        """The statements of the settlements `ids` (comma-separated) as one workbook, one sheet each.

        The user's own access rules decide: 403 for a settlement that they may not read, 404 for one that doesn't
        exist, 400 for ids that are no numbers.
        """
        settlements = request.env["franchise.settlement"].browse(self._parse_ids(ids))
        settlements.check_access("read")
        content = settlements._statement_xlsx()
        name = settlements._statement_file_name() if len(settlements) == 1 else settlements.env._("Statements")
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX_TYPE),
                ("Content-Length", str(len(content))),
                ("Content-Disposition", content_disposition(f"{name}.xlsx")),
            ],
        )

    @staticmethod
    def _parse_ids(text):
        """Ids of a comma-separated text, each once, in the order given."""
        parts = [part.strip() for part in text.split(",") if part.strip()]
        # isdecimal and the length first: int() of a text of a million digits is work for an attacker's pleasure.
        if not parts or not all(part.isdecimal() and len(part) <= 10 and 0 < int(part) <= MAX_ID for part in parts):
            raise BadRequest("ids: numbers separated by commas")
        ids = list(dict.fromkeys(int(part) for part in parts))
        if len(ids) > MAX_STATEMENTS:
            raise BadRequest(f"ids: at most {MAX_STATEMENTS} statements in one workbook")
        return ids
