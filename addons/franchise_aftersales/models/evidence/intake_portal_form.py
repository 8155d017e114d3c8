from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

LONGEST = 200  # characters of a line of text
LONGEST_TEXT = 10_000
MOST_A_DAY = 50  # requests of one franchisee
TEXTS = ("lot", "batch", "previous_product", "delivery_reference", "no_duplicate_reason")


class FranchiseClaimIntake(models.Model):
    """What was typed in the portal's form, looked at as a whole, and where the goods came from (R-D1)."""

    _inherit = "franchise.claim.intake"

    def _portal_values(self, partner, given):
        """Values of a request from what was typed. :raises UserError: one sentence a line about everything that is wrong."""
        partner = partner.sudo()
        problems, values = [], {}
        outlet = self._portal_outlets(partner).filtered(lambda outlet: str(outlet.id) == str(given.get("outlet_id")))
        if not outlet:
            problems.append(self.env._("Choose the outlet."))
        cause = self._portal_causes().filtered(lambda cause: str(cause.id) == str(given.get("cause_id")))
        if not cause:
            problems.append(self.env._("Choose what happened."))
        sold = self._portal_sold_line(partner, given.get("sold_line_id"))
        product = self._portal_text(given, "product")
        if not (sold or product):
            problems.append(self.env._("Choose the goods, or write which they are."))
        if outlet and sold and sold.company_id != outlet.company_id:
            problems.append(self.env._("These goods were bought for another outlet: choose that one."))
        text = (given.get("description") or "").strip()[:LONGEST_TEXT]
        if not text:
            problems.append(self.env._("Write how the fault shows."))
        quantity = self._portal_quantity(given.get("quantity"), sold, problems)
        values.update(self._portal_dates(given, problems))
        values.update({name: self._portal_text(given, name) for name in TEXTS})
        since = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        family = [("partner_id", "child_of", partner.commercial_partner_id.id), ("create_date", ">=", since)]
        if self.search_count([*family, ("source", "=", "portal")]) >= MOST_A_DAY:
            problems.append(
                self.env._("You sent %s claims within a day: write to us before you send more.", MOST_A_DAY)
            )
        if problems:
            raise UserError("\n".join(problems))
        bought = self._bought_before(
            sold.product_id or self._product_named(product, outlet.company_id),
            outlet.company_id,
            sold.invoice_date or values["event_date"],
            quantity,
        )
        return {
            **values,
            "company_id": outlet.company_id.id,
            "contract_id": outlet.contract_id.id,
            "outlet_id": outlet.id,
            "cause_id": cause.id,
            "sold_line_id": sold.id,
            "invoice_line_id": bought.id,
            "bill_id": bought.move_id.id,
            "supplier_id": bought.move_id.partner_id.id,
            "quantity": quantity,
            "subject": (sold.name or product).split("\n")[0][:LONGEST],
            "body": text,
        }

    def _portal_sold_line(self, partner, line_id):
        """The line of their invoice that the franchisee chose; empty for anything else."""
        lines = self.env["account.move.line"].sudo()
        text = str(line_id or "")
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            return lines
        return lines.search(self._portal_goods_domain(partner) & Domain("id", "=", int(text)))

    @api.model
    def _portal_text(self, given, name):
        return " ".join(str(given.get(name) or "").split())[:LONGEST]

    def _portal_quantity(self, text, sold, problems):
        """The quantity that was typed; what is wrong with it goes to `problems`."""
        try:
            quantity = float(str(text or "1").strip().replace(",", ".")[:20])
        except ValueError:
            quantity = 0.0
        if not 0 < quantity < 1e9:
            problems.append(self.env._("The quantity is a number above zero, e.g. 2."))
            return 0.0
        if sold and quantity > sold.quantity:
            problems.append(
                self.env._(
                    "You bought %(bought)s on invoice %(invoice)s: claim at most as many.",
                    bought=f"{sold.quantity:g}",
                    invoice=sold.move_id.name,
                )
            )
        return quantity

    def _portal_dates(self, given, problems):
        """{field: date} of what was typed; what is wrong with it goes to `problems`."""
        today = fields.Date.context_today(self)
        labels = {
            "event_date": self.env._("When it happened"),
            "discovery_date": self.env._("When you noticed it"),
            "delivery_date": self.env._("When the goods arrived"),
        }
        found = {}
        for name, label in labels.items():
            text = str(given.get(name) or "").strip()
            try:
                found[name] = fields.Date.to_date(text) if len(text) <= 10 else None
            except ValueError:
                found[name] = None
            if found[name] is None and text:
                problems.append(self.env._("“%s”: write the date as year-month-day, e.g. 2026-11-30.", label))
            elif found[name] and found[name] > today:
                problems.append(self.env._("“%s” lies in the future: choose today or an earlier day.", label))
            found[name] = found[name] or False
        found["event_date"] = found["event_date"] or found["discovery_date"] or today
        found["discovery_date"] = found["discovery_date"] or max(found["event_date"], today)
        if found["discovery_date"] < found["event_date"]:
            problems.append(self.env._("You can't have noticed it before it happened: look at the dates."))
        return found

    def _product_named(self, text, company):
        """The one product with this code, barcode or name; empty where it is none or several."""
        products = self.env["product.product"].sudo()
        if not text:
            return products
        mine = Domain("company_id", "in", (False, company.id))
        for name in ("default_code", "barcode", "name"):
            found = products.search(
                mine & Domain(name, "=ilike", text.replace("%", r"\%").replace("_", r"\_")), limit=2
            )
            if len(found) == 1:
                return found
        return products

    def _bought_before(self, product, company, day, quantity):
        """The line of the supplier's bill on which we bought `product` last before we sold it on `day`, and enough of it.

        Only suppliers with an agreement count, and bills in its currency. A proposal: staff see it on the draft and may choose
        another one.
        """
        lines = self.env["account.move.line"].sudo()
        if not product:
            return lines
        found = lines.search(
            [
                ("parent_state", "=", "posted"),
                ("move_id.move_type", "=", "in_invoice"),
                ("display_type", "=", "product"),
                ("product_id", "=", product.id),
                ("company_id", "=", company.id),
                ("quantity", ">", 0),
                ("invoice_date", "<=", day),
            ],
            order="invoice_date desc, id desc",
            limit=50,
        )
        agreements = (
            self.env["franchise.service.agreement"]
            .sudo()
            .search(
                [
                    ("supplier_id", "in", found.move_id.commercial_partner_id.ids),
                    ("company_id", "=", company.id),
                    ("state", "=", "active"),
                ]
            )
        )
        currencies = {agreement.supplier_id: agreement.currency_id for agreement in agreements}
        found = found.filtered(lambda line: currencies.get(line.move_id.commercial_partner_id) == line.currency_id)
        return found.filtered(lambda line: line.quantity >= quantity)[:1] or found[:1]
