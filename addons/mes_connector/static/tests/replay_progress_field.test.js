// The progress bar of a replay: asks while it runs, reads the form when it ended, and asks no more.

import { expect, test } from "@odoo/hoot";
import { queryOne, queryText } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineModels, fields, MockServer, models, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { ASK_EVERY } from "@mes_connector/replay/replay_progress_field";

class Replay extends models.Model {
    _name = "replay";

    state = fields.Selection({
        selection: [
            ["draft", "Draft"],
            ["running", "Running"],
            ["done", "Done"],
        ],
    });
    total = fields.Integer();
    done_count = fields.Integer();
    failed_count = fields.Integer();
    progress = fields.Integer();

    _records = [
        { id: 1, state: "running", total: 10, done_count: 2, failed_count: 0, progress: 20 },
        { id: 2, state: "draft", total: 0, done_count: 0, failed_count: 0, progress: 0 },
    ];
}

defineMailModels();
defineModels([Replay]);

const ARCH = `
    <form>
        <button name="action_cancel" type="object" string="Stop" invisible="state != 'running'"/>
        <field name="progress" widget="mes_replay_progress"/>
    </form>`;

const bar = () => queryOne(".o_mes_replay_progress .progress").getAttribute("aria-valuenow");
const words = () => queryText(".o_mes_replay_progress small");

async function mountReplay(resId) {
    await mountView({ type: "form", resModel: "replay", resId, arch: ARCH });
    onRpc("replay", "*", ({ method }) => expect.step(method));
}

async function tick() {
    await advanceTime(ASK_EVERY);
    await animationFrame();
}

test("follows a running replay without making the form dirty", async () => {
    await mountReplay(1);
    expect(bar()).toBe("20");
    MockServer.env["replay"].write([1], { done_count: 6, failed_count: 1, progress: 70 });
    await tick();
    expect(bar()).toBe("70");
    expect(words()).toBe("6 of 10 done, 1 not");
    expect(".o_form_status_indicator_buttons").toHaveClass("invisible");
    expect.verifySteps(["read"]);
});

test("reads the form once when the replay has ended, and asks no more", async () => {
    await mountReplay(1);
    MockServer.env["replay"].write([1], { state: "done", done_count: 10, progress: 100 });
    await tick();
    expect("button[name=action_cancel]").toHaveCount(0);
    expect(bar()).toBe("100");
    expect.verifySteps(["read", "web_read"]);
    await tick();
    expect.verifySteps([]);
});

test("does not ask about one that was not started", async () => {
    await mountReplay(2);
    await tick();
    expect.verifySteps([]);
});
