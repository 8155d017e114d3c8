from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .flow import FlowCase
from .rooms.aftercare import team


class TeamCase(FlowCase):
    """A company whose claims go to teams."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls.flow.users
        cls.transport = cls.env.ref("franchise_aftersales.cause_transport")

    def values(self, **values):
        return self.flow.claim_values([("labour", None, 10.0)], **values)

    def take_in(self, number=1, **values):
        """Claims as an importing user creates them, nobody chosen."""
        claims = self.env["franchise.claim"].with_user(self.users["service"])
        return claims.create([self.values(**values) for _number in range(number)]).with_env(self.env)

    def member(self, group, user, **values):
        return self.env["franchise.service.team.member"].create(
            {"team_id": group.id, "user_id": self.users[user].id, **values}
        )


@tagged("post_install", "-at_install")
class TestAssignment(TeamCase):
    """R-D12: assignment by team, skill and load."""

    def test_without_a_team_who_takes_it_in_keeps_it(self):
        self.assertEqual(self.take_in().user_id, self.users["service"])

    def test_by_skill(self):
        quality = self.env.ref("franchise_aftersales.cause_quality")
        team(self.flow, "manager", "service2", cause_ids=[Command.link(quality.id)])
        carriers = team(self.flow, "manager", "contract")
        carriers.cause_ids = self.transport
        self.assertEqual(self.take_in().user_id, self.users["service2"], "a sub-cause of what they know")
        self.assertEqual(self.take_in(cause_id=self.transport.id).user_id, self.users["contract"])

    def test_by_supplier_and_product_category(self):
        category = self.env["product.category"].create({"name": "Tea"})
        sub = self.env["product.category"].create({"name": "Green", "parent_id": category.id})
        product = self.env["product.product"].create({"name": "Leaf", "categ_id": sub.id})
        group = team(self.flow, "manager", "service2")
        self.member(group, "contract", category_ids=[Command.link(category.id)])
        other = self.flow.partner("Other")
        self.flow.make_agreement(other)
        self.member(group, "finance", supplier_ids=[Command.link(other.id)])
        values = self.values()
        values["line_ids"][0][2]["product_id"] = product.id
        claim = self.env["franchise.claim"].with_user(self.users["service"]).create(values)
        self.assertEqual(claim.user_id, self.users["contract"])
        self.assertEqual(self.take_in(supplier_id=other.id).user_id, self.users["finance"])
        self.assertEqual(self.take_in().user_id, self.users["service2"])

    def test_by_load_and_capacity_else_the_leader(self):
        group = team(self.flow, "manager", "service2", capacity=4)
        self.member(group, "contract", capacity=4)
        claims = self.take_in(5)  # each weighs 2: one star
        self.assertEqual(set(claims.mapped("priority")), {"1"})
        taken = [claim.user_id for claim in claims]
        self.assertEqual([taken.count(self.users[role]) for role in ("service2", "contract", "manager")], [2, 2, 1])
        self.assertEqual(group.member_ids.mapped("load"), [4, 4])
        self.assertEqual(self.take_in().user_id, self.users["manager"])
        claims.filtered(lambda claim: claim.user_id == self.users["service2"]).with_user(
            self.users["service"]
        ).action_cancel()
        self.assertEqual(self.take_in().user_id, self.users["service2"], "a cancelled claim is no load")

    def test_who_is_chosen_stays(self):
        team(self.flow, "manager", "service2")
        self.assertEqual(self.take_in(user_id=self.users["contract"].id).user_id, self.users["contract"])

    def test_the_button_assigns_anew_and_leaves_what_is_decided(self):
        claims = self.take_in(4)
        closed = self.take_in()
        closed._trusted().write({"state": "closed"})
        group = team(self.flow, "manager", "service2")
        self.member(group, "contract")
        (claims + closed).with_user(self.users["service"]).action_assign()
        self.assertEqual(
            [claims.mapped("user_id"), closed.user_id],
            [self.users["service2"] + self.users["contract"], self.users["service"]],
        )
        with self.assertRaises(AccessError):
            claims.with_user(self.users["contract"]).action_assign()

    def test_many_take_as_many_queries_as_few(self):
        group = team(self.flow, "manager", "service2", capacity=500)
        self.member(group, "contract", capacity=500)
        claims, counts = self.take_in(40), []
        for number in (6, 40):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            claims[:number]._assign()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)

    def test_members_work_for_the_company(self):
        stranger = self.flow.make_user("service", self.env.ref("base.main_company"))
        group = team(self.flow)
        with self.assertRaises(ValidationError):
            group.member_ids.create({"team_id": group.id, "user_id": stranger.id})


@tagged("post_install", "-at_install")
class TestHandover(TeamCase):
    """R-D12: hand-over when staff leave; nobody with open claims is archived silently."""

    def hand_over(self, leaver, **values):
        dialogue = self.env["franchise.service.handover"].with_user(self.users["manager"])
        return dialogue.create({"user_id": leaver.id, "reason": "Leaves", **values})

    def work(self):
        """(claims, a claim that is closed, follow-up, activity) of service2."""
        leaver = self.users["service2"]
        claims = self.take_in(2, user_id=leaver.id)
        closed = self.take_in(user_id=leaver.id)
        closed._trusted().write({"state": "closed"})
        followup = self.env["franchise.claim.followup"].create({"claim_id": closed.id, "user_id": leaver.id})
        activity = claims[0].activity_schedule("mail.mail_activity_data_todo", user_id=leaver.id)
        return claims, closed, followup, activity

    def test_all_of_it_goes_to_a_colleague_and_is_written_down(self):
        claims, closed, followup, activity = self.work()
        new = self.users["contract"]
        dialogue = self.hand_over(self.users["service2"], to_user_id=new.id)
        self.assertEqual((dialogue.claim_count, dialogue.followup_count, dialogue.activity_count), (2, 1, 1))
        dialogue.action_hand_over()
        self.assertEqual((claims.user_id, followup.user_id, activity.user_id), (new, new, new))
        self.assertEqual(closed.user_id, self.users["service2"], "what is over stays whose it was")
        for claim in claims:
            self.assertIn("Leaves", "".join(str(message.body) for message in claim.message_ids))

    def test_or_to_the_teams(self):
        claims, _closed, followup, activity = self.work()
        group = team(self.flow, "manager", "service2", capacity=2)
        self.member(group, "contract", capacity=2)
        self.member(group, "service", capacity=2)
        self.hand_over(self.users["service2"]).action_hand_over()
        self.assertEqual(claims.user_id, self.users["contract"] + self.users["service"])
        self.assertEqual(activity.user_id, claims[0].user_id)
        self.assertEqual(followup.user_id, self.users["manager"])

    def test_what_nobody_can_take_is_refused_whole(self):
        claims, *_rest = self.work()
        dialogue = self.hand_over(self.users["service2"])
        with self.assertRaisesRegex(UserError, claims[0].name), self.env.cr.savepoint():
            dialogue.action_hand_over()
        self.assertEqual(claims.user_id, self.users["service2"])
        for values in (
            {"reason": " "},
            {"to_user_id": self.users["service2"].id},
            {"to_user_id": self.users["portal"].id},
        ):
            with self.subTest(values=values), self.assertRaises(UserError), self.env.cr.savepoint():
                self.hand_over(self.users["service2"], **values).action_hand_over()

    def test_archiving_leads_to_the_dialogue(self):
        self.work()
        leaver = self.users["service2"]
        with self.assertRaisesRegex(RedirectWarning, "2 open claims and 1 follow-ups"), self.env.cr.savepoint():
            leaver.action_archive()
        self.hand_over(leaver, to_user_id=self.users["service"].id).action_hand_over()
        leaver.action_archive()
        self.assertFalse(leaver.active)
        self.users["operator"].action_archive()
        self.assertFalse(self.users["operator"].active)
        leaver.action_unarchive()

    def test_only_managers_hand_over(self):
        with self.assertRaises(AccessError):
            self.env["franchise.service.handover"].with_user(self.users["service"]).create({})
