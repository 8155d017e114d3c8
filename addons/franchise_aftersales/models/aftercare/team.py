from odoo import api, fields, models
from odoo.exceptions import ValidationError


class FranchiseServiceSkills(models.AbstractModel):
    """What a team or one of its members can do; an empty list limits nothing."""

    _name = "franchise.service.skill.mixin"
    _description = "Skills for Claims"

    cause_ids = fields.Many2many("franchise.cause", string="Causes", help="With their sub-causes; empty: all.")
    category_ids = fields.Many2many(
        "product.category", string="Product Categories", help="With their sub-categories; empty: all."
    )
    supplier_ids = fields.Many2many("res.partner", string="Suppliers", help="Empty: all.")

    def _skill_fit(self, causes, categories, suppliers):
        """How closely a claim with these ids (with their ancestors) fits: the number of lists that name it; None: it doesn't."""
        self.ensure_one()
        fit = 0
        for skills, wanted in (
            (self.cause_ids, causes),
            (self.category_ids, categories),
            (self.supplier_ids, suppliers),
        ):
            if skills:
                if not wanted.intersection(skills.ids):
                    return None
                fit += 1
        return fit


class FranchiseServiceTeam(models.Model):
    """People who work on claims, what they know, and how much each of them carries (R-D12)."""

    _name = "franchise.service.team"
    _description = "Service Team"
    _inherit = ["franchise.service.skill.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    leader_id = fields.Many2one(
        "res.users",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Gets the claims for which no member has room, and sees complaints against members.",
    )
    member_ids = fields.One2many("franchise.service.team.member", "team_id", string="Members", copy=True)
    member_count = fields.Integer(string="Number of Members", compute="_compute_member_count")

    @api.depends("member_ids")
    def _compute_member_count(self):
        for team in self:
            team.member_count = len(team.member_ids)


class FranchiseServiceTeamMember(models.Model):
    """One person in a team, with how much they can carry and what they know beyond the team's own skills."""

    _name = "franchise.service.team.member"
    _description = "Member of a Service Team"
    _inherit = ["franchise.service.skill.mixin"]
    _order = "team_id, id"
    _rec_name = "user_id"

    team_id = fields.Many2one("franchise.service.team", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="team_id.company_id", store=True)
    user_id = fields.Many2one(
        "res.users", required=True, index=True, ondelete="restrict", domain="[('share', '=', False)]"
    )
    capacity = fields.Integer(
        required=True, default=40, help="Weight of open claims they carry: one a claim, and one more for each star."
    )
    load = fields.Integer(compute="_compute_load", help="What their open claims weigh now.")

    _one_place = models.UniqueIndex("(team_id, user_id)", "A person is a member of a team once.")
    _check_capacity = models.Constraint("CHECK (capacity > 0)", "A member carries one claim or more.")

    @api.depends("user_id", "company_id")
    def _compute_load(self):
        loads = self.env["franchise.claim"]._open_loads(self.user_id, self.company_id)
        for member in self:
            member.load = loads.get((member.user_id.id, member.company_id.id), 0)

    @api.constrains("user_id", "company_id")
    def _check_company_of_user(self):
        for member in self:
            if member.company_id not in member.user_id.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s doesn't work for %(company)s: give them the company first.",
                        user=member.user_id.name,
                        company=member.company_id.name,
                    )
                )
