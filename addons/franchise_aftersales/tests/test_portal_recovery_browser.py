from odoo.tests import tagged

from .flow_portal_recovery import URL, RecoveryPortalCase

WAIT = """
const until = async (find) => {
    for (let tries = 0; tries < 150; tries++) {
        const found = find();
        if (found) {
            return found;
        }
        await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error("waited in vain for " + find);
};
const fits = () => {
    const page = document.documentElement;
    if (page.scrollWidth > window.innerWidth) {
        throw new Error("wider than the screen: " + page.scrollWidth + " > " + window.innerWidth);
    }
};
"""
# Ticks all demands by one box, then looks where the first one leads.
LIST = """
void (async () => {
    fits();
    const button = await until(() => document.querySelector(".o_recovery_step:disabled"));
    const all = document.querySelector(".o_recovery_tick_all");
    all.click();
    await until(() => !button.disabled);
    await until(() => document.querySelector(".o_recovery_count").textContent === "2");
    const page = await fetch(document.querySelector("tbody a").href);
    if (!(await page.text()).includes("o_recovery_answer")) {
        throw new Error("the demand isn't shown: " + page.status);
    }
    console.log("test successful");
})().catch((error) => console.error(String(error)));
"""
# Accepts a part of the second line, as a clerk does. The form is sent without leaving the page, to see what comes back.
ANSWER = """
void (async () => {
    fits();
    const hidden = document.querySelector(".o_recovery_line");
    if (hidden.offsetParent) {
        throw new Error("lines are asked for before it is chosen");
    }
    document.querySelector("input[name=way][value=lines]").click();
    await until(() => hidden.offsetParent);
    fits();
    const [, second] = document.querySelectorAll(".o_recovery_line");
    second.querySelector("input[type=number]").value = "15.5";
    second.querySelector("select").value = "amount";
    second.querySelector("input[type=text]").value = "Two of three pieces";
    document.querySelector("[name=partner_reference]").value = "RMA-7";
    const form = document.querySelector("form.o_recovery_answer");
    const sent = new Promise((done) =>
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            done(fetch(form.action, { method: "POST", body: new FormData(form) }));
        })
    );
    form.querySelector("button[type=submit]").click();
    const page = await sent;
    if (!page.url.includes("said=answered")) {
        throw new Error("not taken: " + (await page.text()).match(/o_recovery_error[^<]*/));
    }
    console.log("test successful");
})().catch((error) => console.error(String(error)));
"""
STAFF = """
void (async () => {
    const row = await until(() =>
        [...document.querySelectorAll(".o_form_view .o_data_row")].find((row) => row.textContent.includes("Two of three pieces"))
    );
    if (!row.textContent.includes("15.5")) {
        throw new Error("the accepted amount isn't shown: " + row.textContent);
    }
    await until(() => document.querySelector("[name=partner_reference]").textContent.includes("RMA-7"));
    console.log("test successful");
})().catch((error) => console.error(String(error)));
"""
READY = "document.readyState === 'complete'"


@tagged("post_install", "-at_install")
class TestPortalRecoveryBrowser(RecoveryPortalCase):
    """R-D9: a supplier's clerk answers by line in a real browser, on a phone, and our staff see it in the form."""

    browser_size = "375x812"
    touch_enabled = True

    def story(self, lang):
        recovery = self.demand()
        self.demand((30.0,))
        clerk, staff = self.users["supplier"], self.users["service"]
        for user in clerk | staff:
            user.write({"lang": lang, "password": user.login})  # browser_js logs in so
        self.authenticate(clerk.login, clerk.login)
        page = self.url_open(f"{URL}/{recovery.id}")
        self.assertEqual("/zh_CN/my/" in page.url, lang == "zh_CN")
        self.browser_js(URL, WAIT + LIST, ready=READY, login=clerk.login, timeout=120)
        self.browser_js(f"{URL}/{recovery.id}", WAIT + ANSWER, ready=READY, login=clerk.login, timeout=120)
        self.assertEqual(recovery.state, "partial")
        self.assertEqual(recovery.line_ids.mapped("amount_accepted"), [80, 15.5])
        self.browser_js(
            f"/odoo/franchise-recoveries/{recovery.id}", WAIT + STAFF, ready=READY, login=staff.login, timeout=120
        )

    def test_in_english(self):
        self.story("en_US")

    def test_in_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.story("zh_CN")
