import type { Capabilities, Capability, ChatErrorCode, ChatTransport } from "../../../src/transport/index.ts";
import { check, equal, rejects } from "./assertions.ts";
import type { CaseContext, ContractCase } from "./case.ts";
import type { HarnessAbility } from "./harness.ts";
import { OPERATIONS, type Operation } from "./operations.ts";
import type { Probe } from "./probe.ts";

interface Phase {
  name: string;
  code: ChatErrorCode;
  needs: readonly HarnessAbility[];
  /** Calls `act` while a transport stands in the phase. */
  enter(context: CaseContext, act: (transport: ChatTransport) => Promise<unknown>): Promise<Probe>;
}

const PHASES: readonly Phase[] = [
  {
    name: "idle",
    code: "not-connected",
    needs: [],
    async enter(context, act) {
      const probe = context.make();
      await act(probe.transport);
      equal(probe.transport.state.status, "idle", "the state afterwards");
      return probe;
    },
  },
  {
    name: "connecting",
    code: "not-connected",
    needs: ["hangNextOpen"],
    async enter(context, act) {
      const probe = context.make();
      await context.far("hangNextOpen")();
      const opening = rejects(probe.open(), "closed", "open");
      await act(probe.transport);
      equal(probe.transport.state.status, "connecting", "the state afterwards");
      await probe.transport.close();
      await opening;
      return probe;
    },
  },
  {
    name: "reconnecting",
    code: "not-connected",
    needs: ["dropLink"],
    async enter(context, act) {
      const probe = await context.connected();
      const acting = new Promise((resolve, reject) => {
        // Inside the event: a moment later the transport may be back.
        const off = probe.transport.on("state", ({ current }) => {
          if (current.status !== "reconnecting") return;
          off();
          act(probe.transport).then(resolve, reject);
        });
      });
      await context.far("dropLink")();
      await probe.status("reconnecting");
      await acting;
      await probe.status("connected", 2);
      return probe;
    },
  },
  {
    name: "closed",
    code: "closed",
    needs: [],
    async enter(context, act) {
      const probe = await context.connected();
      await probe.transport.close();
      await act(probe.transport);
      return probe;
    },
  },
];

/** Every operation in every phase, where it exists; that it does not, where it does not. */
export function phaseCases(declared: Capabilities, serverLacks: readonly Capability[]): ContractCase[] {
  return OPERATIONS.flatMap((operation) => {
    const { method, needs } = operation;
    if (needs.length > 0 && !needs.some((key) => declared[key])) return [absent(operation)];
    const lacking = needs.length > 0 && needs.every((key) => !declared[key] || serverLacks.includes(key));
    return PHASES.map((phase) => inPhase(operation, phase)).concat(
      abortedBefore(operation),
      lacking ? unsupported(operation) : [],
      method === "mark" ? markKinds(declared) : [],
    );
  });
}

function inPhase({ method, ...operation }: Operation, { name, code, needs, ...phase }: Phase): ContractCase {
  return {
    name: `${method} when ${name} rejects with ${code}`,
    needs,
    async run(context) {
      await phase.enter(context, (transport) =>
        rejects(
          called(() => operation.call(transport)),
          code,
          method,
        ),
      );
    },
  };
}

function abortedBefore({ method, ...operation }: Operation): ContractCase {
  return {
    name: `${method} with an aborted signal rejects with aborted and sends nothing`,
    async run(context) {
      const probe = await context.connected();
      await rejects(
        called(() => operation.call(probe.transport, { signal: AbortSignal.abort() })),
        "aborted",
        method,
      );
      await context.fence(probe);
      equal(probe.transport.state.status, "connected", "the state");
      equal(await context.harness.sent(), [], "messages at the far end");
    },
  };
}

function absent({ method, needs }: Operation): ContractCase {
  return {
    name: `there is no ${method}, because ${needs.join(" and ")} is not declared`,
    async run(context) {
      check(context.make().transport[method] === undefined, `${method} exists`);
    },
  };
}

function unsupported({ method, ...operation }: Operation): ContractCase {
  return {
    name: `${method} rejects with unsupported, because the server lacks it`,
    async run(context) {
      const { transport } = await context.connected();
      await rejects(
        called(() => operation.call(transport)),
        "unsupported",
        method,
      );
    },
  };
}

function markKinds(declared: Capabilities): ContractCase[] {
  const kinds = [
    { kind: "received" as const, key: "receivedReceipts" as const },
    { kind: "displayed" as const, key: "displayedMarkers" as const },
  ];
  return kinds
    .filter(({ key }) => !declared[key])
    .map(({ kind, key }) => ({
      name: `mark ${kind} rejects with unsupported, because ${key} is not declared`,
      async run(context) {
        const probe = await context.connected();
        const id = await context.harness.say("mark me");
        await probe.text("mark me");
        await rejects(
          called(() => probe.transport.mark?.(kind, id)),
          "unsupported",
          "mark",
        );
      },
    }));
}

/** Calls it; a throw in the calling thread is a failure, not a rejection. */
function called(call: () => Promise<unknown> | undefined): Promise<unknown> {
  let promise: Promise<unknown> | undefined;
  try {
    promise = call();
  } catch (error) {
    check(false, `it threw instead of rejecting: ${String(error)}`);
  }
  check(promise !== undefined, "the method is missing although it is declared");
  return promise;
}
