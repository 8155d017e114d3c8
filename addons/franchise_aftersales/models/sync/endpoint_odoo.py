from odoo import api, fields, models

OWN_PROFILE = "own"


class FranchiseSyncEndpoint(models.Model):
    """A supplier's Odoo: what a claim becomes there is said by a profile, a file that the worker has."""

    _inherit = "franchise.sync.endpoint"

    profile = fields.Selection(
        [
            ("account_move", "Draft credit notes (Invoicing)"),
            ("repair_order", "Repair orders (Repairs)"),
            ("crm_claim", "Claims (OCA Claims Management)"),
            ("rma", "Returns (OCA RMA)"),
            (OWN_PROFILE, "Our own profile"),
        ],
        string="Claims Become",
        required=True,
        default="account_move",
        tracking=True,
        help="Document that the worker makes of a claim in the supplier's Odoo. The supplier needs the app that is named.",
    )
    profile_name = fields.Char(
        string="Name of the Profile",
        tracking=True,
        help="Name of a file in the worker's folder of profiles, without its ending: small letters, digits and underscores.",
    )

    _check_profile = models.Constraint(
        "CHECK (profile IS DISTINCT FROM 'own' OR coalesce(profile_name, '') ~ '^[a-z][a-z0-9_]{0,39}$')",
        "A profile of our own has a name of 1 to 40 small letters, digits or underscores that starts with a letter.",
    )

    @api.onchange("profile", "profile_name")
    def _onchange_profile(self):
        """Warn when claims lie at the supplier's in documents of another kind."""
        before = self._origin
        if before and (before.profile, before.profile_name) != (self.profile, self.profile_name):
            waiting = self.env["franchise.sync.message"].search_count(before._domain_unanswered())
            if waiting:
                message = self.env._(
                    "%s messages wait for an answer in documents of the profile so far. Answers and withdrawals of these "
                    "claims will not be found by the new one: let the supplier answer them first.",
                    waiting,
                )
                return {"warning": {"title": self.env._("Claims are on their way"), "message": message}}
        return None

    def _domain_unanswered(self):
        self.ensure_one()
        return [("endpoint_id", "=", self.id), ("awaits_answer", "=", True), ("answered_at", "=", False)]

    def _connector_options(self):
        """The profile's name, for the connector that has profiles."""
        options = super()._connector_options()
        if self.connector == "odoo":
            options["profile"] = self.profile_name if self.profile == OWN_PROFILE else self.profile
        return options
