from odoo.tests import tagged

from .test_portal_signing import PortalCase

# Types the name, draws a line with the pointer, waits for the button, and signs: what a person does on a phone. The page is
# left as soon as the server has answered, so its answer is the end.
SIGN = """
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function (...args) {
    this.addEventListener("load", () => {
        if (this.responseURL.includes("/accept")) {
            console.log(this.responseText.includes("force_refresh") ? "test successful" : this.responseText);
        }
    });
    return send.apply(this, args);
};
void (async () => {
    const until = async (find) => {
        for (let tries = 0; tries < 100; tries++) {
            const found = find();
            if (found) {
                return found;
            }
            await new Promise((done) => setTimeout(done, 100));
        }
        throw new Error("waited in vain for " + find);
    };
    const page = document.documentElement;
    if (page.scrollWidth > window.innerWidth) {
        throw new Error("wider than the screen: " + page.scrollWidth + " > " + window.innerWidth);
    }
    const name = await until(() => document.querySelector(".o_web_sign_name_input"));
    name.value = "Li Wei";
    name.dispatchEvent(new Event("input", { bubbles: true }));
    const canvas = await until(() => document.querySelector("canvas"));
    canvas.scrollIntoView();
    const box = canvas.getBoundingClientRect();
    const point = (type, target, part) =>
        target.dispatchEvent(
            new PointerEvent(type, {
                bubbles: true,
                cancelable: true,
                clientX: box.left + box.width * part,
                clientY: box.top + box.height * part,
                buttons: type === "pointerup" ? 0 : 1,
                pressure: 0.5,
                pointerId: 1,
                isPrimary: true,
            })
        );
    point("pointerdown", canvas, 0.2);
    for (const part of [0.3, 0.4, 0.6, 0.8]) {
        await new Promise((done) => setTimeout(done, 30));
        point("pointermove", window, part);
    }
    point("pointerup", window, 0.8);
    (await until(() => document.querySelector(".o_portal_sign_submit:not([disabled])"))).click();
})().catch((error) => console.error(String(error)));
"""


@tagged("post_install", "-at_install")
class TestPortalOnAPhone(PortalCase):
    """R-A11, R-B2: signing and acknowledging in a real browser of a phone's width, by the link of the mail."""

    browser_size = "375x812"
    touch_enabled = True

    def test_signing_a_contract(self):
        contract = self.contract()
        self.browser_js(contract.get_portal_url(), SIGN, ready="document.readyState === 'complete'", timeout=120)
        self.assertEqual(contract.signature_ids.mapped("name"), ["Li Wei"])
        self.assertTrue(contract.signature_ids.image)

    def test_acknowledging_a_notice(self):
        notice = self.notice()
        self.browser_js(notice.get_portal_url(), SIGN, ready="document.readyState === 'complete'", timeout=120)
        self.assertEqual((notice.state, notice.acknowledged_by), ("acknowledged", "Li Wei"))
        self.assertTrue(notice.acknowledge_signature)
