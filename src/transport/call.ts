/** The last argument of everything that waits. */
export interface Call {
  /** Ends the wait with `aborted`. What was already handed to the wire is not taken back. */
  signal?: AbortSignal;
  /** Milliseconds until the call rejects with `timed-out`. Each method documents its default. */
  timeoutMs?: number;
}

/** Options of {@link ChatTransport.send}. */
export interface SendCall extends Call {
  /** Called once, when the message has been handed to the wire, and always before `send` resolves. */
  onSent?(): void;
}

/** Options of {@link ChatTransport.upload}. */
export interface UploadCall extends Call {
  /** Called with the bytes sent so far. Never falls, ends with the file's size, and is silent after the call settled. */
  onProgress?(sentBytes: number): void;
}

/** Ends a subscription. Calling it twice is harmless. */
export type Unsubscribe = () => void;
