from odoo import models
from odoo.fields import Domain
from odoo.tools import email_normalize

from ...tools.masking import hidden

INTAKE = "franchise.claim.intake"
# What claims and requests say in free text, and what their conversation says.
SPOKEN = {
    "franchise.claim": ("description", "reopen_request", "told_text"),
    INTAKE: ("subject", "body", "refuse_reason"),
}


class ResPartner(models.Model):
    """End customers behind claims: what claims and requests say of them is found, exported and taken away (R-B11, R-D1).

    A request by e-mail belongs to whoever has its sender's address. The facts of a claim stay, for they prove what was
    demanded of others; names, addresses and numbers of the person in them are covered.
    """

    _inherit = "res.partner"

    def _franchise_references(self):
        found = super()._franchise_references()
        sent = {INTAKE: self._franchise_sent(INTAKE), "mail.message": self._franchise_sent("mail.message")}
        for model, records in sent.items():
            if records:
                found[model] = found.get(model, records.browse()) | records
        return found

    def _franchise_sent(self, model):
        """Records of `model` that came by e-mail from an address of these contacts, whoever that was taken for."""
        addresses = {address for address in self.mapped("email_normalized") if address}
        records = self.env[model].sudo()
        if not addresses:
            return records
        near = records.search(Domain.OR(Domain("email_from", "ilike", address) for address in sorted(addresses)))
        return near.filtered(lambda record: email_normalize(record.email_from or "", strict=False) in addresses)

    def _franchise_spoken(self, found):
        """Messages on the claims and requests in `found` ({model: records}), and those that these people sent."""
        domain = Domain.OR(
            Domain("model", "=", model) & Domain("res_id", "in", found[model].ids)
            for model in SPOKEN
            if found.get(model)
        )
        return self.env["mail.message"].sudo().search(domain) | self._franchise_sent("mail.message")

    def _franchise_drop_traces(self):
        found = self._franchise_references()
        personal = self._franchise_words()
        for model, names in SPOKEN.items():
            for record in found.get(model, ()):
                covered = {name: hidden(record[name], personal) for name in names if record[name]}
                changed = {name: text for name, text in covered.items() if text != record[name]}
                record._trusted().write({**changed, **({"email_from": False} if model == INTAKE else {})})
        for message in self._franchise_spoken(found):
            message.write(
                {
                    "body": hidden(message.body, personal),
                    "subject": message.subject and hidden(message.subject, personal),
                    "email_from": message.email_from and hidden(message.email_from, personal),
                }
            )
        return super()._franchise_drop_traces()

    def _franchise_words(self):
        """What names these people: names, addresses, numbers; longest first, so that no part of one is left."""
        words = set()
        for name in ("name", "email", "email_normalized", "phone", "street", "street2", "vat"):
            words.update(text.strip() for text in self.mapped(name) if text and len(text.strip()) > 1)
        return sorted(words, key=len, reverse=True)
