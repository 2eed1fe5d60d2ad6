// The overview screen: shows the server's figures and opens the rows behind each; it counts nothing itself.

import { Component, onWillStart, useState } from "@odoo/owl";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useRefresh } from "./refresh_hook";

/** Seconds between two looks at the figures while the screen can be seen. */
export const REFRESH_SECONDS = 15;

const { DateTime } = luxon;

/** Names of the rows behind a figure, as titles of the list that opens. */
const TITLES = {
    "mrp.production": _t("Orders"),
    "mes.inbox.message": _t("Inbox"),
    "mes.outbox.message": _t("Outbox"),
    "mes.case": _t("Cases"),
    "mes.counter": _t("Not stored"),
    "mes.pause": _t("Pauses"),
};

/** Figures that ask for somebody as soon as they are not zero. */
const ALARMS = new Set([
    "inbox_parked",
    "inbox_failed",
    "outbox_failed",
    "cases",
]);

/** Seconds in words, in the largest unit that is not too coarse. */
export function inWords(seconds) {
    const units = [
        [86400, (count) => _t("%s d", count)],
        [3600, (count) => _t("%s h", count)],
        [60, (count) => _t("%s min", count)],
        [1, (count) => _t("%s s", count)],
    ];
    const [size, word] = units.find(([size]) => seconds >= 2 * size) || units.at(-1);
    return word(Math.floor(seconds / size));
}

export class Overview extends Component {
    static template = "mes_connector.Overview";
    static components = { Layout };
    static props = { ...standardActionServiceProps };
    static path = "mes-overview";
    static displayName = _t("Overview");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ figures: null, at: null, lost: false, busy: false });
        this.display = { controlPanel: {} };
        useRefresh(() => this.load(), REFRESH_SECONDS * 1000);
        onWillStart(async () => {
            this.mayRegister = await user.hasGroup("mes_connector.group_mes_integrator");
            await this.load();
        });
    }

    /** Reads the figures; when the server cannot be reached the last ones stay, marked as old. */
    async load() {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            this.state.figures = await this.orm.silent.call("mes.overview", "get_figures", []);
            this.state.at = DateTime.now();
            this.state.lost = false;
        } catch (error) {
            if (!this.state.figures) {
                throw error;
            }
            this.state.lost = true;
        } finally {
            this.state.busy = false;
        }
    }

    inWords(seconds) {
        return inWords(seconds);
    }

    get isNew() {
        const { systems, phases } = this.state.figures;
        return !systems.length && !phases.some((phase) => phase.count);
    }

    get updatedAt() {
        return this.state.at.toLocaleString(DateTime.TIME_WITH_SECONDS);
    }

    /** Width of a phase's bar in percent of the fullest phase. */
    share(phase) {
        const most = Math.max(...this.state.figures.phases.map(({ count }) => count));
        return most ? Math.round((100 * phase.count) / most) : 0;
    }

    isAlarm(figure) {
        return figure.count > 0 && ALARMS.has(figure.key);
    }

    heard(system) {
        return system.last_heard_at ? deserializeDateTime(system.last_heard_at).toRelative() : _t("never");
    }

    heardAt(system) {
        return system.last_heard_at ? formatDateTime(deserializeDateTime(system.last_heard_at)) : "";
    }

    /** The figures every system has, for the head of their table. */
    get columns() {
        return this.state.figures.systems[0]?.figures || [];
    }

    /** The ways a message can go, for the head of the flow classes' table. */
    get wayColumns() {
        return this.state.figures.classes[0]?.figures || [];
    }

    open({ label, model, domain }) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: `${TITLES[model]}: ${label}`,
            res_model: model,
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain,
        });
    }

    openPause(pause) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: pause.name,
            res_model: "mes.pause",
            res_id: pause.id,
            views: [[false, "form"]],
        });
    }

    openSystem(system) {
        return this.action.doAction("mes_connector.mes_system_action", {
            viewType: "form",
            props: { resId: system.id },
        });
    }

    registerSystem() {
        return this.action.doAction("mes_connector.mes_system_action", { viewType: "form" });
    }
}

registry.category("actions").add("mes_connector.overview", Overview);
