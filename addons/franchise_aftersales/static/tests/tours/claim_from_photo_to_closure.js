import { registry } from "@web/core/registry";

// A claim from the photo to its closure, in the portal and in the claim's form. Nothing is found by its text: the same tours run in
// every language.

const tours = registry.category("web_tour.tours");
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

function photo(name) {
    const bytes = Uint8Array.from(atob(PNG), (character) => character.charCodeAt(0));
    return new File([bytes], name, { type: "image/png" });
}

/** Choose photos as a phone's camera gives them, several at once. */
function choose(input, ...names) {
    const chosen = new DataTransfer();
    for (const name of names) {
        chosen.items.add(photo(name));
    }
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Draw a line with the pointer, as a finger does. */
async function draw(canvas) {
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
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    point("pointerdown", canvas, 0.2);
    for (const part of [0.3, 0.4, 0.6, 0.8]) {
        await frame();
        point("pointermove", window, part);
    }
    point("pointerup", window, 0.8);
}

function fits() {
    const width = document.documentElement.scrollWidth;
    if (width > window.innerWidth) {
        throw new Error(`wider than the screen: ${width} > ${window.innerWidth}`);
    }
}

function set(value) {
    return function () {
        this.anchor.value = value;
        this.anchor.dispatchEvent(new Event("input", { bubbles: true }));
        this.anchor.dispatchEvent(new Event("change", { bubbles: true }));
    };
}

const chooseCause = function () {
    this.anchor.value = this.anchor.querySelector("option[data-code='quality.material']").value;
    this.anchor.dispatchEvent(new Event("change", { bubbles: true }));
};

// A step of the server may take its time on a busy machine.
const PATIENCE = 60000;
const state = (name) => ({
    trigger: `.o_statusbar_status .o_arrow_button_current[data-value=${name}]`,
    timeout: PATIENCE,
});
const press = (name) => ({ trigger: `.o_form_view button[name=${name}]:enabled:not(:hidden)`, run: "click" });

tours.add("franchise_portal_claim", {
    steps: () => [
        { trigger: ".o_franchise_new_claim", run: "click", expectUnloadPage: true },
        { trigger: ".o_franchise_goods", run: fits },
        { trigger: ".o_franchise_goods", run: "click", expectUnloadPage: true },
        { trigger: ".o_franchise_claim_form .o_franchise_error:not(:visible)" },
        { trigger: "#cause_id", run: chooseCause },
        { trigger: "#camera_new[capture]", run: ({ anchor }) => choose(anchor, "front.png", "back.png") },
        { trigger: ".o_franchise_chosen:contains(back.png)" },
        { trigger: "#description", run: set("底部渗水 / drips at the base") },
        { trigger: "#lot", run: set("SN-2026-001") },
        { trigger: "#quantity", run: set("99") },
        { trigger: ".o_franchise_submit:enabled", run: "click" },
        // More than was bought: the form stays, with the photos.
        { trigger: ".o_franchise_error:visible" },
        { trigger: ".o_franchise_chosen:contains(front.png)" },
        { trigger: "#quantity", run: set("1") },
        { trigger: ".o_franchise_submit:enabled", run: "click", expectUnloadPage: true },
        { trigger: ".alert-success" },
        { trigger: ".o_franchise_evidence img", run: fits },
    ],
});

tours.add("franchise_form_assess", {
    steps: () => [state("draft"), press("action_submit"), state("submitted"), press("action_assess"), state("assessed")],
});

tours.add("franchise_form_offer", {
    steps: () => [
        state("assessed"),
        press("action_approve"),
        state("approved"),
        { trigger: ".o_notebook a[name=resolution]", run: "click" },
        press("action_new_offer"),
        { trigger: ".o_form_view .o_field_widget[name=terms] textarea", run: "edit 更换新机 / a new one" },
        { trigger: ".o_field_widget[name=line_ids] .o_list_record_remove", run: "click" },
        { trigger: ".o_field_widget[name=line_ids]:not(:has(.o_list_record_remove))" },
        press("action_make"),
        state("made"),
    ],
});

tours.add("franchise_portal_sign", {
    steps: () => [
        { trigger: ".o_portal_my_doc_table a[href*='/my/franchise/claims/']", run: "click", expectUnloadPage: true },
        { trigger: ".o_franchise_to_offer", run: "click", expectUnloadPage: true },
        { trigger: ".o_web_sign_name_input", run: fits },
        { trigger: ".o_web_sign_name_input", run: "edit 李伟" },
        { trigger: "canvas.o_web_sign_signature", run: ({ anchor }) => draw(anchor) },
        { trigger: ".o_portal_sign_submit:enabled", run: "click", expectUnloadPage: true },
        { trigger: ".alert-success" },
    ],
});

tours.add("franchise_form_close", {
    steps: () => [
        state("approved"),
        { trigger: ".o_notebook a[name=resolution]", run: "click" },
        press("action_view_executions"),
        { trigger: "body:not(:has(.o_form_view)) .o_list_view .o_data_row .o_data_cell[name=name]", run: "click", timeout: PATIENCE },
        { trigger: ".o_form_view .o_field_widget[name=done_note] :is(textarea, input)", run: "edit 已换新 / exchanged" },
        press("action_finish"),
        state("done"),
        { trigger: ".o_form_view .o_back_button a", run: "click" },
        { trigger: ".o_list_view .o_back_button a", run: "click" },
        { trigger: ".o_form_view button[name=action_tell]:enabled", run: "click" },
        { trigger: ".modal footer button[name=action_tell]:not(:hidden)", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: ".o_form_view:not(:has(button[name=action_tell]))" },
        press("action_close"),
        state("closed"),
    ],
});

tours.add("franchise_portal_rate", {
    steps: () => [
        { trigger: ".o_portal_my_doc_table a[href*='/my/franchise/claims/']", run: "click", expectUnloadPage: true },
        { trigger: ".o_franchise_status.text-bg-success", run: fits },
        { trigger: "label[for=stars_5]", run: "click" },
        { trigger: "#feedback", run: set("谢谢 / thank you") },
        { trigger: ".o_franchise_rating button[type=submit]", run: "click", expectUnloadPage: true },
        { trigger: ".alert-success" },
    ],
});
