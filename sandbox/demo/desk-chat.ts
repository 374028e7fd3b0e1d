import type { UploadFile } from "../../src/transport/index.ts";

/** A customer who waits, at whichever vendor. */
export interface Waiting {
  /** Unlike any other. */
  key: string;
  customer: string;
  /** What is known of them, and what a bot told. */
  facts: [name: string, value: string][];
  /** Takes the chat. */
  take(view: DeskView): Promise<DeskChat>;
}

/** What the desk shows of a chat. */
export interface DeskView {
  line(who: string, text: string, url?: URL): void;
  typing(text: string): void;
  enable(on: boolean): void;
  problem(error: unknown): void;
}

/** A chat that the agent has. */
export interface DeskChat {
  say(text: string): Promise<unknown>;
  keyPressed(typing: boolean): void;
  sendFile(file: UploadFile): Promise<unknown>;
  markRead(): Promise<unknown>;
  /** Resolves with what to say of it. */
  end(): Promise<string>;
}

/** A vendor's queue, as the desk sees it. */
export interface Queue {
  waiting(): Promise<Waiting[]>;
}
