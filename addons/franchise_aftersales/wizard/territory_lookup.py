from odoo import api, fields, models

from ..tools.territory import place


class FranchiseTerritoryLookup(models.TransientModel):
    """Who protects this place? Asked before a site is promised to anybody (R-A3)."""

    _name = "franchise.territory.lookup"
    _description = "Who Protects This Place"

    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    brand_id = fields.Many2one("franchise.brand", domain="[('company_id', '=', company_id)]")
    day = fields.Date(default=fields.Date.context_today)
    address_id = fields.Many2one("res.partner")
    state_id = fields.Many2one("res.country.state", compute="_compute_state_id", store=True, readonly=False)
    city_id = fields.Many2one("res.city", compute="_compute_place", store=True, readonly=False)
    latitude = fields.Float(digits=(10, 7), compute="_compute_place", store=True, readonly=False)
    longitude = fields.Float(digits=(10, 7), compute="_compute_place", store=True, readonly=False)
    territory_ids = fields.Many2many("franchise.territory", compute="_compute_territory_ids", string="Protected By")
    answer = fields.Char(compute="_compute_territory_ids")

    @api.depends("address_id")
    def _compute_place(self):
        for lookup in self.filtered("address_id"):
            there = self.env["franchise.outlet"]._place_of(lookup.address_id)
            lookup.update({name: there[name] for name in ("city_id", "latitude", "longitude")})

    @api.depends("address_id", "city_id")
    def _compute_state_id(self):
        for lookup in self:
            lookup.state_id = lookup.city_id.state_id or lookup.address_id.state_id or lookup.state_id

    @api.depends("brand_id", "company_id", "day", "state_id", "city_id", "latitude", "longitude")
    @api.depends_context("lang")
    def _compute_territory_ids(self):
        for lookup in self:
            territories = self.env["franchise.territory"]
            brands = lookup.brand_id or self.env["franchise.brand"].search([("company_id", "=", lookup.company_id.id)])
            if not (lookup.state_id or lookup.city_id or lookup.latitude or lookup.longitude):
                lookup.answer = self.env._("Enter an address, a state, a city or coordinates.")
            elif not (-90 <= lookup.latitude <= 90 and -180 <= lookup.longitude <= 180):
                lookup.answer = self.env._("Latitude goes from -90 to 90 degrees, longitude from -180 to 180.")
            else:
                where = place(lookup.latitude, lookup.longitude, lookup.state_id.id, lookup.city_id.id)
                day = lookup.day or fields.Date.context_today(lookup)
                territories = territories._protecting(brands, where, day)
                lookup.answer = (
                    self.env._("%s protect this place.", ", ".join(territories.contract_id.mapped("name")))
                    if territories
                    else self.env._("Nobody protects this place on that day.")
                )
            lookup.territory_ids = territories.with_env(self.env)
