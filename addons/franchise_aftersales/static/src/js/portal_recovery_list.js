import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/** Ticking demands in the portal's list: all of the page at once, how many, and buttons only when there are some. */
export class RecoveryList extends Interaction {
    static selector = ".o_recovery_list";
    dynamicContent = {
        ".o_recovery_tick_all": {
            "t-on-change": this.tickAll,
            "t-att-checked": () => this.boxes.length > 0 && this.ticked === this.boxes.length,
        },
        "input[name=ids]": { "t-on-change": () => {} },
        ".o_recovery_step": { "t-att-disabled": () => !this.ticked },
        ".o_recovery_count": { "t-out": () => String(this.ticked) },
    };

    get boxes() {
        return [...this.el.querySelectorAll("input[name=ids]")];
    }

    get ticked() {
        return this.boxes.filter((box) => box.checked).length;
    }

    tickAll(event) {
        for (const box of this.boxes) {
            box.checked = event.target.checked;
        }
    }
}

registry.category("public.interactions").add("franchise_aftersales.recovery_list", RecoveryList);
