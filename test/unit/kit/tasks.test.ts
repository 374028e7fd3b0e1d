import { afterEach, describe, expect, it, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe("nextTask", () => {
  it.each(["setImmediate", "MessageChannel"])("runs in a task of its own, in order, by %s", async (means) => {
    if (means === "MessageChannel") vi.stubGlobal("setImmediate", undefined);
    const { nextTask } = await import("../../../src/kit/tasks.ts");
    const story: string[] = [];
    await new Promise<void>((resolve) => {
      nextTask(() => {
        story.push("task 1");
        void Promise.resolve().then(() => void story.push("microtask of 1"));
      });
      nextTask(() => {
        story.push("task 2");
        resolve();
      });
      story.push("now");
    });
    expect(story).toEqual(["now", "task 1", "microtask of 1", "task 2"]);
  });
});
