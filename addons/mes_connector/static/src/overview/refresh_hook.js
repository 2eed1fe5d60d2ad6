// Calls back at an interval while the page can be seen, and at once when it can be seen again; knows no screen.

import { onMounted, onWillUnmount, useExternalListener } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";

/**
 * @param {() => Promise<void>} refresh
 * @param {number} milliseconds
 */
export function useRefresh(refresh, milliseconds) {
    let timer;
    const refreshIfVisible = () => {
        if (document.visibilityState === "visible") {
            refresh();
        }
    };
    onMounted(() => {
        timer = browser.setInterval(refreshIfVisible, milliseconds);
    });
    useExternalListener(document, "visibilitychange", refreshIfVisible);
    onWillUnmount(() => browser.clearInterval(timer));
}
