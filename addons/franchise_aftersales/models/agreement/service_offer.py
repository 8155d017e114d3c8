from odoo import models

# What each type of an agreement includes of the ways in which a claim is resolved (R-C1, R-D6). Ways that aren't listed, such as
# a discount, a compensation or a rejection, are no service of the supplier's and need no type.
KINDS = {
    "repair": ("warranty", "repair"),
    "replace": ("warranty", "return"),
    "exchange": ("warranty", "return"),
    "return": ("return",),
    "refund": ("return",),
}


class FranchiseServiceAgreementVersion(models.Model):
    """Which services a version includes: its types decide which ways of resolving a claim the supplier owes (R-C1)."""

    _inherit = "franchise.service.agreement.version"

    def _service_types(self, in_warranty=True):
        """The types of service: "warranty", "repair", "return".

        :param in_warranty: False: the warranty has run out, so what it alone includes is owed no longer.
        """
        self.ensure_one()
        flags = {
            "warranty": self.covers_warranty and in_warranty,
            "repair": self.covers_repair,
            "return": self.covers_return,
        }
        return [name for name, flag in flags.items() if flag]

    def _service_offers(self, kinds, in_warranty=True):
        """Whether the agreement includes these ways of resolving a claim.

        :param kinds: codes as in `KINDS`; what is no service of the supplier's is always possible.
        :return: {kind: (included, warning in the reader's language or "")}
        """
        self.ensure_one()
        types = set(self._service_types(in_warranty))
        labels = self._service_labels()
        offers = {}
        for kind in kinds:
            needed = KINDS.get(kind, ())
            included = not needed or bool(types.intersection(needed))
            offers[kind] = (
                included,
                ""
                if included
                else self.env._(
                    "%(version)s includes %(types)s only: the supplier doesn't owe this.",
                    version=self.display_name,
                    types=", ".join(labels[name] for name in self._service_types(in_warranty)) or self.env._("nothing"),
                ),
            )
        return offers

    def _service_labels(self):
        """{type: its name in the reader's language}"""
        names = {"warranty": "covers_warranty", "repair": "covers_repair", "return": "covers_return"}
        return {name: self._fields[field]._description_string(self.env) for name, field in names.items()}
