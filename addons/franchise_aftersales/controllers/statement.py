from odoo import http
from odoo.http import request
from werkzeug.exceptions import BadRequest

from .file_response import file_response

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP_TYPE = "application/zip"
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
        name = settlements._statement_file_name() if len(settlements) == 1 else settlements.env._("Statements")
        return file_response(settlements._statement_xlsx_file(), f"{name}.xlsx", XLSX_TYPE)

    @http.route("/franchise/statements/<int:run_id>.zip", type="http", auth="user", methods=["GET"], readonly=True)
    def statement_run_zip(self, run_id, **_kwargs):
        """All statements of a run in one archive. 404 for a run that doesn't exist or isn't the user's to read."""
        run = request.env["franchise.statement.run"].browse(min(run_id, MAX_ID)).exists()
        if not run or not run.has_access("read"):
            raise request.not_found()
        return file_response(run._archive(), f"{run._archive_name()}.zip", ZIP_TYPE)

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
