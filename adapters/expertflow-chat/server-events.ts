/** Everything that the guides let a server emit. socket.io-client 2 hears only what it is told to listen for. */
export const SERVER_EVENTS: readonly string[] = [
  "messageArrived",
  "conversationInfo",
  "receiveChatRequest",
  "initConversation",
  "endConversation",
  "amq-msg",
];
