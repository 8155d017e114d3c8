import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** What needs me now: numbers that open the list behind them. The server counts; `params.desk` names its method. */
export class FranchiseOverview extends Component {
    static template = "franchise_aftersales.Overview";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.state = useState({ mine: this.props.state?.mine ?? true, sections: [] });
        // Whose work was shown is remembered for the way back from a list.
        useSetupAction({ getLocalState: () => ({ mine: this.state.mine }) });
        onWillStart(() => this.load());
    }

    get desk() {
        return this.props.action.params.desk;
    }

    /** Only service staff have claims of their own. */
    get hasOwn() {
        return this.desk === "service";
    }

    get isQuiet() {
        return this.state.sections.every((section) => section.tiles.every((tile) => !tile.count));
    }

    async load() {
        const args = this.hasOwn ? [this.state.mine] : [];
        const overview = await this.orm.call("franchise.overview", `${this.desk}_desk`, args);
        this.state.sections = overview.sections;
    }

    async show(mine) {
        this.state.mine = mine;
        await this.load();
    }

    open(tile) {
        return this.action.doAction(tile.action);
    }

    /** Read aloud: what the number counts, the number, what is at stake, what to do. */
    spoken(tile) {
        return _t("%(label)s: %(count)s. %(amounts)s %(help)s", {
            label: tile.label,
            count: tile.count,
            amounts: tile.amounts.join(", "),
            help: tile.help,
        });
    }

    number(tile) {
        return { danger: "text-danger", warning: "text-warning-emphasis" }[tile.tone] || (tile.count ? "" : "text-muted");
    }
}

registry.category("actions").add("franchise_overview", FranchiseOverview);
