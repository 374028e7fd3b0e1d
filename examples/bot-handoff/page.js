/* global exoChat */
// The hand-over and the message handler are the vendor document's own examples ("Bot-to-Agent Handoff Example",
// "messageReceived"); around them is what a page has to bring: a place for messages, and the end of the chat.
exoChat.initialize({ ...window.EXOCHAT_CONFIG, headless: true });

function renderLine(text) {
  const item = document.createElement("li");
  item.textContent = text;
  document.getElementById("chat").append(item);
}
const renderAttachment = (url, name) => renderLine(`${name}: ${url}`);
const renderAgentMessage = (body, nick) => renderLine(`${nick}: ${body}`);
const handleChatEnd = (chatId, interaction_id) => renderLine(`The chat has ended (${chatId}, ${interaction_id}).`);

exoChat.on("messageReceived", (message) => {
  if (message.chatEnded) {
    // Session was closed by the agent
    const { chatId, interaction_id } = message.interaction_data || {};
    handleChatEnd(chatId, interaction_id);
    return;
  }
  if (message.subtype === "MEDIA_MSG" && message.files) {
    message.files.forEach((f) => renderAttachment(f.url, f.name));
    return;
  }
  // Typing and markers come as messages without a body.
  if (message.sender === "agent" && message.body) {
    renderAgentMessage(message.body, message.nick, message.time);
    exoChat.sendDisplayedReceipt(message.from_muc, message.msgid);
  }
});

document.getElementById("handoff").addEventListener("click", () => {
  exoChat
    .startChat({
      fullName: "Jane Smith",
      email: "jane@example.com",
      phone: "+919988776655",
      user_id: "bot-user-id-123",
      session_id: "bot-session-abc",
      intent: "billing_issue",
      language: "en",
    })
    .then((room) => {
      console.log("Handoff complete:", room);
    })
    .catch((err) => {
      console.error("Handoff failed:", err.errorData || err);
    });
});
