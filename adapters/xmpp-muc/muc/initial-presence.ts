import type { StanzaLink } from "../connection/link.ts";
import { xml } from "../xml.ts";

interface Greeting {
  rooms: number;
  sent: boolean;
  stop: () => void;
}

const greetings = new WeakMap<StanzaLink, Greeting>();

/** A room's part in its link's initial presence. */
export interface InitialPresence {
  /** Writes it, unless another room on this link has since the stream began (RFC 6121 §4.2). */
  send(): void;
  /** The room is done with the link. */
  release(): void;
}

/** Coordinates the rooms that share a link: one initial presence for each stream, whoever joins first. */
export function shareInitialPresence(link: StanzaLink): InitialPresence {
  const greeting = greetings.get(link) ?? begin(link);
  greeting.rooms++;
  let released = false;
  return {
    send() {
      if (greeting.sent) return;
      greeting.sent = true;
      // A stream that breaks now is reported to the join, too.
      link.send(xml("presence")).catch(() => undefined);
    },
    release() {
      if (released) return;
      released = true;
      if (--greeting.rooms > 0) return;
      greeting.stop();
      greetings.delete(link);
    },
  };
}

function begin(link: StanzaLink): Greeting {
  const greeting: Greeting = { rooms: 0, sent: false, stop: () => undefined };
  greeting.stop = link.onStream((event) => {
    // A new stream is a new session for the server, unless it resumed the old one.
    if (event.kind === "lost" || event.kind === "closed") greeting.sent = false;
    else if (event.kind === "sendable" && event.resumed) greeting.sent = true;
  });
  greetings.set(link, greeting);
  return greeting;
}
