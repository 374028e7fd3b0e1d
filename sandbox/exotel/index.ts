import type { ExotelSandbox, ExotelSandboxOptions } from "./start-exotel-sandbox.ts";
import type { ScriptedAgent, ScriptedAgentOptions } from "./scripted-agent.ts";

// The HTTP server and the agents' XMPP client are loaded when one is asked for: tests that need only a Prosody do not pay.

/**
 * Starts what a customer's page needs of Exotel: the chat REST calls and the feedback calls of the CMS on one port, a
 * real Prosody for BOSH, WebSocket, rooms and uploads, and scripted agents that join the rooms. Takes about 0.4 s.
 *
 * ```ts
 * const exotel = await startExotelSandbox({ settings: { agentJoin: "before" } });
 * // start a chat against exotel.chatServiceUrl, then:
 * const agent = await exotel.control.seat();
 * await agent.say("How can I help?");
 * await agent.endChat({ chatId: "CH-1", interactionId: "IN-1" });
 * await exotel.stop();
 * ```
 * @throws ChatError `unsupported` when Prosody is not installed, `conflict` when `port` is taken.
 */
export async function startExotelSandbox(options: ExotelSandboxOptions = {}): Promise<ExotelSandbox> {
  const { startExotelSandbox: start } = await import("./start-exotel-sandbox.ts");
  return start(options);
}

/**
 * Logs in as an agent: a plain XMPP client that does in rooms what it is told.
 * @throws ChatError `unauthorized`, `unreachable`.
 */
export async function createScriptedAgent(options: ScriptedAgentOptions): Promise<ScriptedAgent> {
  const { createScriptedAgent: create } = await import("./scripted-agent.ts");
  return create(options);
}
