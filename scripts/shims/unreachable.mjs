// Stands in, in the script build, for modules that a page never gets to: `UNREACHABLE` in page-script.mjs says why.

// certificate-advice.ts
export const certificateAdvice = () => undefined;

// transfer-by-fetch.ts
export const transferByFetch = () => Promise.reject(new TypeError("XMLHttpRequest is missing"));

// platform-websocket.ts
export const platformWebSocket = async () => globalThis.WebSocket;

// discovery.ts
export const discoverAddresses = async () => ({});

// session-actions.ts
export const sessionActions = () => undefined;

// room-changes.ts: its methods are never called.
export const RoomChanges = Object;

// room-history.ts
export const readHistory = () => undefined;

// recall-delivered.ts: given nothing.
export const recallDelivered = () => undefined;

// 0317-hats.ts
export const decodeHats = () => undefined;

// invites.ts
export const decodeInvite = () => undefined;
export const onInvite = () => undefined;

// mirror.ts: never constructed.
export const Mirror = undefined;
export const LEFT_TO_OTHERS = undefined;

// send-handle.ts
export const sendControls = () => ({});

// resume-state-websocket.ts
export const decodeWebSocketState = () => undefined;

// upload-file.ts
export const uploadFile = () => Promise.reject(new TypeError("left out of the script"));

// @xmpp/connection/lib/util.js
export const parseHost = () => ({});
export const parseService = parseHost;
export const parseURI = parseHost;

// @xmpp/connection/lib/StreamError.js, @xmpp/websocket/lib/FramedParser.js: never constructed.
export default undefined;
