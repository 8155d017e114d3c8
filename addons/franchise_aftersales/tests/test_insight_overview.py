from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.fields import Datetime
from odoo.tests import tagged

from .flow import MODULE
from .flow_clock import ClockCase

DESKS = {
    "service": ("service", "service2", "manager"),
    "finance": ("finance", "accountant", "manager"),
}


class OverviewCase(ClockCase):
    """A world with something behind nearly every tile."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        flow = cls.flow
        cls.claims = {stage: flow.claim(stage=stage) for stage in ("draft", "submitted", "assessed", "approved")}
        cls.claims["draft"].user_id = flow.users["service"]
        cls.claims["submitted"].user_id = False
        cls.recovery = flow.recovery(200.0)
        flow.receive(flow.answer(cls.recovery, "rejected", reason="Not ours"))
        cls.settled = flow.settlement(100.0)
        cls.late = cls.env["franchise.claim"].browse(flow.claim(supplier=cls.maker, reported_date=flow.today).id)
        cls.late.user_id = flow.users["service"]
        clock = cls.late.clock_ids.filtered(lambda clock: clock.kind == "first_answer")
        clock.sudo().write({"start_at": Datetime.now() - timedelta(hours=9)})
        clock.sudo()._refresh()
        flow.endpoint.sudo().write({"failure_count": 5})

    def overview(self, desk, role, **options):
        model = self.env["franchise.overview"].with_user(self.flow.users[role])
        return getattr(model, f"{desk}_desk")(**options)

    def tiles(self, desk, role, **options):
        """{"section.key": tile}"""
        sections = self.overview(desk, role, **options)["sections"]
        return {f"{section['key']}.{tile['key']}": tile for section in sections for tile in section["tiles"]}


@tagged("post_install", "-at_install")
class TestInsightOverview(OverviewCase):
    """R-F3: what needs service and finance now; each number is the number of the list behind it."""

    def test_every_number_is_that_of_its_list(self):
        for desk, roles in DESKS.items():
            for role in roles:
                for options in ({"mine": True}, {"mine": False}) if desk == "service" else ({},):
                    for key, tile in self.tiles(desk, role, **options).items():
                        with self.subTest(desk=desk, role=role, tile=key, **options):
                            action = tile["action"]
                            records = self.env[action["res_model"]].with_user(self.flow.users[role])
                            found = records.web_search_read(action["domain"], {"display_name": {}}, limit=1000)
                            self.assertEqual(len(found["records"]), tile["count"])

    def test_every_list_opens(self):
        """Each tile names views that exist, and its domain fits the model's search view."""
        for desk, roles in DESKS.items():
            for key, tile in self.tiles(desk, roles[-1]).items():
                with self.subTest(desk=desk, tile=key):
                    action = tile["action"]
                    model = self.env[action["res_model"]].with_user(self.flow.users[roles[-1]])
                    views = model.get_views([*action["views"], (False, "search")])["views"]
                    self.assertEqual(set(views), {mode for _view, mode in action["views"]} | {"search"})
                    own = self.env["ir.ui.view"].search([("model", "=", action["res_model"])]).mapped("type")
                    self.assertLessEqual({mode for _view, mode in action["views"]}, set(own), "no view of our own")

    def test_what_service_sees(self):
        tiles = self.tiles("service", "service")
        mine = (self.claims["draft"] | self.late).sorted("id")
        opened = self.env["franchise.claim"].search(tiles["work.claims"]["action"]["domain"])
        self.assertLessEqual(mine, opened)
        self.assertEqual(set(opened.mapped("user_id.id")), {self.flow.users["service"].id})
        self.assertEqual(tiles["work.unassigned"]["count"], 1)
        overdue = self.env["franchise.claim.clock"].search(tiles["deadlines.overdue"]["action"]["domain"])
        self.assertIn(self.late, overdue.claim_id)
        self.assertEqual(tiles["deadlines.overdue"]["tone"], "danger")
        everybody = self.tiles("service", "service", mine=False)
        self.assertGreater(everybody["work.claims"]["count"], tiles["work.claims"]["count"])

    def test_due_today_ends_at_the_readers_midnight(self):
        clock = self.clock(self.late, "complaint")
        user = self.flow.users["service"]
        user.tz = "Asia/Shanghai"
        model = self.env["franchise.overview"].with_user(user)
        midnight = model._end_of_day()
        self.assertLessEqual(midnight - Datetime.now(), timedelta(days=1))
        self.assertEqual((midnight + timedelta(hours=8)).time().isoformat(), "00:00:00")
        for moment, counted in ((midnight - timedelta(seconds=1), True), (midnight, False)):
            if moment <= Datetime.now():
                continue
            clock.sudo().due_at = moment
            domain = self.tiles("service", "service")["deadlines.due_today"]["action"]["domain"]
            with self.subTest(moment=moment):
                self.assertEqual(bool(clock.filtered_domain(domain)), counted)

    def test_what_finance_may_approve(self):
        """R-D7: who assessed a claim doesn't find it among those to approve, but among the others'."""
        claim = self.claims["assessed"]
        mine = self.tiles("finance", "finance")
        self.assertIn(claim.id, self.behind(mine["decide.approve"]))
        self.assertNotIn(claim.id, self.behind(mine["decide.waiting"]))
        self.assertTrue(mine["decide.approve"]["amounts"])
        self.assertNotIn("decide.approve", self.tiles("finance", "accountant"))
        own = self.flow.claim(stage="submitted", entered_by="manager")
        own.with_user(self.flow.users["service2"]).action_assess()
        theirs = self.tiles("finance", "manager")
        self.assertNotIn(own.id, self.behind(theirs["decide.approve"], "manager"))
        self.assertIn(own.id, self.behind(theirs["decide.waiting"], "manager"))

    def behind(self, tile, role="finance"):
        action = tile["action"]
        return self.env[action["res_model"]].with_user(self.flow.users[role]).search(action["domain"]).ids

    def test_amounts_by_currency(self):
        """By hand: what is still open of the refused recovery, and what is open of all."""
        tiles = self.tiles("finance", "finance")
        self.assertEqual(self.behind(tiles["decide.refused"]), self.recovery.ids)
        self.assertEqual(self.recovery.amount_open, 160)
        self.assertEqual(tiles["decide.refused"]["amounts"], [self.flow.currency.format(160)])
        euro = self.flow.active_currency(self.env, "EUR")
        maker = self.flow.partner("Euro")
        self.flow.make_agreement(maker, currency=euro)
        bill = self.flow.bill((50.0,), supplier=maker, currency=euro)
        self.flow.claim([("goods", bill, 50.0)], "approved", supplier=maker)
        self.env.flush_all()
        recoveries = self.env["franchise.claim.recovery"].search(
            [("company_id", "=", self.flow.company.id), ("state", "!=", "withdrawn")]
        )
        expected = {
            currency.format(sum(of_currency.mapped("amount_open")))
            for currency, of_currency in recoveries.grouped("currency_id").items()
        }
        self.assertEqual(set(self.tiles("finance", "finance")["stake.open"]["amounts"]), expected)
        self.assertEqual(len(expected), 2)

    def test_settlements_to_confirm_to_post_and_failed(self):
        tiles = self.tiles("finance", "finance")
        self.assertIn(self.settled.id, self.behind(tiles["settlements.confirm"]))
        self.settled.with_user(self.flow.users["finance"]).action_confirm()
        tiles = self.tiles("finance", "finance")
        self.assertNotIn(self.settled.id, self.behind(tiles["settlements.confirm"]))
        self.assertIn(self.settled.id, self.behind(tiles["settlements.post"]))
        self.settled._trusted().write({"post_error": "No account"})
        tiles = self.tiles("finance", "finance")
        self.assertEqual(self.behind(tiles["settlements.failed"]), self.settled.ids)
        self.assertEqual(tiles["settlements.failed"]["tone"], "danger")
        self.assertNotIn(self.settled.id, self.behind(tiles["settlements.post"]))

    def test_sync_health(self):
        """R-F3: a system that is interrupted, behind, or has messages that need somebody."""
        tiles = self.tiles("finance", "finance")
        self.assertEqual(self.behind(tiles["sync.interrupted"]), self.flow.endpoint.ids)
        self.assertEqual(tiles["sync.behind"]["count"], 0)
        message = self.flow.message(self.flow.recovery(50.0)).sudo()
        self.env.cr.execute(
            "UPDATE franchise_sync_message SET next_attempt_at = now() AT TIME ZONE 'UTC' - interval '2 hours' WHERE id = %s",
            [message.id],
        )
        message.invalidate_recordset()
        self.assertEqual(self.behind(self.tiles("finance", "finance")["sync.behind"]), self.flow.endpoint.ids)
        self.env.cr.execute("UPDATE franchise_sync_message SET state = 'dead' WHERE id = %s", [message.id])
        message.invalidate_recordset()
        self.assertEqual(self.behind(self.tiles("finance", "finance")["sync.attention"]), self.flow.endpoint.ids)

    def test_nobody_sees_a_tile_on_what_they_may_not_read(self):
        for desk, roles in DESKS.items():
            for role in roles:
                for key, tile in self.tiles(desk, role).items():
                    model = self.env[tile["action"]["res_model"]].with_user(self.flow.users[role])
                    self.assertTrue(model.has_access("read"), (desk, role, key))
        self.assertNotIn("settlements.unpaid", self.tiles("service", "service"))
        for role in ("accountant", "finance"):
            self.assertIn("settlements.unpaid", self.tiles("finance", role), "they may read settlements' entries")

    def test_the_wrong_role_gets_a_sentence(self):
        wrong = {
            "service": ("finance", "accountant", "contract", "operator", "employee", "portal", "worker"),
            "finance": ("service", "contract", "operator", "employee", "portal", "worker"),
        }
        for desk, roles in wrong.items():
            for role in roles:
                with self.subTest(desk=desk, role=role), self.assertRaises(AccessError):
                    self.overview(desk, role)

    def test_nothing_of_another_company(self):
        """R-H2: a colleague of another company sees zeros."""
        other = self.env["res.company"].create({"name": "Other Tea", "currency_id": self.flow.currency.id})
        for desk, role in (("service", "service"), ("finance", "finance")):
            user = self.flow.make_user(role, company=other)
            model = self.env["franchise.overview"].with_user(user).with_context(allowed_company_ids=other.ids)
            sections = getattr(model, f"{desk}_desk")()["sections"]
            self.assertEqual({tile["count"] for section in sections for tile in section["tiles"]}, {0})

    def test_as_many_queries_for_many_as_for_one(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.overview("service", "manager", mine=False)
            self.overview("finance", "manager")
            return self.env.cr.sql_log_count - before

        def fewest():
            # A cache that is shared by all (rights, rules) may lose an entry meanwhile, and one run then reads it again.
            return min(queries() for _run in range(3))

        few = fewest()
        for _number in range(4):
            self.flow.recovery(30.0)
            self.flow.claim(stage="assessed")
        self.assertEqual(fewest(), few)

    def test_the_first_menu_opens_it(self):
        for role, name in (
            ("service", "service"),
            ("finance", "finance"),
            ("accountant", "finance"),
            ("manager", "service"),
        ):
            with self.subTest(role=role):
                menus = self.env["ir.ui.menu"].with_user(self.flow.users[role]).load_menus(False)
                root = menus[self.env.ref(f"{MODULE}.menu_root").id]
                first = root
                while first["children"]:
                    first = menus[first["children"][0]]
                action = self.env.ref(f"{MODULE}.franchise_overview_{name}_action")
                self.assertEqual((first["action_model"], first["action_id"]), ("ir.actions.client", action.id))
                self.assertEqual(action.params, {"desk": name})


@tagged("post_install", "-at_install")
class TestInsightDigest(ClockCase):
    """R-F3: open claims, recovered amount and attainment in Odoo's digest."""

    def digest(self, role):
        digest = self.env["digest.digest"].create({"name": "After-sales", "company_id": self.flow.company.id})
        span = {
            "start_datetime": Datetime.now() - timedelta(days=40),
            "end_datetime": Datetime.now() + timedelta(days=1),
        }
        return digest.with_user(self.flow.users[role]).sudo(False).with_context(**span)

    def test_by_hand(self):
        recovery = self.flow.accepted(100.0, supplier=self.flow.supplier)
        self.flow.claim(stage="draft")
        closed = self.flow.claim(stage="submitted")
        closed.with_user(self.flow.users["service"]).action_cancel()
        self.env.flush_all()
        digest = self.digest("finance")
        claims = self.env["franchise.claim"].search([("company_id", "=", self.flow.company.id)])
        opened = claims.filtered(lambda claim: claim.state in ("draft", "submitted", "assessed", "approved"))
        self.assertEqual(digest.kpi_franchise_open_claims_value, len(opened))
        self.assertEqual(digest.kpi_franchise_recovered_value, recovery.amount_accepted)
        decided = claims.clock_ids.filtered(lambda clock: clock.state in ("kept", "broken"))
        met = decided.filtered(lambda clock: clock.state == "kept")
        self.assertAlmostEqual(
            digest.kpi_franchise_attainment_value, 100 * len(met) / len(decided) if decided else 0, 4
        )

    def test_who_has_nothing_to_do_with_it_gets_none(self):
        for role in ("operator", "employee"):
            for name in ("open_claims", "recovered", "attainment"):
                with self.subTest(role=role, figure=name), self.assertRaises(AccessError):
                    self.digest(role)[f"kpi_franchise_{name}_value"]

    def test_figures_lead_to_their_lists(self):
        actions = self.env["digest.digest"]._compute_kpis_actions(self.flow.company, self.flow.users["manager"])
        for name in ("open_claims", "recovered", "attainment"):
            xmlid = actions[f"kpi_franchise_{name}"].partition("?")[0]
            self.assertEqual(self.env.ref(xmlid)._name, "ir.actions.act_window")
