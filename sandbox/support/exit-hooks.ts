const hooks = new Set<() => void>();

function runAll(): void {
  for (const hook of hooks) hook();
}

/**
 * Runs `hook` when this process exits, unless it was called off; returns how to call it off. All share one listener, so
 * that a test with a dozen servers raises no warning.
 */
export function onProcessExit(hook: () => void): () => void {
  if (hooks.size === 0) process.on("exit", runAll);
  hooks.add(hook);
  return () => {
    if (hooks.delete(hook) && hooks.size === 0) process.removeListener("exit", runAll);
  };
}
