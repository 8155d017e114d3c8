from odoo import api, models
from odoo.tools import SQL


class IrSequence(models.Model):
    _inherit = "ir.sequence"

    @api.model
    def _next_batch_by_code(self, code, count):
        """The next `count` numbers of the company's sequence with that code, in order; none where there is no sequence.

        Which sequence it is follows `next_by_code`. PostgreSQL hands out the numbers of a plain sequence in one statement;
        one without gaps or with numbers by period is asked for each.
        """
        sequence = self.sudo().search(
            [("code", "=", code), ("company_id", "in", (self.env.company.id, False))], order="company_id", limit=1
        )
        if not sequence:
            return []
        if sequence.use_date_range or sequence.implementation != "standard":
            return [sequence._next() for _number in range(count)]
        rows = self.env.execute_query(
            SQL("SELECT nextval(%s) FROM generate_series(1, %s)", f"ir_sequence_{sequence.id:03d}", count)
        )
        return [sequence.get_next_char(number) for (number,) in rows]
