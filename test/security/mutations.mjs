// What must not be missing: each entry takes one check of a security rule away, and names the tests that must fail then.
// `node scripts/mutate-rules.mjs` does it. Where two checks stand behind each other (the connection gives a room only its
// own stanzas, and the decoder looks again), an entry takes both away for the test that sees the whole, and another takes
// each alone for the test that sees one.

const MUC = "adapters/xmpp-muc/muc/";
const DECODER = `${MUC}decode-room-message.ts`;
const INBOX = "adapters/xmpp-muc/room-inbox.ts";
const ARCHIVE = "adapters/xmpp-muc/room-archive.ts";
const VISIT = "adapters/xmpp-muc/room-visit.ts";
const PEOPLE = `${MUC}participants.ts`;
const LEDGER = `${MUC}ledger.ts`;
const XML = "adapters/xmpp-muc/xml.ts";
const PROVISION = "adapters/exotel/provision.ts";
const REST = "adapters/exotel/rest.ts";
const PANEL = "src/exochat/panel/panel.ts";
const LINKS = "src/exochat/panel/dom.ts";
const BACKEND = "src/exochat/vendor/exotel-backend.ts";
const LEGACY = "src/exochat/vendor/legacy-stanza.ts";
const SECURE_URL = "src/kit/secure-url.ts";

/** The scripted room. */
const unit = (name) => ({ file: "test/unit/xmpp-muc/room/security-rules.test.ts", name });
/** The real Prosody. */
const real = (name) => ({ file: "test/security/rules.test.ts", name });
/** The page in Chromium. */
const page = (name) => ({ file: "test/e2e/exochat-page.test.ts", name });
const decoder = (name) => ({ file: "test/unit/xmpp-muc/muc/decode-room-message.test.ts", name });
const xml = (name) => ({ file: "test/unit/xmpp-muc/xml.test.ts", name });
const rest = (name) => ({ file: "test/unit/exotel/rest.test.ts", name });
const provision = (name) => ({ file: "test/unit/exotel/provision.test.ts", name });
const upload = (name) => ({ file: "test/unit/xmpp-muc/upload/upload-file.test.ts", name });

const edit = (file, find, replace) => ({ file, find, replace });

const EVERY_STANZA = edit(
  VISIT,
  "this.#link.onStanza((stanza) => this.#onStanza(stanza), room)",
  "this.#link.onStanza((stanza) => this.#onStanza(stanza))",
);
const ANY_SENDER = edit(
  DECODER,
  `return from.startsWith(room) && (from.length === room.length || from[room.length] === "/");`,
  `return from + room !== "";`,
);

/** Takes what is wrapped for the message itself. */
const unwrap = (path) =>
  edit(
    INBOX,
    `if (archive.take(message)) return;
    const stanza = decodeRoomMessage(message, context);`,
    `const wrapped = ${path}?.getChild("forwarded", "urn:xmpp:forward:0")?.getChild("message", "jabber:client");
    if (!wrapped && archive.take(message)) return;
    const stanza = decodeRoomMessage(wrapped ?? message, context);`,
  );

export const MUTATIONS = [
  {
    rule: 1,
    check: "a room gets its own stanzas, and the decoder looks again",
    edits: [EVERY_STANZA, ANY_SENDER],
    caughtBy: [unit("rule 1"), real("rule 1")],
  },
  {
    rule: 1,
    check: "the decoder alone",
    edits: [ANY_SENDER],
    caughtBy: [decoder("another room"), decoder("a longer domain")],
  },
  {
    rule: 1,
    check: "a private message is none of the conversation's",
    edits: [edit(DECODER, `(type !== "groupchat" && type !== "error") || `, "")],
    caughtBy: [unit("rule 1"), decoder("a private message")],
  },
  {
    rule: 2,
    check: "a result is no message",
    edits: [unwrap(`message.getChild("result", "urn:xmpp:mam:2")`)],
    caughtBy: [unit("rule 2"), real("rule 2")],
  },
  {
    rule: 2,
    check: "a result is from the room's bare JID",
    edits: [edit(ARCHIVE, `message.attrs["from"] === this.#context.room ?`, "message ?")],
    caughtBy: [unit("drops a result from an occupant in private")],
  },
  {
    rule: 2,
    check: "a result is no message to all",
    edits: [edit(ARCHIVE, ` || message.attrs["type"] === "groupchat"`, "")],
    caughtBy: [unit("drops a result from the room, but as a message to all")],
  },
  {
    rule: 2,
    check: "a result is for an open query",
    edits: [
      edit(ARCHIVE, "this.#open.get(result.queryId)?.push(result)", "this.#open.forEach((open) => open.push(result))"),
    ],
    caughtBy: [unit("drops a result of the room for a query that nobody asked")],
  },
  {
    rule: 3,
    check: "nothing is unwrapped",
    edits: [
      unwrap(`(message.getChild("received", "urn:xmpp:carbons:2") ?? message.getChild("sent", "urn:xmpp:carbons:2"))`),
    ],
    caughtBy: [unit("rule 3"), real("rule 3")],
  },
  {
    rule: 3,
    check: "nothing is unwrapped, nor taken from strangers",
    edits: [
      EVERY_STANZA,
      ANY_SENDER,
      unwrap(`(message.getChild("received", "urn:xmpp:carbons:2") ?? message.getChild("sent", "urn:xmpp:carbons:2"))`),
    ],
    caughtBy: [real("rule 3: carbons are never unwrapped a stranger's")],
  },
  {
    rule: 4,
    check: "a real JID is read in archives only",
    edits: [edit(DECODER, `if (stanza.kind === "archive") stanza.realJid`, "if (child) stanza.realJid")],
    caughtBy: [unit("rule 4"), real("rule 4")],
  },
  {
    rule: 4,
    check: "in the archive the last x counts",
    edits: [edit(DECODER, `stanza.realJid = decodeMucUser(child)`, `stanza.realJid ??= decodeMucUser(child)`)],
    caughtBy: [unit("in the archive believes only the last one")],
  },
  {
    rule: 4,
    check: "statuses are the room's to tell",
    edits: [edit(DECODER, "else if (stanza.nick === null) stanza.mucUser", "else stanza.mucUser")],
    caughtBy: [unit("tells no status that an occupant made up")],
  },
  {
    rule: 5,
    check: "after joining, a delay is the room's or our server's",
    edits: [edit(DECODER, "if (!context.joining && !authentic) return;", "")],
    caughtBy: [unit("after joining, a delay from"), real("rule 5")],
  },
  {
    rule: 5,
    check: "while joining, every delay makes history",
    edits: [edit(DECODER, "if (!context.joining && !authentic) return;", "if (!authentic) return;")],
    caughtBy: [unit("while joining, history stamped by the")],
  },
  {
    rule: 5,
    check: "after joining, nothing is history",
    edits: [edit(DECODER, "if (context.joining && stanza.type", "if (stanza.type")],
    caughtBy: [unit("sets the time and makes no history")],
  },
  {
    rule: 5,
    check: "no stamp is in the future",
    edits: [edit(DECODER, "Math.min(stamp.getTime(), stanza.receivedMs)", "stamp.getTime()")],
    caughtBy: [unit("is never in the future")],
  },
  {
    rule: 5,
    check: "no archived stamp is in the future",
    edits: [edit(DECODER, "Math.min(result.stamp.getTime(), nowMs)", "result.stamp.getTime()")],
    caughtBy: [unit("in the archive only the archive's own delay counts")],
  },
  {
    rule: 5,
    check: "an archived message's own delay is nothing",
    edits: [
      edit(DECODER, `if (stanza.kind !== "archive") readDelay`, "readDelay"),
      edit(DECODER, "stanza.timeMs = Math.min(result.stamp.getTime(), nowMs);", ""),
    ],
    caughtBy: [unit("in the archive only the archive's own delay counts")],
  },
  {
    rule: 6,
    check: "a role is believed of whom the room vouches for",
    edits: [edit(PEOPLE, "occupant.evidence.trusted ? mapClaimedRole", "occupant ? mapClaimedRole")],
    caughtBy: [
      unit("believes a claim only from somebody the room vouches for"),
      real("an occupant without office is no agent"),
    ],
  },
  {
    rule: 6,
    check: "an end is believed of whom the room vouches for",
    edits: [edit(PEOPLE, "!author.isSelf && author.trusted && author.present", "!author.isSelf")],
    caughtBy: [unit("lets nobody else end the chat"), real("an occupant without office is no agent")],
  },
  {
    rule: 6,
    check: "our own words end nothing",
    edits: [
      edit(PEOPLE, "!author.isSelf && author.trusted && author.present", "author.present"),
      edit(INBOX, "payload?.ended !== true || author.isSelf", "payload?.ended !== true"),
    ],
    caughtBy: [unit("lets nobody else end the chat"), real("the customer's own reflection ends nothing")],
  },
  {
    rule: 6,
    check: "history ends nothing",
    edits: [
      edit(INBOX, `if (stanza.kind === "live") this.#parts.onEnded(event);`, "if (event) this.#parts.onEnded(event);"),
    ],
    caughtBy: [unit("ends nothing because of history")],
  },
  {
    rule: 6,
    check: "interaction data only with an end",
    edits: [
      edit(
        "src/exochat/message-object.ts",
        "return chatEnded && interaction",
        "return (chatEnded || interaction) && interaction",
      ),
    ],
    caughtBy: [real("an occupant without office is no agent")],
  },
  {
    rule: 7,
    check: "a stanza-id has the room for its by",
    edits: [edit(DECODER, ` && child.attrs["by"] === context.room`, "")],
    caughtBy: [unit("ignores a stanza-id with another by"), real("nor is one that stands behind the room's own")],
  },
  {
    rule: 7,
    check: "stanza-ids only as announced",
    edits: [edit(DECODER, "context.stanzaIds && child", "child")],
    caughtBy: [
      unit("ignores both where the room did not announce them"),
      real("ids that the room did not announce are nobody's"),
    ],
  },
  {
    rule: 7,
    check: "occupant-ids only as announced",
    edits: [edit(DECODER, "if (context.occupantIds) stanza.occupantId", "stanza.occupantId")],
    caughtBy: [
      unit("ignores both where the room did not announce them"),
      real("ids that the room did not announce are nobody's"),
    ],
  },
  {
    rule: 7,
    check: "nothing is read before the room said what it announces",
    edits: [edit(INBOX, "if (this.#held) this.#held.push(stanza);", "if (!stanza) return;")],
    caughtBy: [unit("holds what arrives before the room said what it announces")],
  },
  {
    rule: 8,
    check: "a message is its author's to change",
    edits: [
      edit(LEDGER, "entry.visit !== 0 && entry.visit === author.visit", "true"),
      edit(
        LEDGER,
        "if (entry.occupantId !== undefined && by.occupantId !== undefined) return entry.occupantId === by.occupantId;\n  if (entry.isSelf",
        "if (entry.isSelf",
      ),
    ],
    caughtBy: [unit("drops corrections and retractions of others"), real("rule 8")],
  },
  {
    rule: 8,
    check: "an id is its sender's",
    edits: [
      edit(LEDGER, "return entry.from === stanza.from;", "return true;"),
      edit(
        LEDGER,
        "stanza.occupantId !== undefined) return entry.occupantId === stanza.occupantId;",
        "stanza.occupantId !== undefined) return true;",
      ),
    ],
    caughtBy: [unit("shows two messages of two people with one id"), real("rule 8")],
  },
  {
    rule: 8,
    check: "moderation is the room's",
    edits: [edit(DECODER, "if (stanza.nick === null) stanza.moderation", "stanza.moderation")],
    caughtBy: [unit("drops corrections and retractions of others")],
  },
  {
    rule: 8,
    check: "a nick that was taken over is somebody else",
    edits: [edit(LEDGER, "entry.visit !== 0 && entry.visit === author.visit", "entry.from === by.from")],
    caughtBy: [unit("whoever takes a nick over")],
  },
  {
    rule: 8,
    check: "the archive's corrections are their author's",
    edits: [edit(`${MUC}fold-archive.ts`, "if (!stanza.moderation && !sameAuthor(original, change)) return;", "")],
    caughtBy: [unit("in the archive a correction of somebody else changes nothing")],
  },
  {
    rule: 9,
    check: "look-alikes are warned of",
    edits: [
      edit(
        `${MUC}look-alikes.ts`,
        "return a !== b && nickSkeleton(a) === nickSkeleton(b);",
        "return a === b && a !== nickSkeleton(b);",
      ),
    ],
    caughtBy: [unit("rule 9"), real("rule 9")],
  },
  {
    rule: 9,
    check: "a name that is vouched for is not warned of",
    edits: [edit(INBOX, "if (!newcomer || newcomer.evidence.trusted) return;", "if (!newcomer) return;")],
    caughtBy: [unit("does not warn of other names, of agents")],
  },
  {
    rule: 9,
    check: "the panel says who is not verified",
    edits: [edit(PANEL, "return userRole === null ?", "return nick === null ?")],
    caughtBy: [page("rule 9")],
  },
  {
    rule: 10,
    check: "signals of who is not there",
    edits: [edit(INBOX, "if (author.isSelf || !author.present || ", "if (author.isSelf || ")],
    caughtBy: [unit("drops states, markers and receipts of nobody and of ourselves"), real("rule 10")],
  },
  {
    rule: 10,
    check: "signals of our own",
    edits: [edit(INBOX, "if (author.isSelf || !author.present || ", "if (!author.present || ")],
    caughtBy: [unit("drops states, markers and receipts of nobody and of ourselves"), real("rule 10")],
  },
  {
    rule: 10,
    check: "signals of strangers",
    edits: [EVERY_STANZA, ANY_SENDER, edit(INBOX, "if (author.isSelf || !author.present || ", "if (author.isSelf || ")],
    caughtBy: [real("rule 10")],
  },
  {
    rule: 10,
    check: "a send is confirmed by ourselves",
    edits: [edit(INBOX, `if (!author.isSelf || stanza.kind !== "live") return;`, "")],
    caughtBy: [unit("nobody else confirms a send")],
  },
  {
    rule: 11,
    check: "status 201 is an error",
    edits: [edit(VISIT, "if (created && this.#parts.options.createRoom !== true) {", "if (created && !this.#parts) {")],
    caughtBy: [unit("rule 11"), real("rule 11")],
  },
  {
    rule: 11,
    check: "such a room is left",
    edits: [edit(VISIT, "#sayLeave(): void {", "#sayLeave(): void {\n    if (this) return;")],
    caughtBy: [unit("rule 11")],
  },
  {
    rule: 12,
    check: "links have a safe scheme",
    edits: [
      edit(LINKS, "return URL.canParse(url) && LINK_SCHEMES.has(new URL(url).protocol);", "return URL.canParse(url);"),
      edit(PANEL, "isSafeLink(body) && /^https?:/.test(body)", "isSafeLink(body)"),
    ],
    caughtBy: [page("rule 12")],
  },
  {
    rule: 12,
    check: "files have a safe scheme",
    edits: [
      edit(LINKS, "return URL.canParse(url) && LINK_SCHEMES.has(new URL(url).protocol);", "return URL.canParse(url);"),
      edit(LEGACY, ".filter(({ url }) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))", ""),
    ],
    caughtBy: [page("rule 12")],
  },
  {
    rule: 12,
    check: "host pages get no file with another scheme",
    edits: [edit(LEGACY, ".filter(({ url }) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))", "")],
    caughtBy: [{ file: "test/unit/exochat/legacy-stanza.test.ts", name: "rule 12" }],
  },
  {
    rule: 12,
    check: "opened pages get no handle",
    edits: [edit(LINKS, `rel: "noopener noreferrer nofollow"`, `rel: "nofollow"`)],
    caughtBy: [page("rule 12")],
  },
  {
    rule: 12,
    check: "text is text",
    edits: [
      edit(PANEL, ": document.createTextNode(body)]", `: document.createRange().createContextualFragment(body)]`),
    ],
    caughtBy: [page("rule 12")],
  },
  {
    rule: 12,
    check: "no picture is fetched",
    edits: [edit(PANEL, 'link(url, name === "" ? url : name)', 'el("img", { src: url, alt: name })')],
    caughtBy: [page("rule 12")],
  },
  {
    rule: 13,
    check: "no password in a log",
    edits: [
      edit(
        BACKEND,
        "const { customerJid, nick, exportTranscriptAllowed } = room;",
        `const { customerJid, nick, exportTranscriptAllowed } = room;
          config.logger?.debug("The chat was provisioned", { room });`,
      ),
    ],
    caughtBy: [real("rule 13")],
  },
  {
    rule: 13,
    check: "no hand-over data in a log",
    edits: [
      edit(
        BACKEND,
        "const room = await service.provision(request, call);",
        `config.logger?.debug("The chat is being provisioned", { request });
          const room = await service.provision(request, call);`,
      ),
    ],
    caughtBy: [real("rule 13")],
  },
  {
    rule: 13,
    check: "no answer's text in an error",
    edits: [
      edit(
        REST,
        `"The chat service answered with something that is not JSON."`,
        "`The chat service answered with ${text}, which is not JSON.`",
      ),
    ],
    caughtBy: [rest("rule 13")],
  },
  {
    rule: 13,
    check: "no text of the service in an error",
    edits: [
      edit(
        REST,
        `const name = body["exception"] ?? body["errorCode"];`,
        `const name = body["exception"] ?? body["message"];`,
      ),
    ],
    caughtBy: [rest("rule 13")],
  },
  {
    rule: 13,
    check: "no password in the page's storage",
    edits: [
      edit(
        BACKEND,
        "const { customerJid, nick, exportTranscriptAllowed } = room;",
        `const { customerJid, nick, exportTranscriptAllowed } = room;
          sessionStorage.setItem("room", JSON.stringify(room));`,
      ),
    ],
    caughtBy: [page("rule 13")],
  },
  {
    rule: 14,
    check: "no document type",
    edits: [edit(XML, `if (/<!(?!\\[CDATA\\[|--)/.test(text)) throw notXml("a document type declaration");`, "")],
    caughtBy: [xml("rule 14")],
  },
  {
    rule: 14,
    check: "no depth without end",
    edits: [edit(XML, "depth > this.#limits.maxDepth || ", "")],
    caughtBy: [xml("leaves out what is too deep")],
  },
  {
    rule: 14,
    check: "no stanza without end",
    edits: [edit(XML, " || ++this.#countInChild > this.#limits.maxChildElements", "")],
    caughtBy: [xml("leaves out what one child of the root has too many of")],
  },
  {
    rule: 14,
    check: "what is too much is left out, not refused",
    edits: [edit(XML, "this.#skippedFrom = depth;\n      return;", `throw notXml("too much");`)],
    caughtBy: [xml("leaves out what is too deep"), real("what is nested without end")],
  },
  {
    rule: 14,
    check: "no elements without end",
    edits: [
      edit(
        XML,
        `if (++this.#count > this.#limits.maxElements) throw tooMuch("elements", this.#limits.maxElements);`,
        "",
      ),
    ],
    caughtBy: [xml("bounds the elements")],
  },
  {
    rule: 14,
    check: "no length without end",
    edits: [edit(XML, `if (text.length > limits.maxLength) throw tooMuch("characters", limits.maxLength);`, "")],
    caughtBy: [xml("bounds the length")],
  },
  {
    rule: 14,
    check: "no undeclared prefix",
    edits: [edit(XML, "if (uri === undefined) throw notXml(`undeclared prefix of <${name.slice(0, 64)}>`);", "")],
    caughtBy: [xml("an undeclared prefix")],
  },
  {
    rule: 14,
    check: "names count with their namespace",
    edits: [
      edit(
        DECODER,
        "default:\n      stanza.unknown = added(stanza.unknown, child);\n  }\n}\n\nfunction readOwnChild",
        "default:\n      readOwnChild(stanza, child, context);\n  }\n}\n\nfunction readOwnChild",
      ),
    ],
    caughtBy: [real("rule 14")],
  },
  {
    rule: 15,
    check: "the room's domain belongs to the user's",
    edits: [edit(PROVISION, "!isDomain(roomDomain) || !belongs", "!isDomain(roomDomain)")],
    caughtBy: [provision("(rule 15)"), real("rule 15")],
  },
  {
    rule: 15,
    check: "the account's domain is the configured one",
    edits: [edit(PROVISION, "!isDomain(domain) || foreign", "!isDomain(domain)")],
    caughtBy: [provision("refuses an account on another than the configured domain (rule 15)")],
  },
  {
    rule: 15,
    check: "JIDs are JIDs",
    edits: [edit(PROVISION, "/^[^\\s\"&'/:<>@]{1,1023}$/u.test(text)", 'text !== ""')],
    caughtBy: [provision("refuses markup in the user name (rule 15)")],
  },
  {
    rule: 15,
    check: "texts are texts",
    edits: [
      edit(
        "adapters/exotel/names.ts",
        `return typeof value === "string" && value !== "" ? value : undefined;`,
        "return value as string | undefined;",
      ),
    ],
    caughtBy: [provision("refuses a password that is no text (rule 15)")],
  },
  {
    rule: 16,
    check: "addresses are encrypted or of this machine",
    edits: [
      edit(
        SECURE_URL,
        "if (url.protocol === encrypted || (url.protocol === plain && isLoopbackHost(url.hostname))) return url;",
        'if (encrypted + plain !== "") return url;',
      ),
    ],
    caughtBy: [rest("is refused for both services"), real("rule 16")],
  },
  {
    rule: 16,
    check: "no redirect with a token",
    edits: [edit(REST, `redirect: "error"`, `redirect: "follow"`)],
    caughtBy: [rest("redirects are not followed")],
  },
  {
    rule: 16,
    check: "slots are encrypted or of this machine",
    edits: [
      edit("adapters/xmpp-muc/upload/request-slot.ts", `if (!safe) throw badSlot("an address is not encrypted");`, ""),
    ],
    caughtBy: [upload("rule 16")],
  },
  {
    rule: 16,
    check: "no redirect with a slot's headers",
    edits: [edit("src/kit/transfer-by-fetch.ts", `redirect: "manual"`, `redirect: "follow"`)],
    caughtBy: [upload("rule 16")],
  },
];
