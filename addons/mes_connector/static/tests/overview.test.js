// The overview: what it shows of the server's figures and what each opens; the figures are tested in Python.

import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { contains, getService, mountWithCleanup, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { inWords, REFRESH_SECONDS } from "@mes_connector/overview/overview";
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
    warnings: [figure("inbox", 9)],
    classes: [
        {
            id: 1,
            name: "Real time",
            target_seconds: 2,
            figures: [
                { ...figure("inbox", 3), column: "Received", seconds: 150, is_late: true },
                { ...figure("outbox", 0, "mes.outbox.message"), column: "To send", seconds: 0, is_late: false },
            ],
        },
    ],
    paused: [
        {
            id: 4,
            name: "MES South",
            note: "since today by Ada",
            state: "paused",
            state_label: "Paused",
            figures: [figure("held_inbox", 6), figure("held_outbox", 0, "mes.outbox.message")],
        },
    ],
    systems: [
        {
            id: 7,
            name: "MES North",
            code: "mes-north",
            state: "active",
            state_label: "Active",
            flow: { state: "drained", label: "Drained" },
            breaker: "Open",
            transport: "HTTP",
            last_heard_at: false,
            figures: [figure("inbox_waiting", 5), figure("inbox_failed", 0)],
        },
    ],
};

/** The action that was opened last. */
let opened;

async function mountOverview(figures) {
    onRpc("mes.overview", "get_figures", () => {
        expect.step("get_figures");
        return figures;
    });
    onRpc("has_group", () => true);
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "mes_connector.overview" });
    expect.verifySteps(["get_figures"]);
    patchWithCleanup(getService("action"), {
        doAction(action) {
            opened = action;
            expect.step(action.res_model || action);
        },
    });
}

test("shows each figure and opens the rows behind it", async () => {
    await mountOverview(FIGURES);
    expect(queryAllTexts(".o_mes_phases .o_mes_count")).toEqual(["4", "2"]);
    expect(".o_mes_queues [data-key=inbox_failed]").toHaveClass("o_mes_alarm");
    expect(".o_mes_queues [data-key=cases]").toHaveClass("o_mes_zero");

    await contains(".o_mes_phases [data-key=released]").click();

    expect.verifySteps(["mrp.production"]);
    expect(opened).toEqual({
        type: "ir.actions.act_window",
        name: "Orders: released",
        res_model: "mrp.production",
        views: [
            [false, "list"],
            [false, "form"],
        ],
        domain: [["state", "=", "released"]],
    });
});

test("shows how long each class waits against its target, and opens what waits", async () => {
    await mountOverview(FIGURES);
    expect("[aria-labelledby=o_mes_classes] [data-key=inbox]").toHaveText("2 min (3)");
    expect("[aria-labelledby=o_mes_classes] [data-key=inbox]").toHaveClass("o_mes_failed");
    expect("[aria-labelledby=o_mes_classes] [data-key=outbox]").toHaveClass("o_mes_zero");
    await contains("[aria-labelledby=o_mes_classes] [data-key=inbox]").click();
    expect.verifySteps(["mes.inbox.message"]);
});

test("says what is paused, what nobody works and whose circuit breaker is open", async () => {
    await mountOverview(FIGURES);
    expect("[aria-labelledby=o_mes_paused] .o_mes_state_paused").toHaveText("Paused");
    expect(".o_mes_breaker").toHaveText("Open");
    expect("[data-code=mes-north] .o_mes_state_drained").toHaveText("Drained");
    for (const number of ["[aria-labelledby=o_mes_paused] [data-key=held_inbox]", ".o_mes_warning button"]) {
        await contains(number).click();
        expect.verifySteps(["mes.inbox.message"]);
    }
    await contains("[aria-labelledby=o_mes_paused] th button").click();
    expect.verifySteps(["mes.pause"]);
});

test("says nothing when nothing is wrong", async () => {
    await mountOverview({ ...FIGURES, warnings: [], paused: [] });
    expect(".o_mes_warning, [aria-labelledby=o_mes_paused]").toHaveCount(0);
});

test("tells times in words", async () => {
    await mountOverview(FIGURES); // the words are known once the translations are loaded
    expect([0, 2, 119, 120, 7199, 7200, 200000].map((seconds) => String(inWords(seconds)))).toEqual([
        "0 s",
        "2 s",
        "119 s",
        "2 min",
        "119 min",
        "2 h",
        "2 d",
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
    await mountOverview({ ...FIGURES, phases: [figure("planned", 0, "mrp.production")], systems: [] });
    expect(".o_mes_tile").toHaveCount(0);
    await contains("button:contains(Register a system)").click();
    expect.verifySteps(["mes_connector.mes_system_action"]);
});
