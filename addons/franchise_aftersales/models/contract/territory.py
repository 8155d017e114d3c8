from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.territory import Protection, shown_km

# What may be written on a row of a signed contract: that it ends, and why.
ENDING = frozenset({"date_to", "reason"})


class FranchiseTerritory(models.Model):
    """One part of a contract's territory: a state, a city, or a circle around one of its outlets (R-A3).

    Rows of a signed contract are dated: they are ended and added with a reason, never changed or deleted. What of an
    exclusive contract protects on which days is computed here and stored, so that PostgreSQL itself keeps two areas of
    one brand apart; circles are kept apart by `franchise.contract._check_territory`, one transaction a brand at a time.
    """

    _name = "franchise.territory"
    _description = "Territory"
    _order = "contract_id, id"
    _check_company_auto = True

    contract_id = fields.Many2one(
        "franchise.contract", required=True, ondelete="cascade", index=True, check_company=True
    )
    contract_state = fields.Selection(related="contract_id.state", string="Contract Status")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    brand_id = fields.Many2one(related="contract_id.brand_id", store=True, index=True)
    franchisee_id = fields.Many2one(related="contract_id.franchisee_id")
    kind = fields.Selection(
        [("state", "Whole state"), ("city", "City"), ("radius", "Radius around an outlet")],
        required=True,
        default="state",
    )
    state_id = fields.Many2one(
        "res.country.state",
        compute="_compute_state_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        help="A city brings its state along.",
    )
    city_id = fields.Many2one("res.city", ondelete="restrict")
    outlet_id = fields.Many2one(
        "franchise.outlet", ondelete="restrict", check_company=True, domain="[('contract_id', '=', contract_id)]"
    )
    radius_km = fields.Float(string="Radius", digits=(7, 2), help="Kilometres around the outlet.")
    date_from = fields.Date(string="From", help="Empty: from the start of the contract.")
    date_to = fields.Date(string="Until", help="Last day; empty: to the end of the contract.")
    reason = fields.Char(help="Why the territory of a signed contract changes, and who agreed to it.")
    protect_from = fields.Date(compute="_compute_protection", store=True, string="Protected From")
    protect_to = fields.Date(compute="_compute_protection", store=True, string="Protected Until")
    is_protecting = fields.Boolean(compute="_compute_protection", store=True, string="Protected")
    sentence = fields.Text(string="What It Means", compute="_compute_sentence")

    _check_kind = models.Constraint(
        "CHECK ((kind = 'state' AND state_id IS NOT NULL) OR (kind = 'city' AND city_id IS NOT NULL AND state_id IS NOT"
        " NULL) OR (kind = 'radius' AND outlet_id IS NOT NULL AND radius_km > 0))",
        "A territory names a state, a city (which lies in a state), or an outlet with a radius above 0 km.",
    )
    _check_dates = models.Constraint(
        "CHECK (date_to IS NULL OR date_from IS NULL OR date_to >= date_from)", "A territory ends after it starts."
    )
    # A whole state has no city: an open range, which meets every city of the state. Ranges of one id instead of
    # "= on integers": needs no btree_gist extension.
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(brand_id, brand_id, '[]') WITH &&, int4range(state_id, state_id, '[]') WITH &&,"
        " int4range(CASE kind WHEN 'city' THEN city_id END, CASE kind WHEN 'city' THEN city_id END, '[]') WITH &&,"
        " daterange(protect_from, protect_to, '[]') WITH &&) WHERE (is_protecting AND kind <> 'radius')",
        "An exclusive contract of this brand protects this area on these days already.",
    )

    @api.depends("kind", "city_id.state_id")
    def _compute_state_id(self):
        for territory in self:
            if territory.kind == "city":
                territory.state_id = territory.city_id.state_id
            elif territory.kind == "radius":
                territory.state_id = False

    @api.depends(
        "date_from",
        "date_to",
        "kind",
        "outlet_id.opening_date",
        "outlet_id.closing_date",
        "contract_id.state",
        "contract_id.is_exclusive",
        "contract_id.date_start",
        "contract_id.date_end",
    )
    def _compute_protection(self):
        for territory in self:
            first, last = territory._span()
            contract = territory.contract_id
            lasts = bool(first and last and first <= last)
            territory.protect_from = first
            territory.protect_to = last
            territory.is_protecting = lasts and contract.is_exclusive and contract.state == "signed"

    def _span(self):
        """(first day, last day) of this row under its contract; a circle lives and dies with its outlet."""
        self.ensure_one()
        contract = self.contract_id
        first, last = contract.date_start, contract.date_end
        if self.kind == "radius" and self.outlet_id.contract_id and first and last:
            first, last = self.outlet_id._span()
        if self.date_from and first:
            first = max(first, self.date_from)
        if self.date_to and last:
            last = min(last, self.date_to)
        return first, last

    @api.depends("sentence")
    def _compute_display_name(self):
        for territory in self:
            territory.display_name = territory._what()

    @api.depends(
        "kind",
        "state_id",
        "city_id",
        "outlet_id",
        "radius_km",
        "protect_from",
        "protect_to",
        "is_protecting",
        "contract_id.is_exclusive",
        "contract_id.state",
    )
    @api.depends_context("lang")
    def _compute_sentence(self):
        for territory in self:
            contract = territory.contract_id
            values = {"what": territory._what(), "start": territory.protect_from, "end": territory.protect_to}
            if not territory.protect_from or not territory.protect_to:
                territory.sentence = values["what"]
            elif territory.protect_from > territory.protect_to:
                territory.sentence = self.env._("%(what)s: on no day, the dates leave nothing.", **values)
            elif not contract.is_exclusive:
                territory.sentence = self.env._(
                    "%(what)s, from %(start)s to %(end)s: not exclusive, others may open there.", **values
                )
            elif contract.state == "signed":
                territory.sentence = self.env._(
                    "%(what)s, from %(start)s to %(end)s: exclusive, nobody else of the brand may open there.", **values
                )
            elif contract.state == "draft":
                territory.sentence = self.env._(
                    "%(what)s, from %(start)s to %(end)s: exclusive once the contract is signed.", **values
                )
            else:
                territory.sentence = self.env._(
                    "%(what)s: no longer protected, the contract is not in force.", **values
                )

    def _what(self):
        """The ground itself in words: "Zhejiang, the whole state", "5 km around [HZ-001] West Lake"."""
        self.ensure_one()
        if self.kind == "radius":
            return self.env._(
                "%(radius)s km around %(outlet)s",
                radius=shown_km(self.radius_km),
                outlet=self.outlet_id.display_name or "",
            )
        if self.kind == "city":
            return self.env._("%(city)s, %(state)s", city=self.city_id.name or "", state=self.state_id.name or "")
        return self.env._("%s, the whole state", self.state_id.name or "")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("kind") == "city":
                self._check_city(self.env["res.city"].browse(vals.get("city_id") or []))
        territories = super().create(vals_list)
        for territory in territories:
            territory._check_complete()
            if territory.contract_id.state != "draft" and not (territory.reason and territory.date_from):
                raise UserError(
                    self.env._(
                        "Contract %s is signed: give the day from which its territory changes, and the reason.",
                        territory.contract_id.name,
                    )
                )
        territories.contract_id._check_territory()
        return territories

    def write(self, vals):
        signed = self.contract_id.filtered(lambda contract: contract.state != "draft")
        if signed and set(vals) - ENDING:
            raise UserError(
                self.env._(
                    "Contract %s is signed: end this row with a date and a reason, and add another.", signed[0].name
                )
            )
        result = super().write(vals)
        for territory in self:
            territory._check_complete()
            if territory.contract_id in signed and not territory.reason:
                raise UserError(
                    self.env._("Contract %s is signed: say why its territory changes.", territory.contract_id.name)
                )
        self.contract_id._check_territory()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        signed = self.contract_id.filtered(lambda contract: contract.state != "draft")
        if signed:
            raise UserError(self.env._("Contract %s is signed: end this row with a date and a reason.", signed[0].name))

    def _check_complete(self):
        """:raises UserError: a city without its state, or an outlet of another contract."""
        self.ensure_one()
        if self.kind == "city":
            self._check_city(self.city_id)
        if self.kind == "radius" and self.outlet_id.contract_id != self.contract_id:
            raise UserError(
                self.env._(
                    "%(outlet)s doesn't belong to contract %(contract)s: a radius is drawn around one of its own outlets.",
                    outlet=self.outlet_id.display_name,
                    contract=self.contract_id.name,
                )
            )

    @api.model
    def _check_city(self, city):
        """:raises UserError: the city's state isn't known."""
        if city and not city.state_id:
            raise UserError(
                self.env._(
                    "%s has no state: give the city its state first, so that it is known which whole states contain it.",
                    city.name,
                )
            )

    def _protection(self):
        """This row as the pure functions take it. :raises UserError: a circle whose outlet has no coordinates."""
        self.ensure_one()
        first, last = self._span()
        if self.kind != "radius":
            city = self.city_id.id if self.kind == "city" else None
            return Protection(self.id, first, last, state=self.state_id.id, city=city)
        centre = self.outlet_id._place()
        if centre.latitude is None:
            raise UserError(
                self.env._(
                    "%(outlet)s has no coordinates: %(radius)s km around it can't be protected. Enter its latitude and "
                    "longitude.",
                    outlet=self.outlet_id.display_name,
                    radius=shown_km(self.radius_km),
                )
            )
        return Protection(self.id, first, last, centre=centre, radius_km=self.radius_km)
