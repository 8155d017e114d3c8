"""Claims from tables: Odoo's own import of CSV and XLSX, and `load` called by other systems (R-D1)."""

from collections import defaultdict

from odoo import api, models

LINE = "line_ids/"


class _Checked:
    """Ids that were looked up for a whole table. An object: it can't be sent over RPC, so no client can skip the check."""

    def __init__(self):
        self.ids = defaultdict(set)


class IrFieldsConverter(models.AbstractModel):
    _inherit = "ir.fields.converter"

    @api.model
    def db_id_for(self, model, field, subfield, value, savepoint):
        checked = self.env.context.get("franchise_checked")
        if subfield == ".id" and isinstance(checked, _Checked) and value in checked.ids[field.comodel_name]:
            return int(value), []
        return super().db_id_for(model, field, subfield, value, savepoint)


class FranchiseClaim(models.Model):
    _inherit = "franchise.claim"

    @api.model
    def get_import_templates(self):
        """The table of claims with their losses, offered by the import screen."""
        return [
            {
                "label": self.env._("Import Template for Claims"),
                "template": "/franchise_aftersales/static/csv/franchise_claim.csv",
            }
        ]

    @api.model
    def load(self, fields, data):
        """Create claims with their lines from a table, all or none; see docs/claims-intake.md.

        Contracts and outlets are named by number or code, suppliers by reference or name, causes by code or name, bill lines by
        "number of the bill#number of the line". A claim whose external id is known is updated as long as it is a draft and
        its lines have external ids too; otherwise it was sent before, nothing changes and its id is answered.

        :return: as Odoo's `load`: {"ids": list or False, "messages": [{"type", "message", "rows"}], "nextrow"}.
        """
        fields = [name.replace(":", "/") for name in fields]
        rows, repeated = self._without_repeated(fields, data)
        names, table, messages, checked = self._looked_up(fields, [data[row] for row in rows])
        if messages:
            for message in messages:
                row = rows[message["record"]]
                message.update(record=row, rows={"from": row, "to": row})
            return {"ids": False, "messages": messages, "nextrow": 0}
        result = super(FranchiseClaim, self.with_context(franchise_checked=checked)).load(names, table)
        for message in result["messages"]:
            if "rows" in message:
                message["rows"] = {end: rows[row] for end, row in message["rows"].items()}
                message["record"] = message["rows"]["from"]
        if repeated and result["ids"] is not False:
            result["ids"] = self._in_order(result["ids"], self._first_rows(fields, data), repeated)
        if result.get("nextrow"):
            result["nextrow"] = rows[result["nextrow"]] if result["nextrow"] < len(rows) else 0
        return result

    @api.model
    def _first_rows(self, fields, data):
        """Indexes of the rows that begin a claim: those that say anything but a line."""
        own = [index for index, name in enumerate(fields) if not name.startswith(LINE)]
        return [number for number, row in enumerate(data) if not number or any(row[index] for index in own)]

    @api.model
    def _without_repeated(self, fields, data):
        """(indexes of the rows to load, {first row of a claim that was sent before: its id})."""
        everything = list(range(len(data)))
        if "id" not in fields:
            return everything, {}
        column = fields.index("id")
        starts = self._first_rows(fields, data)
        known = self._known_claims({data[start][column] for start in starts} - {"", None, False})
        has_lines = any(name.startswith(LINE) for name in fields)
        repeated, left_out = {}, set()
        for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
            claim = known.get(data[start][column])
            if claim and (claim.state != "draft" or (has_lines and f"{LINE}id" not in fields)):
                repeated[start] = claim.id
                left_out.update(range(start, end))
        return [row for row in everything if row not in left_out], repeated

    @api.model
    def _known_claims(self, external_ids):
        """{external id: claim} of those that exist and the user may see."""
        module = self.env.context.get("module", "__import__")
        whole = {external_id: tuple(f"{module}.{external_id}".split(".")[-2:]) for external_id in external_ids}
        if not whole:
            return {}
        entries = (
            self.env["ir.model.data"]
            .sudo()
            .search(
                [
                    ("model", "=", self._name),
                    ("module", "in", list({module for module, _name in whole.values()})),
                    ("name", "in", [name for _module, name in whole.values()]),
                ]
            )
        )
        ids = {(entry.module, entry.name): entry.res_id for entry in entries}
        claims = self.search([("id", "in", list(ids.values()))])
        return {
            external_id: claims.browse(ids[key]) for external_id, key in whole.items() if ids.get(key) in claims._ids
        }

    @api.model
    def _in_order(self, created, starts, repeated):
        """Ids of the claims in the table's order, those that were known before among them."""
        created = iter(created)
        found = (repeated.get(start) or next(created, None) for start in starts)
        return [claim_id for claim_id in found if claim_id]

    @api.model
    def _looked_up(self, fields, table):
        """(field paths, rows, errors, checked ids): names replaced by ids, one or two queries a column."""
        finders = {
            "contract_id": self._find_contracts,
            "outlet_id": self._find_outlets,
            "supplier_id": self._find_suppliers,
            "cause_id": self._find_causes,
            f"{LINE}invoice_line_id": self._find_bill_lines,
        }
        checked, messages, names = _Checked(), [], list(fields)
        table = [list(row) for row in table]
        for column, path in enumerate(fields):
            if path not in finders:
                continue
            texts = {text for row in table if (text := str(row[column] or "").strip())}
            found = finders[path](texts) if texts else {}
            names[column] = f"{path}/.id"
            field = self._field_at(path)
            for number, row in enumerate(table):
                text = str(row[column] or "").strip()
                if not text:
                    row[column] = ""
                elif len(records := found.get(text, ())) == 1:
                    row[column] = str(records.id)
                    checked.ids[records._name].add(row[column])
                else:
                    messages.append(self._not_found(number, field, text, len(records)))
        return names, table, messages, checked

    @api.model
    def _field_at(self, path):
        model = self.env["franchise.claim.line"] if path.startswith(LINE) else self
        return model._fields[path.removeprefix(LINE)]

    @api.model
    def _not_found(self, number, field, text, count):
        label = field._description_string(self.env)
        if count:
            sentence = self.env._(
                "“%(text)s” names %(count)s records for “%(field)s”: give a number or code that only one has.",
                text=text,
                count=count,
                field=label,
            )
        else:
            sentence = self.env._(
                "Nothing is called “%(text)s” for “%(field)s” in %(company)s. Correct it, or enter that first.",
                text=text,
                field=label,
                company=self.env.company.name,
            )
        return {
            "type": "error",
            "message": sentence,
            "record": number,
            "rows": {"from": number, "to": number},
            "field": field.name,
        }

    @api.model
    def _find_contracts(self, texts):
        contracts = self.env["franchise.contract"].search(
            [("name", "in", list(texts)), ("company_id", "=", self.env.company.id)]
        )
        return contracts.grouped("name")

    @api.model
    def _find_outlets(self, texts):
        outlets = self.env["franchise.outlet"].search(
            [("code", "in", list(texts)), ("company_id", "=", self.env.company.id)]
        )
        return outlets.grouped("code")

    @api.model
    def _find_suppliers(self, texts):
        """Partners with an agreement: who has none can't be claimed from."""
        agreements = self.env["franchise.service.agreement"].search(
            [
                ("company_id", "=", self.env.company.id),
                "|",
                ("supplier_id.ref", "in", list(texts)),
                ("supplier_id.name", "in", list(texts)),
            ]
        )
        suppliers = agreements.supplier_id
        named = dict(suppliers.grouped("name"))
        return {**named, **{ref: partners for ref, partners in suppliers.grouped("ref").items() if ref}}

    @api.model
    def _find_causes(self, texts):
        # Whole names aren't stored, and the tree is small.
        causes = self.env["franchise.cause"].search([("active", "=", True)])
        return {**causes.grouped("complete_name"), **causes.grouped("complete_code")}

    @api.model
    def _find_bill_lines(self, texts):
        """Lines of posted bills, by our number of the bill or the supplier's; without "#" the bill has one line."""
        parts = {text: text.rpartition("#") if "#" in text else (text, "", "") for text in texts}
        wanted = list({bill.strip() for bill, _hash, _line in parts.values()})
        bills = self.env["account.move"].search(
            [
                ("move_type", "=", "in_invoice"),
                ("state", "=", "posted"),
                ("company_id", "=", self.env.company.id),
                "|",
                ("name", "in", wanted),
                ("ref", "in", wanted),
            ]
        )
        lines = self.env["account.move.line"].search(
            [("move_id", "in", bills.ids), ("display_type", "=", "product")], order="move_id, sequence, id"
        )
        of_bill = lines.grouped("move_id")
        by_number = defaultdict(bills.browse)
        for bill in bills:
            for number in {bill.name, bill.ref} - {False}:
                by_number[number] |= bill
        found = {}
        for text, (number, hash_sign, position) in parts.items():
            named = by_number[number.strip()]
            own = lines.browse().union(*(of_bill.get(bill, lines.browse()) for bill in named))
            if hash_sign and len(named) == 1:
                index = int(position) if position.strip().isdecimal() else 0
                own = own[index - 1 : index] if index else own.browse()
            found[text] = own
        return found
