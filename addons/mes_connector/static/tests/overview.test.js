// The overview: what it shows of the server's figures and what each opens; the figures are tested in Python.

import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { contains, getService, mountWithCleanup, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { REFRESH_SECONDS } from "@mes_connector/overview/overview";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

const figure = (key, count, model = "mes.inbox.message") => ({
    key,
    label: key,
    count,
    model,
    domain: [["state", "=", key]],
});

const FIGURES = {
    phases: [figure("planned", 4, "mrp.production"), figure("released", 2, "mrp.production")],
    queues: [figure("inbox_waiting", 3), figure("inbox_failed", 1), figure("cases", 0, "mes.case")],
    refused: [],
    systems: [
        {
            id: 7,
            name: "MES North",
            code: "mes-north",
            state: "active",
            state_label: "Active",
            transport: "HTTP",
            last_heard_at: false,
            figures: [figure("inbox_waiting", 5), figure("inbox_failed", 0)],
        },
    ],
};

async function mountOverview(figures) {
    onRpc("mes.overview", "get_figures", () => {
        expect.step("get_figures");
        return figures;
    });
    onRpc("has_group", () => true);
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "mes_connector.overview" });
    expect.verifySteps(["get_figures"]);
    patchWithCleanup(getService("action"), { doAction: (action) => expect.step(action) });
}

test("shows each figure and opens the rows behind it", async () => {
    await mountOverview(FIGURES);
    expect(queryAllTexts(".o_mes_phases .o_mes_count")).toEqual(["4", "2"]);
    expect(".o_mes_queues [data-key=inbox_failed]").toHaveClass("o_mes_alarm");
    expect(".o_mes_queues [data-key=cases]").toHaveClass("o_mes_zero");

    await contains(".o_mes_phases [data-key=released]").click();

    expect.verifySteps([
        {
            type: "ir.actions.act_window",
            name: "Orders: released",
            res_model: "mrp.production",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: [["state", "=", "released"]],
        },
    ]);
});

test("looks again by itself, and when asked to", async () => {
    await mountOverview(FIGURES);
    await advanceTime(REFRESH_SECONDS * 1000);
    expect.verifySteps(["get_figures"]);
    await contains(".o_control_panel button[title=Refresh]").click();
    expect.verifySteps(["get_figures"]);
});

test("keeps the last figures, marked as old, while the server cannot be reached", async () => {
    await mountOverview(FIGURES);
    onRpc("mes.overview", "get_figures", () => {
        throw new Error("gone");
    });
    await contains(".o_control_panel button[title=Refresh]").click();
    await animationFrame();
    expect(".o_mes_updated .fa-chain-broken").toHaveCount(1);
    expect(queryAllTexts(".o_mes_phases .o_mes_count")).toEqual(["4", "2"]);
});

test("a new database is asked to register a system", async () => {
    await mountOverview({ phases: [figure("planned", 0, "mrp.production")], queues: [], refused: [], systems: [] });
    expect(".o_mes_tile").toHaveCount(0);
    await contains("button:contains(Register a system)").click();
    expect.verifySteps(["mes_connector.mes_system_action"]);
});
