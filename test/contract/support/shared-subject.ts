import { sharedTransport } from "../../../src/tabs/index.ts";
import type { ChatTransport } from "../../../src/transport/index.ts";
import { fakeBrowser, type FakeTab } from "../../support/fake-tabs.ts";
import type { ContractHarness, ContractSubject } from "../index.ts";

/** An adapter in a tab that holds the connection. */
export function leadingSubject(subject: ContractSubject): ContractSubject {
  return { ...subject, createHarness: async () => inTabs(await subject.createHarness()) };
}

function inTabs(harness: ContractHarness): ContractHarness {
  const browser = fakeBrowser();
  const tabs: FakeTab[] = [];
  return {
    ...harness,
    make: () => {
      const tab = browser.newTab();
      tabs.push(tab);
      return sharedTransport({ key: "leading", make: () => harness.make(), ...tab });
    },
    openHandles: async () => (await harness.openHandles()) + handlesOf(tabs),
  };
}

/**
 * An adapter in a tab that follows another one. That other tab comes first, and opens as soon as somebody comes
 * after it: what befalls the next `open` befalls that one.
 */
export function followingSubject(subject: ContractSubject): ContractSubject {
  return { ...subject, createHarness: async () => withLeader(await subject.createHarness()) };
}

function withLeader(harness: ContractHarness): ContractHarness {
  const browser = fakeBrowser();
  const tabs: FakeTab[] = [];
  let leader: ChatTransport | undefined;
  const share = (tab: FakeTab): ChatTransport =>
    sharedTransport({ key: "following", make: () => harness.make(), ...tab });

  function lead(): void {
    if (leader) return;
    leader = share(browser.newTab());
    // Whoever follows has its own patience, and a refusal of its own.
    leader.open(harness.request, { timeoutMs: Infinity }).catch(() => undefined);
  }
  return {
    ...harness,
    make: () => {
      lead();
      const tab = browser.newTab();
      tabs.push(tab);
      return share(tab);
    },
    ...(harness.refuseNextOpen && {
      // The leader is refused first, and then the follower that tries in its place.
      refuseNextOpen: async () => {
        await harness.refuseNextOpen?.();
        await harness.refuseNextOpen?.();
      },
    }),
    openHandles: () => handlesOf(tabs),
    dispose: async () => {
      await leader?.close();
      await harness.dispose();
    },
  };
}

function handlesOf(tabs: readonly FakeTab[]): number {
  return tabs.reduce((sum, { handles }) => sum + handles, 0);
}
