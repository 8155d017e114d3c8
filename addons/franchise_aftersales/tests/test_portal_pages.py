from collections import defaultdict

from odoo.tests import TransactionCase, tagged

from ..controllers.portal_pages import FranchisePortal


@tagged("post_install", "-at_install")
class TestPortalPages(TransactionCase):
    """R-H1: Odoo makes one controller of all the rooms' pages, so that two methods of one name would replace each other."""

    def test_every_room_names_its_methods_for_itself(self):
        rooms = [
            room for room in FranchisePortal.__subclasses__() if room.__module__.startswith("odoo.addons.franchise")
        ]
        self.assertGreater(len(rooms), 5)
        found = defaultdict(set)
        for room in rooms:
            for name, member in vars(room).items():
                if not name.startswith("__") and (callable(member) or isinstance(member, staticmethod)):
                    found[name].add(room.__name__)
        extended = {name for name in found if hasattr(FranchisePortal, name)}
        self.assertEqual({name: who for name, who in found.items() if len(who) > 1 and name not in extended}, {})
