import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startExotelSandbox, type ExotelSandbox } from "../../sandbox/index.ts";
import { ROOT } from "../support/source-files.ts";
import { configFor, headlessCustomer, rejectionOf } from "./headless-customer.ts";

let exotel: ExotelSandbox;

beforeAll(async () => {
  exotel = await startExotelSandbox({ settings: { agentJoin: "before" } });
});
afterAll(() => exotel.stop());

/** The sandbox's certificate is signed by an authority that it made at its start and that nobody trusts. */
describe("BOSH over TLS", () => {
  it("a chat works over https where the authority is trusted", async () => {
    const config = { ...configFor(exotel), CONVERSE_BOSH_SERVICE_URL: exotel.prosody.boshTlsUrl };
    const script = join(ROOT, "test/integration/tls-customer.ts");
    const running = promisify(execFile)(process.execPath, ["--import", "tsx", script, JSON.stringify(config)], {
      cwd: ROOT,
      env: { ...process.env, NODE_EXTRA_CA_CERTS: exotel.prosody.caCertPath },
    });
    await expect.poll(() => exotel.control.chats().length, { timeout: 20_000 }).toBe(1);
    const agent = await exotel.control.seat();
    await expect.poll(() => agent.seen.map(({ body }) => body), { timeout: 20_000 }).toContain("Over TLS");
    await agent.say("Heard");
    const { stdout } = await running;
    expect(JSON.parse(stdout)).toEqual({ body: "Heard", status: "online", uploaded: true });
  });

  it("where it is not, startChat is unreachable and names the certificate", async () => {
    const { boshTlsUrl } = exotel.prosody;
    const jane = headlessCustomer(exotel, { CONVERSE_BOSH_SERVICE_URL: boshTlsUrl });
    const error = await rejectionOf(jane.start());
    expect(error).toMatchObject({
      cause: {
        code: "unreachable",
        info: { remedy: expect.stringMatching(/certificate is not trusted \([A-Z_]+\)/) as string },
      },
    });
    await jane.exoChat.dispose();
  });

  it("nor is a token sent to a chat service whose certificate is not trusted", async () => {
    const origin = new URL(exotel.prosody.boshTlsUrl).origin;
    const jane = headlessCustomer(exotel, { CHAT_SERVICE_DOMAIN: origin });
    expect(await rejectionOf(jane.start())).toMatchObject({
      cause: {
        code: "unreachable",
        info: { remedy: expect.stringContaining("certificate") as string, vendor: { code: "net/unreachable" } },
      },
    });
    await jane.exoChat.dispose();
  });
});
