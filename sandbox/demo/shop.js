// The customer's page: a small bot, and exoChat for the human. The bot hands over with what it has learnt.
/* global exoChat */
"use strict";

const customer = { fullName: "Jane Smith", email: "jane@example.com", phone: "+15550100200" };
const bot = { userId: `bot-user-${Date.now()}`, sessionId: `bot-session-${Date.now()}`, said: [] };

function botLine(who, text) {
  const item = document.createElement("li");
  const name = document.createElement("small");
  name.textContent = `${who}: `;
  item.append(name, text);
  document.getElementById("bot-log").append(item);
  bot.said.push(`${who}: ${text}`);
}

function choices(...list) {
  const buttons = list.map(([label, act]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", act);
    return button;
  });
  document.getElementById("bot-choices").replaceChildren(...buttons);
}

function problem(error) {
  const { message, remedy } = error.errorData ?? error.cause ?? error;
  document.getElementById("problem").textContent = [message, error.info?.remedy ?? remedy].filter(Boolean).join("\n");
}

function greet() {
  botLine("Bot", "Hello! What is it about?");
  choices(
    ["My bill is wrong", () => asked("My bill is wrong", "billing_issue")],
    ["My lantern does not charge", () => asked("My lantern does not charge", "repair")],
  );
}

function asked(text, intent) {
  botLine("You", text);
  botLine("Bot", "A colleague can look at that for you. Shall I connect you?");
  choices(["Yes, a person please", () => handOver(intent)], ["No, thank you", greet]);
}

function handOver(intent) {
  botLine("You", "Yes, a person please");
  choices();
  exoChat.showConverseChat();
  exoChat
    .startChat({
      ...customer,
      user_id: bot.userId,
      session_id: bot.sessionId,
      intent,
      language: "en",
      additionalInfo: { transcript: bot.said.join("\n") },
    })
    .then(() => botLine("Bot", "You are through. The chat is at the bottom right."))
    .catch((error) => {
      botLine("Bot", "I could not connect you.");
      problem(error);
      choices(["Try again", () => handOver(intent)]);
    });
}

async function main() {
  const config = await (await fetch("config.json")).json();
  if (config.error) return problem(config.error);
  exoChat.initialize({
    CHAT_SERVICE_DOMAIN: config.chatServiceUrl,
    CMS_SERVICE_DOMAIN: config.cmsServiceUrl,
    CONVERSE_BOSH_SERVICE_URL: config.boshUrl,
    AUTH_TOKEN: config.authToken,
    contactCenterId: config.contactCenterId,
    campaignId: config.campaignId,
    nodeflowId: config.nodeflowId,
    processId: config.processId,
    xmppDomain: config.domain,
    theme_color: "#192d3f",
  });
  exoChat.on("chatEnded", () => choices(["Start over", greet]));
  exoChat.on("messageReceived", (message) => {
    // A customer who looks at the chat has read what an agent wrote.
    if (message.sender === "agent" && message.body && !message.is_archived && document.visibilityState === "visible")
      exoChat.sendDisplayedReceipt(message.from_muc, message.msgid);
  });
  greet();
}

main().catch(problem);
