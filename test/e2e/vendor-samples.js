// The code samples of the vendor's integration reference as printed there, names in canonical spelling. What the page
// has around them (initialize's values, the functions that render) is below them.
/* global exoChat */
"use strict";

window.seen = [];
const note = (...line) => window.seen.push(line);
const renderAttachment = (url, name) => note("attachment", url, name);
const renderAgentMessage = (body, nick) => note("agent", body, nick);
const handleChatEnd = (chatId, interactionId) => note("ended", chatId, interactionId);

window.startSamples = (config) => {
  exoChat.initialize(config);

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
    if (message.sender === "agent") {
      renderAgentMessage(message.body, message.nick, message.time);
      exoChat.sendDisplayedReceipt(message.from_muc, message.msgid);
    }
  });

  exoChat.on("displayedReceipt", (roomJid, msgid) => {
    note("displayed", msgid, roomJid);
  });

  exoChat.on("messageReceived", async (msg) => {
    if (!msg.chatEnded) return;
    const { chatId, interaction_id } = msg.interaction_data || {};
    const config = await exoChat.getFeedbackConfig();
    if (!config?.isFeedbackEnabled) return;
    if (config.openInNewTab) {
      window.open(config.feedbackUrl, "_blank");
    } else {
      // Show your own rating UI, then on submit:
      const rating = { score: 5, comment: "Great support!" };
      await exoChat.submitFeedbackResponse(interaction_id, chatId, rating);
      note("feedback submitted");
    }
  });
};

window.handOver = () =>
  exoChat
    .startChat({
      fullName: "Jane Smith",
      email: "jane@example.com",
      phone: "+919988776655",
      user_id: "bot_user_id_123",
      session_id: "bot_session_abc",
      intent: "billing_issue",
      language: "en",
    })
    .then((room) => {
      window.roomJid = room.jid;
      note("Handoff complete:", room.jid);
    })
    .catch((err) => {
      note("Handoff failed:", String(err.errorData || err));
    });

window.sendText = (roomJid) => {
  exoChat.sendMessage(roomJid, "Hello, how can I help?", "NORMAL_TEXT_MSG", null);
};

window.sendFile = (roomJid, fileUrl) => {
  exoChat.sendMessage(roomJid, fileUrl, "MEDIA_MSG", [{ url: fileUrl, name: "report.pdf" }]);
};

window.upload = async (roomJid, fileInput) => {
  const file = fileInput.files[0];
  const publicUrl = await exoChat.uploadFileToConverse(file);
  if (publicUrl) {
    exoChat.sendMessage(roomJid, publicUrl, "MEDIA_MSG", [{ url: publicUrl, name: file.name }]);
  } else {
    note("File upload failed");
  }
};
