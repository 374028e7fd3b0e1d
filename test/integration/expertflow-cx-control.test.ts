import { afterAll, beforeAll, expect, it } from "vitest";
import { expertflowCx } from "../../adapters/expertflow-cx/index.ts";
import { startExpertflowCxSandbox, type ExpertflowCxSandbox } from "../../sandbox/expertflow-cx/index.ts";
import type { ChatMessage, ChatTransport } from "../../src/index.ts";

let cx: ExpertflowCxSandbox;
let chat: ChatTransport;
const heard: string[] = [];

beforeAll(async () => {
  cx = await startExpertflowCxSandbox();
  chat = expertflowCx({
    ...cx,
    serviceIdentifier: "1218",
    channelCustomerIdentifier: "5550100",
    reconnect: { nextDelayMs: () => 0 },
  });
  chat.on("message", ({ body }: ChatMessage) => void heard.push("text" in body ? body.text : body.kind));
  chat.on("participant", ({ change, participant }) => void heard.push(`${participant.name} ${change}`));
  chat.on("chat-state", ({ state }) => void heard.push(state));
  chat.on("receipt", ({ kind }) => void heard.push(kind));
  chat.on("ended", ({ by }) => void heard.push(`ended by ${by}`));
  await chat.open({ customer: { name: "Mina" } });
});
afterAll(async () => {
  await chat.close();
  await cx.stop();
});

async function post(action: string, input?: object): Promise<{ status: number; answer: unknown }> {
  const body = input && { body: JSON.stringify(input) };
  const response = await fetch(`${cx.controlUrl}/${action}`, { method: "POST", ...body });
  return { status: response.status, answer: await response.json() };
}

it("an agent is played from outside, and everything is listed", async () => {
  const listed = (await (await fetch(cx.controlUrl)).json()) as Record<string, string>;
  for (const name of ["say", "joins", "leaves", "types", "reads", "survey", "ends", "switches", "faults", "drop-links"])
    expect(listed).toHaveProperty(`POST /control/${name}`);
  const { id } = await chat.send({ clientId: "1", body: { kind: "text", text: "hello" } });
  await post("joins");
  await post("types");
  await post("say", { text: "hi" });
  await post("reads", { messageId: id });
  await post("survey");
  await post("leaves");
  await expect
    .poll(() => heard)
    .toEqual(["hello", "Asha Rao joined", "composing", "hi", "displayed", "Rate us", "Asha Rao left"]);
  const [summary] = (await (await fetch(`${cx.controlUrl}/chats`)).json()) as {
    conversationId: string;
    open: boolean;
  }[];
  expect(summary?.open).toBe(true);
  const whole = (await (await fetch(`${cx.controlUrl}/chats/${summary?.conversationId}`)).json()) as {
    messages: unknown[];
  };
  expect(whole.messages.length).toBeGreaterThan(5);
});

it("what is not there is said", async () => {
  expect((await post("dances")).status).toBe(404);
  expect((await post("say?chat=nobody", { text: "hi" })).status).toBe(404);
  const broken = await fetch(`${cx.controlUrl}/say`, { method: "POST", body: "{" });
  expect(broken.status).toBe(400);
});

it("switches and faults are set from outside, links cut, chats ended", async () => {
  await post("switches", { timestamps: "iso", unknown: true });
  expect(cx.centre.switches).toMatchObject({ timestamps: "iso" });
  expect(cx.centre.switches).not.toHaveProperty("unknown");
  await post("faults", { acks: [{ code: 400 }] });
  await expect(chat.send({ clientId: "2", body: { kind: "text", text: "no" } })).rejects.toMatchObject({
    code: "refused",
  });
  const lost = new Promise<void>((resolve) => {
    chat.on("state", ({ current }) => current.status === "reconnecting" && resolve());
  });
  await post("drop-links");
  await lost;
  await expect.poll(() => chat.state.status).toBe("connected");
  await post("ends");
  await expect.poll(() => heard.at(-1)).toBe("ended by agent");
});
