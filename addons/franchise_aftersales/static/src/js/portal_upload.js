import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";
import { _t } from "@web/core/l10n/translation";

const MEGABYTE = 1024 * 1024;

/**
 * Forms with photos: says which files are chosen, refuses what is too large before it is sent, shows how much is sent, and keeps all
 * that was typed and chosen when something is wrong. Without this script the form is sent as any form is.
 */
export class PortalUpload extends Interaction {
    static selector = ".o_franchise_upload";
    dynamicContent = {
        _root: { "t-on-submit.prevent": this.onSubmit },
        "input[type=file]": { "t-on-change": this.onChange },
        ".o_franchise_submit": { "t-att-disabled": () => this.sending },
        ".o_franchise_progress": { "t-att-class": () => ({ "d-none": !this.sending }) },
        ".progress-bar": {
            "t-att-style": () => ({ width: `${this.percent}%` }),
            "t-out": () => `${this.percent} %`,
        },
        ".o_franchise_error": {
            "t-att-class": () => ({ "d-none": !this.error }),
            "t-out": () => this.error,
        },
        ".o_franchise_chosen": { "t-out": () => this.chosen },
    };

    setup() {
        this.sending = false;
        this.percent = 0;
        this.error = this.el.querySelector(".o_franchise_error").textContent.trim();
        this.chosen = "";
    }

    get files() {
        return [...this.el.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
    }

    onChange() {
        const limit = Number(this.el.dataset.maxMb);
        const total = this.files.reduce((sum, file) => sum + file.size, 0);
        const large = this.files.find((file) => file.size > limit * MEGABYTE);
        this.error = "";
        if (large) {
            this.error = _t("“%(file)s” has more than %(limit)s MB. Choose a smaller one.", {
                file: large.name,
                limit,
            });
        } else if (total > Number(this.el.dataset.maxRequest) * MEGABYTE) {
            this.error = _t("These files have more than %s MB together. Send some of them afterwards.", this.el.dataset.maxRequest);
        }
        this.chosen = this.files.map((file) => `${file.name} (${(file.size / MEGABYTE).toFixed(1)} MB)`).join(", ");
    }

    onSubmit() {
        if (this.sending) {
            return;
        }
        this.onChange();
        if (this.error) {
            this.showError();
            return;
        }
        const request = new XMLHttpRequest();
        request.upload.addEventListener("progress", (event) => {
            if (event.lengthComputable && !this.isDestroyed) {
                this.percent = Math.round((event.loaded / event.total) * 100);
                this.updateContent();
            }
        });
        request.addEventListener("load", () => this.onAnswer(request));
        request.addEventListener("error", () =>
            this.fail(_t("The connection was lost. What you typed is still here: send it again."))
        );
        request.open("POST", this.el.getAttribute("action"));
        request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
        const data = new FormData(this.el);
        data.delete("files");
        for (const file of this.files) {
            data.append("files", file);
        }
        this.sending = true;
        this.percent = 0;
        this.error = "";
        request.send(data);
    }

    onAnswer(request) {
        let answer = {};
        try {
            answer = JSON.parse(request.responseText);
        } catch {
            // Not ours: a proxy's page, or a session that has ended.
        }
        if (answer.url) {
            const target = new URL(answer.url, window.location);
            const here = target.pathname + target.search === window.location.pathname + window.location.search;
            window.location.assign(target);
            if (here) {
                // Only the anchor differs: the browser would stay on the page as it was.
                window.location.reload();
            }
            return;
        }
        if (request.status === 413) {
            this.fail(_t("These files are too large together. Send some of them afterwards."));
        } else {
            this.fail(answer.error || _t("It could not be sent. Reload the page and try again."));
        }
    }

    fail(error) {
        this.sending = false;
        this.error = error;
        this.updateContent();
        this.showError();
    }

    showError() {
        this.el.querySelector(".o_franchise_error").scrollIntoView({ block: "center" });
    }
}

registry.category("public.interactions").add("franchise_aftersales.portal_upload", PortalUpload);
