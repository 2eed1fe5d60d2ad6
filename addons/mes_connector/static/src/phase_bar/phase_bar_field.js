// The phase of an order as a status bar that follows the bus; which phase comes next is decided by the server alone.

import { toRaw, useEffect } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { StatusBarField, statusBarField } from "@web/views/fields/statusbar/statusbar_field";

/** Type of the notification the server sends when an order enters a phase. */
export const PHASE_NOTIFICATION = "mes_connector.phase";

/** Field of the form that holds the number of the order's last move; without it every message counts as news. */
const LAST_TRANSITION = "mes_last_transition";

/**
 * Channel on which the server tells the phases of one order, to users who may read it.
 *
 * @param {number} orderId
 */
export const phaseChannel = (orderId) => `mes_connector.order_${orderId}`;

/**
 * Shows the phase and moves when the server says so: no request, no reload, and the form stays clean.
 * A connection that breaks comes back with what it missed; the bus replays it.
 */
export class PhaseBarField extends StatusBarField {
    static template = "mes_connector.PhaseBarField";

    setup() {
        super.setup();
        const bus = useService("bus_service");
        const follow = (message) => this.onPhase(message);
        useEffect(
            (orderId) => {
                if (!orderId) {
                    return;
                }
                bus.subscribe(PHASE_NOTIFICATION, follow);
                bus.addChannel(phaseChannel(orderId));
                return () => {
                    bus.unsubscribe(PHASE_NOTIFICATION, follow);
                    bus.deleteChannel(phaseChannel(orderId));
                };
            },
            () => [this.props.record.resId]
        );
    }

    /**
     * @param {{ id: number, phase: string, transition: number }} message `transition` grows with each move of an order
     */
    onPhase({ id, phase, transition }) {
        const { record, name } = this.props;
        // The bus tells what it told others in the last minute, too: what the form was read after is no news.
        if (id !== record.resId || transition <= record.data[LAST_TRANSITION]) {
            return;
        }
        if (phase !== record.data[name]) {
            this.behind = toRaw(record.data);
        }
        // As if the server had read it: the buttons follow, unsaved changes stay, nothing becomes dirty.
        const known = LAST_TRANSITION in record.data ? { [LAST_TRANSITION]: transition } : {};
        record._applyValues({ [name]: phase, ...known });
    }

    /** Whether the phase is newer than the rest of the form; any reload replaces the data and ends it. */
    get isAhead() {
        return this.behind !== undefined && this.behind === toRaw(this.props.record.data);
    }

    /** Reads the rest of the form, too; what the user has changed is saved first. */
    async onRefresh() {
        const { record } = this.props;
        if (await record.isDirty()) {
            await record.save();
        } else {
            await record.load();
        }
    }
}

export const phaseBarField = {
    ...statusBarField,
    component: PhaseBarField,
    displayName: _t("Plant phase, live"),
    supportedTypes: ["selection"],
    additionalClasses: ["o_field_statusbar"],
};

registry.category("fields").add("mes_phase_bar", phaseBarField);
