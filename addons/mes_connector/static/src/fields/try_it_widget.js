// The help on a system's form: a request its engineers can paste into a shell; what is answered is the server's.

import { Component } from "@odoo/owl";
import { CopyButton } from "@web/core/copy_button/copy_button";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { session } from "@web/session";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const { DateTime } = luxon;

/**
 * An event that is complete and harmless: no order has this name.
 *
 * @param {string} systemCode
 * @param {string} time RFC 3339
 */
function exampleEvent(systemCode, time) {
    return {
        specversion: "1.0",
        id: "try-1",
        source: `/${systemCode}`,
        type: "mes.operation.started.v1",
        time,
        data: { order: "WH/MO/00000", operation: "10", work_center: "ASM1" },
    };
}

/**
 * The shell command that asks what would become of an event.
 *
 * @param {{ inboundUrl: string, systemCode: string, database: string, time: string }} options
 */
export function echoCommand({ inboundUrl, systemCode, database, time }) {
    return [
        `curl ${inboundUrl.replace(/events$/, "echo")}`,
        `  -H "Authorization: Bearer $KEY"`,
        `  -H "X-Odoo-Database: ${database}"`,
        `  -H "Content-Type: application/cloudevents+json"`,
        `  -d '${JSON.stringify(exampleEvent(systemCode, time))}'`,
    ].join(" \\\n");
}

export class TryItWidget extends Component {
    static template = "mes_connector.TryItWidget";
    static components = { CopyButton };
    static props = { ...standardWidgetProps };

    setup() {
        this.copyText = _t("Copy");
        this.successText = _t("Copied");
        this.time = DateTime.utc().startOf("second").toISO({ suppressMilliseconds: true });
    }

    get command() {
        const { inbound_url: inboundUrl, code: systemCode } = this.props.record.data;
        return echoCommand({ inboundUrl, systemCode, database: session.db, time: this.time });
    }
}

registry.category("view_widgets").add("mes_try_it", { component: TryItWidget });
