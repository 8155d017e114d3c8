from collections import defaultdict

from odoo import api, fields, models

from ...tools import assignment

OPEN_STATES = ("draft", "submitted", "assessed", "approved")


class FranchiseClaim(models.Model):
    """Claims go to the member of a service team whose skills fit closest and who carries least (R-D12)."""

    _inherit = "franchise.claim"

    # Empty: the teams decide when the claim is saved.
    user_id = fields.Many2one(default=None)

    @api.model_create_multi
    def create(self, vals_list):
        claims = super().create(vals_list)
        left = claims.filtered(lambda claim: not claim.user_id)
        if left:
            left -= left._assign()
            # No team is there for them: who takes the claim in keeps it, be it not the system itself.
            if not self.env.user.share and not self.env.user._is_superuser():
                left._assign_to(self.env.user)
        return claims

    def action_assign(self):
        """Give these claims to the teams' members anew, by skill and load; those that no team can take stay as they are."""
        self.check_access("write")
        self._assign()
        return True

    def _assign(self, exclude=None):
        """Assign open claims in a few queries, however many they are.

        :param exclude: users who get none.
        :return: the claims that were assigned; the others fit no team, or nobody.
        """
        claims = self.filtered(lambda claim: claim.state in OPEN_STATES)
        exclude = exclude or self.env["res.users"]
        teams = self.env["franchise.service.team"].sudo().search([("company_id", "in", claims.company_id.ids)])
        members = teams.member_ids.filtered(lambda member: member.user_id.active and member.user_id not in exclude)
        done = self.browse()
        for company, own in claims.grouped("company_id").items():
            team_members = members.filtered(lambda member, company=company: member.company_id == company)
            takers = own._takers(teams.filtered(lambda team, company=company: team.company_id == company), team_members)
            for user_id, found in own.grouped(lambda claim, takers=takers: takers.get(claim.id)).items():
                user = self.env["res.users"].browse(user_id)
                if user and user not in exclude:
                    found._assign_to(user)
                    done |= found
        return done

    def _assign_to(self, user):
        changed = self.filtered(lambda claim: claim.user_id != user)
        # Each sees them in the own list; a mail a claim would help nobody when hundreds are taken in.
        changed.with_context(mail_auto_subscribe_no_notify=True, mail_notrack=True).write({"user_id": user.id})

    def _takers(self, teams, members):
        """{claim id: user id} by the teams of one company: a member with room, else the leader of the closest team."""
        skills = self._wanted_skills()
        capacity = defaultdict(int)
        for member in members:  # who is in two teams carries what the larger place says
            capacity[member.user_id.id] = max(capacity[member.user_id.id], member.capacity)
        loads = self._open_loads(members.user_id, teams.company_id, without=self)
        people = {
            user: assignment.Member(loads.get((user, teams.company_id.id), 0), carries)
            for user, carries in capacity.items()
        }
        jobs, leaders = [], {}
        for claim in self:
            fits, best = {}, None
            for team in teams:
                team_fit = team._skill_fit(*skills[claim])
                if team_fit is None:
                    continue
                if best is None or team_fit > best:
                    best, leaders[claim.id] = team_fit, team.leader_id.id
                for member in members.filtered(lambda member, team=team: member.team_id == team):
                    fit = member._skill_fit(*skills[claim])
                    if fit is not None:
                        fits[member.user_id.id] = max(fits.get(member.user_id.id, 0), team_fit + fit)
            jobs.append(assignment.Job(claim.id, assignment.claim_weight(claim.priority), fits))
        given = assignment.assign(jobs, people)
        return {claim: user or leaders.get(claim) for claim, user in given.items()}

    def _wanted_skills(self):
        """{claim: (ids of its cause and the causes above, of its products' categories and those above, of its supplier)}."""
        return {
            claim: (
                set(claim.cause_id._ancestors().ids),
                {
                    int(part)
                    for category in claim.sudo().line_ids.product_id.categ_id
                    for part in (category.parent_path or "").split("/")
                    if part
                },
                {claim.supplier_id.id, claim.supplier_id.commercial_partner_id.id},
            )
            for claim in self
        }

    @api.model
    def _open_loads(self, users, companies, without=None):
        """{(user id, company id): weight of their open claims}; `without` these claims."""
        rows = self.sudo()._read_group(
            [
                ("user_id", "in", users.ids),
                ("company_id", "in", companies.ids),
                ("state", "in", OPEN_STATES),
                ("id", "not in", (without or self.browse()).ids),
            ],
            ["user_id", "company_id", "priority"],
            ["__count"],
        )
        loads = defaultdict(int)
        for user, company, priority, count in rows:
            loads[user.id, company.id] += count * assignment.claim_weight(priority)
        return loads
