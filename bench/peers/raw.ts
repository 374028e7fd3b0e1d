// A socket that knows no XML: what is left when a client costs nothing.
import { expose } from "./peer.ts";

let socket: WebSocket | undefined;
let room = "";

expose({
  start(options, onMessage) {
    ({ room } = options);
    const { wsUrl, domain, username, password, nick } = options;
    const line = new WebSocket(wsUrl, "xmpp");
    socket = line;
    const open = `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='${domain}' version='1.0'/>`;
    const plain = btoa(`\0${username}\0${password}`);
    const steps: [RegExp, string][] = [
      [/<mechanisms/, `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`],
      [/<success/, open],
      [
        /urn:ietf:params:xml:ns:xmpp-bind/,
        `<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`,
      ],
      [
        /id='b'/,
        `<presence xmlns='jabber:client' to='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
      ],
    ];
    return new Promise((resolve, reject) => {
      line.addEventListener("open", () => line.send(open));
      line.addEventListener("error", () => reject(new Error("The socket failed.")));
      line.addEventListener("message", ({ data }: MessageEvent<string>) => {
        const [step] = steps;
        if (step?.[0].test(data)) {
          steps.shift();
          line.send(step[1]);
        } else if (data.startsWith("<message")) {
          const from = data.indexOf("<body>");
          if (from >= 0) onMessage(data.slice(from + 6, data.indexOf("</body>")));
        } else if (data.includes("code='110'")) resolve();
      });
    });
  },
  send(text) {
    socket?.send(`<message xmlns='jabber:client' to='${room}' type='groupchat'><body>${text}</body></message>`);
  },
  async stop() {
    socket?.close();
  },
});
