// A JSON text, indented and in full, with a button that copies it as it was received; it is never edited.

import { Component } from "@odoo/owl";
import { CopyButton } from "@web/core/copy_button/copy_button";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Indents JSON; text that is no JSON comes back as it is.
 *
 * @param {string} text
 */
export function indentJson(text) {
    try {
        return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
        return text;
    }
}

export class JsonField extends Component {
    static template = "mes_connector.JsonField";
    static components = { CopyButton };
    static props = { ...standardFieldProps };

    setup() {
        this.copyText = _t("Copy");
        this.successText = _t("Copied");
    }

    get raw() {
        return this.props.record.data[this.props.name] || "";
    }

    get pretty() {
        return indentJson(this.raw);
    }
}

registry.category("fields").add("mes_json", {
    component: JsonField,
    displayName: _t("JSON"),
    supportedTypes: ["text", "char"],
});
