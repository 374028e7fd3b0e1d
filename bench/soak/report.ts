import type { Delivery } from "../../test/faults/support/check-delivery.ts";
import type { Footprint, SoakReport } from "./soak.ts";

/** Whether everything that was said was heard once, in order, and nobody was told otherwise. */
export function isClean({ delivery, settled, messages }: SoakReport): boolean {
  return settled && messages > 0 && Object.values(delivery).every((each) => Object.values(each).every(isNone));
}

const isNone = (list: readonly number[]): boolean => list.length === 0;

/** The report for people, as Markdown. */
export function toText(report: SoakReport): string {
  const { options, delivery, footprint, faults } = report;
  const deliveries = Object.entries(delivery).map(([direction, each]) => `| ${direction} | ${counts(each)} |`);
  const kinds = Object.entries(faults).map(([kind, count]) => `${kind} ${count}`);
  return [
    `Soak of ${options.peer ?? "our sessions"} over ${options.transport}${options.resumed ? ", resumed" : ""}, seed ${options.seed}, ${report.startedAt}`,
    "",
    `${report.messages} messages in ${report.seconds} s (${report.messagesPerSecond}/s), ${sum(faults)} faults, ` +
      `${report.kills} kills of the server, ${report.reconnects} reconnects${report.settled ? "" : ", NOT settled"}`,
    `Faults: ${kinds.join(", ") || "none"}`,
    "",
    "| direction | lost | unreported | duplicated | out of order | falsely failed | invented |",
    "| --- | --: | --: | --: | --: | --: | --: |",
    ...deliveries,
    "",
    "| | heap MiB | connections | handles |",
    "| --- | --: | --: | --- |",
    ...Object.entries(footprint).map(([when, each]) => `| ${when} | ${held(each)} |`),
    "",
    ...Object.entries(delivery).flatMap(([direction, each]) => examples(direction, each)),
    isClean(report) ? "Nothing is wrong." : "SOMETHING IS WRONG.",
  ].join("\n");
}

function counts({ lost, unreported, duplicated, outOfOrder, falselyFailed, invented }: Delivery): string {
  return [lost, unreported, duplicated, outOfOrder, falselyFailed, invented].map(({ length }) => length).join(" | ");
}

function held({ heapMiB, connections, handles }: Footprint): string {
  const kinds = Object.entries(handles).map(([kind, count]) => `${kind} ${count}`);
  return `${heapMiB} | ${connections} | ${kinds.join(", ")}`;
}

function examples(direction: string, delivery: Delivery): string[] {
  return Object.entries<readonly number[]>({ ...delivery })
    .filter(([, list]) => list.length > 0)
    .map(([what, list]) => `${direction}, ${what}: ${list.slice(0, 20).join(" ")}${list.length > 20 ? " …" : ""}`);
}

const sum = (record: Record<string, number>): number => Object.values(record).reduce((all, each) => all + each, 0);
