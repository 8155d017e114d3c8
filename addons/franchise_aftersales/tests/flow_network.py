"""What the tests of territory, applications, reviews and inspections add to a `Flow`'s world."""

from odoo.fields import Command

# Degrees; about 165 km apart.
SHANGHAI = (31.2304, 121.4737)
HANGZHOU = (30.2741, 120.1551)


class Network:
    """Cities, contracts and outlets with a place, in the world of a `Flow`."""

    def __init__(self, flow):
        self.flow = flow
        self.env = flow.env
        self.count = 0
        country = self.env.ref("base.cn")
        self.country = country
        self.states = self.env["res.country.state"].create(
            [
                {"name": f"{name} {flow.key}", "code": f"{name[0]}{flow.key[:6]}", "country_id": country.id}
                for name in ("East", "West")
            ]
        )
        self.east, self.west = self.states
        self.cities = self.env["res.city"].create(
            [
                {"name": f"{name} {flow.key}", "country_id": country.id, "state_id": state.id}
                for name, state in (("Harbour", self.east), ("Lake", self.east), ("Hill", self.west))
            ]
        )
        self.harbour, self.lake, self.hill = self.cities

    def contract(self, exclusive=True, areas=(), radius=None, place=(0, 0), city=None, sign=False, **values):
        """A draft of a new franchisee's with one outlet; `areas` are cities and states, `radius` in km around the outlet."""
        self.count += 1
        flow = self.flow
        contract = self.env["franchise.contract"].create(
            {
                "franchisee_id": flow.partner(f"Franchisee {self.count}").id,
                "company_id": flow.company.id,
                "brand_id": flow.brand.id,
                "currency_id": flow.currency.id,
                "date_start": flow.day(-100),
                "date_end": flow.day(500),
                "is_exclusive": exclusive,
                "outlet_ids": [
                    Command.create(
                        {
                            "code": f"N{self.count}-{flow.key}",
                            "name": f"Outlet {self.count}",
                            "latitude": place[0],
                            "longitude": place[1],
                            "city_id": city.id if city else False,
                            "state_id": city.state_id.id if city else False,
                        }
                    )
                ],
                **values,
            }
        )
        rows = [self.area(contract, area) for area in areas]
        if radius:
            rows.append(
                {
                    "contract_id": contract.id,
                    "kind": "radius",
                    "outlet_id": contract.outlet_ids.id,
                    "radius_km": radius,
                }
            )
        self.env["franchise.territory"].create(rows)
        if sign:
            self.sign(contract)
        return contract

    def area(self, contract, area, **values):
        kind = "city" if area._name == "res.city" else "state"
        return {"contract_id": contract.id, "kind": kind, f"{kind}_id": area.id, **values}

    def sign(self, contract):
        contract.sudo().action_sign()

    def change(self, contract, kind="add", user="contract", **values):
        """A draft outlet change entered by a contract manager."""
        self.count += 1
        if kind == "add":
            values = {"outlet_code": f"A{self.count}-{self.flow.key}", "outlet_name": "New outlet", **values}
        else:
            values = {"outlet_id": contract.outlet_ids[:1].id, **values}
        return (
            self.env["franchise.outlet.change"]
            .with_user(self.flow.users[user])
            .create({"contract_id": contract.id, "kind": kind, "reason": "Agreed", **values})
        )

    def approve(self, change):
        change.with_user(self.flow.users["manager"]).action_approve()
