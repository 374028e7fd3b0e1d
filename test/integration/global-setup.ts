import type { TestProject } from "vitest/node";
import { startEjabberd, startProsody, type EjabberdAddresses, type ProsodyAddresses } from "../../sandbox/index.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The Prosody that all test files share. */
    prosody: ProsodyAddresses;
    /** The ejabberd that all test files share. */
    ejabberd: EjabberdAddresses;
  }
}

/** Starts one Prosody and one ejabberd for all test files of a project and stops them when the last has ended. */
// oxlint-disable-next-line import/no-default-export -- vitest calls a global set-up by its default export
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = await Promise.allSettled([startProsody(), startEjabberd()]);
  const teardown = async (): Promise<void> => {
    await Promise.all(started.map(async (server) => server.status === "fulfilled" && server.value.stop()));
  };
  const [prosody, ejabberd] = started;
  if (prosody.status === "rejected" || ejabberd.status === "rejected") {
    await teardown();
    throw prosody.status === "rejected" ? prosody.reason : (ejabberd as PromiseRejectedResult).reason;
  }
  project.provide("prosody", prosody.value.addresses());
  project.provide("ejabberd", ejabberd.value.addresses());
  return teardown;
}
