// The progress of a replay as a bar that asks the server while the replay runs, and never before or after.

import { Component, onMounted, onWillUnmount } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** How often a running replay is asked for, in milliseconds. */
export const ASK_EVERY = 1000;

const FOLLOWED = ["state", "progress", "done_count", "failed_count", "total"];

export class ReplayProgressField extends Component {
    static template = "mes_connector.ReplayProgressField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        onMounted(() => {
            this.timer = browser.setInterval(() => this.ask(), ASK_EVERY);
        });
        onWillUnmount(() => browser.clearInterval(this.timer));
    }

    get figures() {
        const { total, done_count, failed_count } = this.props.record.data;
        return { total, done: done_count, failed: failed_count };
    }

    get percent() {
        return this.props.record.data[this.props.name];
    }

    /** Progress in words, for the bar's label. */
    get words() {
        const { total, done, failed } = this.figures;
        return failed
            ? _t("%(done)s of %(total)s done, %(failed)s not", { done, total, failed })
            : _t("%(done)s of %(total)s done", { done, total });
    }

    async ask() {
        const { record } = this.props;
        const isRunning = record.resId && record.data.state === "running";
        if (!isRunning || this.asking || document.visibilityState !== "visible") {
            return;
        }
        this.asking = true;
        try {
            const [figures] = await this.orm.silent.read(record.resModel, [record.resId], FOLLOWED);
            if (figures && figures.id === record.resId) {
                await this.follow(record, figures);
            }
        } finally {
            this.asking = false;
        }
    }

    async follow(record, figures) {
        if (figures.state === "running") {
            const { progress, done_count, failed_count, total } = figures;
            // As if the server had read it: nothing becomes dirty.
            record._applyValues({ progress, done_count, failed_count, total });
        } else {
            await record.load();
        }
    }
}

export const replayProgressField = {
    component: ReplayProgressField,
    displayName: _t("Progress of a replay, live"),
    supportedTypes: ["integer"],
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "total", type: "integer" },
        { name: "done_count", type: "integer" },
        { name: "failed_count", type: "integer" },
    ],
};

registry.category("fields").add("mes_replay_progress", replayProgressField);
