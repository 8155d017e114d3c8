from odoo.tests import HttpCase, tagged

from .flow import Flow

# Waits for tiles, checks the width, opens the tile named by KEY and waits for its list; any console error fails the test.
CLICK = """
void (async () => {
    const until = async (find) => {
        for (let tries = 0; tries < 200; tries++) {
            const found = find();
            if (found) {
                return found;
            }
            await new Promise((done) => setTimeout(done, 100));
        }
        throw new Error("waited in vain for " + find);
    };
    const tile = await until(() => document.querySelector("[data-tile='KEY']"));
    if (!tile.textContent.includes("LABEL")) {
        throw new Error("not in the reader's language: " + tile.textContent);
    }
    const page = document.documentElement;
    if (page.scrollWidth > window.innerWidth) {
        throw new Error("wider than the screen: " + page.scrollWidth + " > " + window.innerWidth);
    }
    for (const one of document.querySelectorAll("[data-tile]")) {
        if (!one.getAttribute("aria-label").includes(one.querySelector(".o_franchise_number").textContent)) {
            throw new Error("can't be read aloud: " + one.outerHTML);
        }
    }
    const count = Number(tile.querySelector(".o_franchise_number").textContent);
    tile.click();
    const rows = await until(() => {
        const found = document.querySelectorAll(".o_list_view .o_data_row, .o_kanban_view .o_kanban_record:not(.o_kanban_ghost)");
        return found.length && found;
    });
    if (rows.length !== count) {
        throw new Error(`the tile says ${count}, the list has ${rows.length}`);
    }
    console.log("test successful");
})().catch((error) => console.error(String(error)));
"""
KEYS = {"service": "work.claims", "finance": "decide.approve"}


class OverviewBrowser(HttpCase):
    """Both overviews in a real browser, in both languages."""

    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("zh_CN")
        self.flow = Flow(self.env)
        claims = self.flow.claim(stage="assessed") | self.flow.claim()
        claims.user_id = self.flow.users["service"]

    def open(self, desk, lang):
        user = self.flow.users[desk]
        user.write({"lang": lang, "password": user.login})
        section, key = KEYS[desk].split(".")
        overview = getattr(self.env["franchise.overview"].with_user(user).with_context(lang=lang), f"{desk}_desk")()
        tiles = next(found["tiles"] for found in overview["sections"] if found["key"] == section)
        label = next(tile["label"] for tile in tiles if tile["key"] == key)
        code = CLICK.replace("KEY", KEYS[desk]).replace("LABEL", label)
        self.browser_js(f"/odoo/franchise-{desk}", code, login=user.login, timeout=120)


@tagged("post_install", "-at_install")
class TestOverviewOnAScreen(OverviewBrowser):
    """R-F3: the overviews on a wide screen."""

    def test_service_in_english(self):
        self.open("service", "en_US")

    def test_finance_in_chinese(self):
        self.open("finance", "zh_CN")


@tagged("post_install", "-at_install")
class TestOverviewOnAPhone(OverviewBrowser):
    """R-F3: the overviews on a phone."""

    browser_size = "375x812"
    touch_enabled = True

    def test_service_in_chinese(self):
        self.open("service", "zh_CN")

    def test_finance_in_english(self):
        self.open("finance", "en_US")
