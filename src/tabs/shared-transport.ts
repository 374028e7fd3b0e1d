import { ChatError } from "../transport/errors.ts";
import type { Capabilities } from "../transport/capabilities.ts";
import type { Call } from "../transport/call.ts";
import type { ChatTransport } from "../transport/transport.ts";
import type { AnyCall, Operation, Outcome } from "./operations.ts";
import type { SharedTransportOptions, TabChannel, TabLocks } from "./shared-options.ts";
import { Tab } from "./tab.ts";

/**
 * One connection for all tabs of a browser: one of them holds the transport that `make` gives, the others see and do
 * everything through it. When that tab goes, another takes its place, with the resume token of the one before.
 *
 * To a session it is a transport as any other, with one rule more: `close("customer-left")`, as `session.end()` calls it,
 * ends the chat in every tab. `close()` without that reason, `detach()` and a tab that goes away leave it to the others;
 * the last one says goodbye.
 *
 * Where the browser has no Web Locks or no `BroadcastChannel`, and with `share: false`, it is what `make` gives.
 * @throws ChatError `invalid-config` without a key.
 */
export function sharedTransport(options: SharedTransportOptions): ChatTransport {
  if (options.key === "")
    throw new ChatError("invalid-config", "Sharing a chat between tabs needs a key.", {
      remedy: "Give a key that names vendor, customer and campaign.",
    });
  const locks = options.locks ?? platformLocks();
  const channel = options.channel ?? platformChannel();
  const page = options.page ?? platformPage();
  const inner = options.make();
  if (options.share === false || !locks || !channel) return inner;
  return surface(inner, new Tab({ ...options, locks, channel, page, inner }));
}

function surface(inner: ChatTransport, tab: Tab): ChatTransport {
  const { vendor, supports } = inner;

  async function run<O extends Operation>(operation: O, call?: AnyCall): Promise<Outcome<O["method"]>> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a transport's own answer, or one that was decoded for this method
    return (await tab.run(operation, call)) as Outcome<O["method"]>;
  }
  return {
    contract: 1,
    vendor,
    supports,
    get state() {
      return tab.state;
    },
    siblings: {
      tell: (delivery) => tab.tellDelivery(delivery),
      listen: (listener) => tab.deliveries.listen(listener),
    },
    on: (type, listener) => tab.emitter.on(type, listener),
    open: (request, call) => tab.open(request, call),
    close: (reason, call) => tab.close(reason, call),
    send: (message, call) => run({ method: "send", message }, call),
    ...optional(supports, tab, run),
    ...(inner.wake && { wake: (call?: Call) => tab.wake(call) }),
  };
}

type Run = <O extends Operation>(operation: O, call?: AnyCall) => Promise<Outcome<O["method"]>>;

/** The methods that exist only where the transport declares them. */
function optional(supports: Capabilities, tab: Tab, run: Run): Partial<ChatTransport> {
  const methods: Partial<ChatTransport> = {};
  if (supports.chatStates) methods.sendChatState = (state, call) => run({ method: "sendChatState", state }, call);
  if (supports.receivedReceipts || supports.displayedMarkers)
    methods.mark = (kind, id, call) => run({ method: "mark", kind, id }, call);
  if (supports.upload) methods.upload = (file, call) => run({ method: "upload", file }, call);
  if (supports.history) methods.history = (page, call) => run({ method: "history", page }, call);
  if (supports.catchUp) methods.catchUp = (page, call) => run({ method: "catchUp", page }, call);
  if (supports.requestAgent) methods.requestAgent = (handoff, call) => run({ method: "requestAgent", handoff }, call);
  if (supports.edit) methods.edit = (id, body, call) => run({ method: "edit", id, body }, call);
  if (supports.retract) methods.retract = (id, call) => run({ method: "retract", id }, call);
  if (supports.react) methods.react = (id, reactions, call) => run({ method: "react", id, reactions }, call);
  if (supports.resume) {
    methods.resumeToken = () => tab.resumeToken;
    methods.detach = () => tab.detach();
  }
  return methods;
}

/** What a platform may lack, whatever its declarations say. */
interface Platform {
  navigator?: { locks?: TabLocks };
  BroadcastChannel?: new (name: string) => TabChannel;
  addEventListener?: unknown;
  document?: unknown;
}

function platformLocks(platform: Platform = globalThis): TabLocks | undefined {
  return platform.navigator?.locks;
}

function platformChannel({ BroadcastChannel }: Platform = globalThis): ((name: string) => TabChannel) | undefined {
  return BroadcastChannel && ((name) => new BroadcastChannel(name));
}

/** Only pages are put aside and come back. */
function platformPage({ document, addEventListener }: Platform = globalThis): EventTarget | undefined {
  return document !== undefined && typeof addEventListener === "function" ? globalThis : undefined;
}
