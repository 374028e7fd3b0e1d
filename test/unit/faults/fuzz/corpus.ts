import { readdirSync, readFileSync } from "node:fs";

const FIXTURES = new URL("../../../../fixtures/", import.meta.url);

/** Texts of the fixtures whose path fits, in the order of their paths. */
export function fixtureTexts(fits: RegExp): string[] {
  return readdirSync(FIXTURES, { recursive: true, encoding: "utf8" })
    .filter((path) => fits.test(path))
    .toSorted()
    .map((path) => readFileSync(new URL(path, FIXTURES), "utf8").trim());
}

const ROOM = "room_7c1f@conference.chat.example";

/** The payloads of the XMPP fixtures, each inside of what carries it: a message, a presence, an iq. */
export function stanzas(): string[] {
  const payloads = fixtureTexts(/^xmpp\/.*\.xml$/);
  return payloads.flatMap((payload, index) => {
    if (payload.startsWith("<message")) return [payload];
    const message = `<message xmlns='jabber:client' from='${ROOM}/Asha' to='u-140a@chat.example/exo-1' type='groupchat' id='f-${index}'><body>text ${index}</body>${payload}<stanza-id xmlns='urn:xmpp:sid:0' id='s-${index}' by='${ROOM}'/></message>`;
    const presence = `<presence xmlns='jabber:client' from='${ROOM}/Asha' to='u-140a@chat.example/exo-1'>${payload}<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-${index}'/></presence>`;
    const iq = `<iq xmlns='jabber:client' from='${ROOM}' to='u-140a@chat.example/exo-1' type='result' id='q-${index}'>${payload}</iq>`;
    return [message, presence, iq];
  });
}

/** Stanzas of the room that fixtures do not have: errors, subjects, delays, corrections with bodies, archive results. */
export const ROOM_STANZAS: readonly string[] = [
  `<message xmlns='jabber:client' from='${ROOM}' type='groupchat' id='x1'><subject/></message>`,
  `<message xmlns='jabber:client' from='${ROOM}/Asha' type='error' id='x2'><error type='wait' by='${ROOM}'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>slow down</text></error></message>`,
  `<presence xmlns='jabber:client' from='${ROOM}/Ravi' type='error'><x xmlns='http://jabber.org/protocol/muc'/><error type='auth'><registration-required xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
  `<message xmlns='jabber:client' from='${ROOM}/Asha' type='groupchat' id='x3'><body xml:lang='en'>Hi</body><body xml:lang='de'>Hallo</body><replace xmlns='urn:xmpp:message-correct:0' id='x1'/><delay xmlns='urn:xmpp:delay' from='${ROOM}' stamp='2026-05-04T10:02:11Z'/></message>`,
  `<message xmlns='jabber:client' from='${ROOM}/Asha' type='groupchat' id='x4'><body>x</body><reactions xmlns='urn:xmpp:reactions:0' id='s-1'><reaction>+</reaction></reactions></message>`,
  `<message xmlns='jabber:client' from='${ROOM}'><result xmlns='urn:xmpp:mam:2' queryid='k7' id='z1'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2026-05-04T10:02:11Z'/><message xmlns='jabber:client' from='${ROOM}/Asha' type='groupchat' id='x5'><body>old</body></message></forwarded></result></message>`,
  `<stream:error xmlns:stream='http://etherx.jabber.org/streams'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Replaced</text></stream:error>`,
];
