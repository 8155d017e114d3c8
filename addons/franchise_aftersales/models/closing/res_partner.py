import base64
import csv
import io
import json
import zipfile

from odoo import fields, models
from odoo.fields import Domain

# Technical rows that point at a contact and say nothing about a person.
SKIPPED = (
    "ir.",
    "base.",
    "bus.",
    "mail.followers",
    "mail.notification",
    "privacy.",
    "franchise.privacy.",
    "res.company",
)
# What a contact keeps when it is anonymised: what it is, not who.
KEPT = frozenset({"name", "lang", "tz", "type", "company_type", "color", "active", "display_name", "complete_name"})
# Links with a token open documents without an account; they say nothing about a person.
SECRET = ("token", "password", "secret", "api_key")
TEXT = ("char", "text", "html", "binary", "image")
PLAIN = ("char", "text", "html", "integer", "float", "monetary", "boolean", "date", "datetime", "selection", "many2one")


class ResPartner(models.Model):
    """End customers of outlets, and what happens to their data (R-B11)."""

    _inherit = "res.partner"

    franchise_outlet_id = fields.Many2one(
        "franchise.outlet",
        string="Customer of Outlet",
        index="btree_not_null",
        groups="base.group_user",
        help="The outlet whose end customer this contact is.",
    )

    def _franchise_parties(self):
        """Those of these contacts who are users, franchisees or suppliers, and no end customers.

        Contacts below them count, for what is done to one is done to those; and people of such a company are its own.
        """
        family = self._franchise_family()
        internal = family.filtered(lambda partner: any(not user.share for user in partner.user_ids))
        whole = family | family.commercial_partner_id
        contracts = self.env["franchise.contract"].search([("franchisee_id", "child_of", whole.ids)])
        agreements = self.env["franchise.service.agreement"].search([("supplier_id", "child_of", whole.ids)])
        companies = self.env["res.company"].search([("partner_id", "in", whole.ids)])
        parties = (contracts.franchisee_id | agreements.supplier_id | companies.partner_id).commercial_partner_id
        found = family & internal | family.filtered(lambda partner: partner.commercial_partner_id in parties)
        return self.filtered(lambda partner: found & partner._franchise_family())

    def _franchise_family(self):
        """These contacts and the contacts below them."""
        found = self.with_context(active_test=False).search([("id", "child_of", self.ids)])
        return found.with_env(self.env)  # Odoo's own checks must not look at archived users as well

    def _franchise_references(self):
        """{model name: records} of everything that points at these contacts by a stored many2one."""
        found = {}
        for name, model in self.env.registry.items():
            if model._abstract or model._transient or not model._auto or name.startswith(SKIPPED):
                continue
            fields_of = [
                field.name
                for field in model._fields.values()
                if field.comodel_name == "res.partner" and field.type == "many2one" and field.store
            ]
            domain = Domain.OR(Domain(field, "in", self.ids) for field in fields_of)
            if name == "mail.message":
                domain |= Domain([("model", "=", "res.partner"), ("res_id", "in", self.ids)])
            if fields_of:
                records = self.env[name].sudo().with_context(active_test=False).search(domain)
                if records:
                    found[name] = records
        return found

    def _franchise_reference_counts(self):
        """{model name: number of records}, the contacts themselves and what Odoo's privacy look-up finds included."""
        family = self._franchise_family()
        counts = {name: len(records) for name, records in family._franchise_references().items()}
        return {**self._franchise_looked_up(), **counts, "res.partner": len(family)}

    def _franchise_looked_up(self):
        """{model name: number of records} by Odoo's look-up over names and addresses; its traces are removed at once."""
        counts = {}
        for partner in self.filtered(lambda partner: partner.email_normalized and partner.name):
            wizard = self.env["privacy.lookup.wizard"].sudo().create({"name": partner.name, "email": partner.email})
            wizard.action_lookup()
            for model, lines in wizard.line_ids.grouped("res_model").items():
                if model in self.env and not model.startswith(SKIPPED):
                    counts[model] = counts.get(model, 0) + len(lines)
            wizard.line_ids.unlink()
            wizard.unlink()
        return counts

    def _franchise_export(self):
        """A zip (base64) of all that is stored about these contacts, as one JSON and a CSV a model; and {model: count}."""
        family = self._franchise_family()
        records = {**family._franchise_references(), "res.partner": family}
        tables = {name: [self._franchise_row(record) for record in rows] for name, rows in sorted(records.items())}
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data.json", json.dumps(tables, ensure_ascii=False, indent=1, default=str))
            for name, rows in tables.items():
                archive.writestr(f"{name}.csv", self._franchise_csv(rows))
        return base64.b64encode(content.getvalue()), {name: len(rows) for name, rows in tables.items()}

    def _franchise_row(self, record):
        """One record's stored plain values, by field name; a many2one by its name; no key that opens anything."""
        return {
            field.name: record[field.name].display_name if field.type == "many2one" else record[field.name]
            for field in record._fields.values()
            if field.store and field.type in PLAIN and not any(word in field.name for word in SECRET)
        }

    def _franchise_csv(self, rows):
        """Rows as CSV with a byte-order mark, so that spreadsheets read Chinese; no cell is taken for a formula."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(rows[0])
        for row in rows:
            cells = ["" if value in (None, False) else str(value) for value in row.values()]
            writer.writerow([f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell for cell in cells])
        return "\N{ZERO WIDTH NO-BREAK SPACE}" + text.getvalue()

    def _franchise_anonymise(self):
        """Take away everything personal of these contacts and those below them; what points at them stays valid.

        Name, addresses, notes, pictures, bank accounts, messages, files and portal access. Posted entries keep their
        amounts and their contact, which then says nothing about a person.
        """
        family = self._franchise_family().sudo().with_context(tracking_disable=True, mail_notrack=True)
        family._franchise_drop_traces()
        family._franchise_drop_access()
        blank = {
            field.name: False
            for field in family._fields.values()
            if field.type in TEXT
            and (field.store or field.type in ("binary", "image"))
            and field.name not in KEPT
            and not field.name.startswith(
                ("message_", "activity_", "image_1024", "image_512", "image_256", "image_128")
            )
            and not field.related
            and (not field.compute or not field.readonly)
        }
        blank.update(
            {
                name: False
                for name in ("state_id", "franchise_outlet_id", "parent_id", "industry_id", "user_id")
                if name in family._fields
            }
        )
        for partner in family:
            partner.write({**blank, "name": self.env._("Anonymous customer %s", partner.id), "category_id": [(5,)]})
        family.write({"active": False})
        family._franchise_drop_messages()  # Odoo notes changes of bank accounts there, the old number too

    def _franchise_drop_messages(self):
        """The messages in these contacts' chatter, and mails that wait or went out to them."""
        messages = self.env["mail.message"].search([("model", "=", "res.partner"), ("res_id", "in", self.ids)])
        self.env["mail.mail"].search(
            ["|", ("mail_message_id", "in", messages.ids), ("recipient_ids", "in", self.ids)]
        ).unlink()
        messages.unlink()

    def _franchise_drop_traces(self):
        """Files, activities, ratings' words and bank numbers of these contacts."""
        env = self.env
        env["ir.attachment"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "in", self.ids),
                "|",
                ("res_field", "=", False),
                ("res_field", "!=", False),
            ]
        ).unlink()
        env["mail.activity"].search([("res_model", "=", "res.partner"), ("res_id", "in", self.ids)]).unlink()
        env["mail.message"].search([("author_id", "in", self.ids)]).write({"email_from": False})
        env["mail.notification"].search([("res_partner_id", "in", self.ids)]).write({"mail_email_address": False})
        env["mail.followers"].search([("partner_id", "in", self.ids)]).unlink()
        env["rating.rating"].search([("partner_id", "in", self.ids)]).write({"feedback": False})
        for bank in env["res.partner.bank"].with_context(active_test=False).search([("partner_id", "in", self.ids)]):
            bank.write({"acc_number": f"ANON{bank.id}", "acc_holder_name": False, "active": False})

    def _franchise_drop_access(self):
        """Portal accounts are closed; their logins say nothing any more."""
        for user in self.env["res.users"].with_context(active_test=False).search([("partner_id", "in", self.ids)]):
            user.write({"active": False, "login": f"anonymous-{user.id}", "signature": False})

    def _franchise_erase(self):
        """Delete these contacts where nothing of the books points at them, and anonymise the others."""
        family = self._franchise_family().sudo()
        booked = (
            self.env["account.move.line"].sudo().search([("partner_id", "in", family.ids)]).partner_id
            | self.env["account.move"].sudo().search([("partner_id", "in", family.ids)]).partner_id
        )
        self._franchise_anonymise()
        for partner in family - booked:
            try:
                with self.env.cr.savepoint():
                    partner.unlink()
            except Exception:  # something else needs the row: without personal data it may stay
                self.env.invalidate_all(flush=False)
