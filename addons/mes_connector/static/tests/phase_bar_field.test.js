// The phase bar: what it does with notifications of the bus; the server's side of it is tested in Python.

import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    MockServer,
    mockService,
    models,
    mountView,
    onRpc,
    pagerNext,
} from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

class Order extends models.Model {
    _name = "order";

    name = fields.Char();
    mes_last_transition = fields.Integer();
    phase = fields.Selection({
        selection: [
            ["planned", "Planned"],
            ["released", "Released"],
            ["quality_hold", "Quality hold"],
            ["posted", "Posted"],
        ],
    });

    _records = [
        { id: 1, name: "MO 1", phase: "planned" },
        { id: 2, name: "MO 2", phase: "planned" },
        { id: 3, name: "MO 3", phase: "released", mes_last_transition: 7 },
    ];
}

defineMailModels();
defineModels([Order]);

const ARCH = `
    <form>
        <header>
            <button name="release" type="object" string="Release" invisible="phase != 'planned'"/>
            <field name="phase" widget="mes_phase_bar" statusbar_visible="planned,released,posted"/>
        </header>
        <field name="name"/>
    </form>`;

const ARCH_WITH_TRANSITION = ARCH.replace("</header>", '</header><field name="mes_last_transition" invisible="1"/>');

/** A bus that keeps who listens to what, and lets a test be the server. */
function fakeBus() {
    const channels = new Set();
    const listeners = new Set();
    mockService("bus_service", {
        addChannel: (channel) => channels.add(channel),
        deleteChannel: (channel) => channels.delete(channel),
        subscribe: (type, listener) => type === "mes_connector.phase" && listeners.add(listener),
        unsubscribe: (type, listener) => listeners.delete(listener),
        addEventListener() {},
        removeEventListener() {},
        start() {},
    });
    const send = async (payload) => {
        listeners.forEach((listener) => listener(payload));
        await animationFrame();
    };
    const orderChannels = () => [...channels].filter((channel) => channel.startsWith("mes_connector."));
    return { listeners, send, orderChannels };
}

const current = () => queryOne(".o_arrow_button_current").dataset.value;

async function mountOrder(resId = 1, arch = ARCH) {
    const bus = fakeBus();
    await mountView({ type: "form", resModel: "order", resId, resIds: [1, 2, 3], arch });
    onRpc(({ method, model }) => {
        if (model === "order") {
            expect.step(method);
        }
    });
    return bus;
}

test("moves with a notification, without a request and without becoming dirty", async () => {
    const bus = await mountOrder();
    expect(bus.orderChannels()).toEqual(["mes_connector.order_1"]);
    expect(current()).toBe("planned");

    await bus.send({ id: 1, phase: "released" });

    expect(current()).toBe("released");
    expect("button[name=release]").toHaveCount(0);
    expect(".o_form_status_indicator_buttons").toHaveClass("invisible");
    expect.verifySteps([]);
});

test("shows a phase off the usual path only while the order is in it", async () => {
    const bus = await mountOrder();
    await bus.send({ id: 1, phase: "quality_hold" });
    expect(queryAllTexts(".o_arrow_button:not(.dropdown-toggle)")).toInclude("Quality hold");
    await bus.send({ id: 1, phase: "released" });
    expect(queryAllTexts(".o_arrow_button:not(.dropdown-toggle)")).not.toInclude("Quality hold");
});

test("ignores other orders", async () => {
    const bus = await mountOrder();
    await bus.send({ id: 2, phase: "posted" });
    expect(current()).toBe("planned");
});

test("keeps what the user has typed", async () => {
    const bus = await mountOrder();
    await contains(".o_field_widget[name=name] input").edit("Typed", { confirm: false });
    await bus.send({ id: 1, phase: "released" });
    expect(current()).toBe("released");
    expect(".o_field_widget[name=name] input").toHaveValue("Typed");
});

test("follows the order on the screen and no other", async () => {
    const bus = await mountOrder();
    await pagerNext();
    expect.verifySteps(["web_read"]);
    expect(bus.orderChannels()).toEqual(["mes_connector.order_2"]);
    expect(bus.listeners.size).toBe(1);
    await bus.send({ id: 2, phase: "posted" });
    expect(current()).toBe("posted");
});

test("offers the rest of the form once the phase is ahead of it", async () => {
    const bus = await mountOrder();
    expect(".o_mes_refresh").toHaveCount(0);
    await bus.send({ id: 1, phase: "released" });
    MockServer.env["order"].write([1], { phase: "released", name: "Read again" });
    await contains(".o_mes_refresh").click();
    expect.verifySteps(["web_read"]);
    expect(".o_field_widget[name=name] input").toHaveValue("Read again");
    expect(".o_mes_refresh").toHaveCount(0);
});

test("ignores what the form was read after", async () => {
    const bus = await mountOrder(3, ARCH_WITH_TRANSITION);
    // The bus repeats what it told in the last minute to who begins to listen.
    await bus.send({ id: 3, phase: "planned", transition: 6 });
    await bus.send({ id: 3, phase: "released", transition: 7 });
    expect(current()).toBe("released");
    expect(".o_mes_refresh").toHaveCount(0);

    await bus.send({ id: 3, phase: "posted", transition: 9 });
    await bus.send({ id: 3, phase: "quality_hold", transition: 8 });

    expect(current()).toBe("posted");
    expect(".o_mes_refresh").toHaveCount(1);
    expect(".o_form_status_indicator_buttons").toHaveClass("invisible");
    expect.verifySteps([]);
});
