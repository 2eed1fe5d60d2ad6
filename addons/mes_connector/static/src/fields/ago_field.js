// A time as "2 minutes ago", with the time itself as the title; it is never edited.

import { Component } from "@odoo/owl";
import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

export class AgoField extends Component {
    static template = "mes_connector.AgoField";
    static props = { ...standardFieldProps };

    get value() {
        return this.props.record.data[this.props.name];
    }

    get relative() {
        return this.value ? this.value.toRelative() : _t("never");
    }

    get absolute() {
        return this.value ? formatDateTime(this.value) : "";
    }
}

registry.category("fields").add("mes_ago", {
    component: AgoField,
    displayName: _t("Time ago"),
    supportedTypes: ["datetime"],
});
