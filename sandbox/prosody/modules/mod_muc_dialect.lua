-- Makes Prosody's rooms behave like another vendor's (Openfire above all). Each
-- switch is off unless configured; loaded on the MUC component. Tests only.
--   dialect_history_delay_from = "room" | "occupant" | "real"   @from of history delays
--   dialect_stanza_id          = "on" | "off"                   XEP-0359 ids of the room
--   dialect_stable_id          = "off"                          muc#stable_id is not announced
--   dialect_strip_extensions   = true                           XEP-0045 §18.1.1
--   dialect_bodyless_history   = "off"                          only bodies and subjects are kept
local st = require "util.stanza";
local uuid = require "util.uuid".generate;
local jid = require "util.jid";

local delay_from = module:get_option_string("dialect_history_delay_from", "room");
local stanza_id = module:get_option_string("dialect_stanza_id", "default");
local stable_id = module:get_option_string("dialect_stable_id", "on");
local strip = module:get_option_boolean("dialect_strip_extensions", false);
local bodyless = module:get_option_string("dialect_bodyless_history", "default");

local xmlns_delay, xmlns_sid = "urn:xmpp:delay", "urn:xmpp:sid:0";

local function is_room_id(tag, room)
	return tag.name == "stanza-id" and tag.attr.xmlns == xmlns_sid and tag.attr.by == room.jid;
end

local function without_room_id(stanza, room)
	stanza:maptags(function (tag) if not is_room_id(tag, room) then return tag; end end);
	return stanza;
end

local function without_feature(reply, var)
	local query = reply:get_child("query", "http://jabber.org/protocol/disco#info") or reply;
	query:maptags(function (tag) if tag.attr.var ~= var then return tag; end end);
end

-- Delays of the join history -------------------------------------------------
local real_jids = {}; -- occupant JID -> full JID it last spoke with

module:hook("muc-occupant-groupchat", function (event)
	if event.occupant then real_jids[event.occupant.nick] = event.stanza.attr.from; end
end, 1000);

local function stamp_history(stanza, room)
	local copy = st.clone(stanza);
	for tag in copy:childtags("delay", xmlns_delay) do
		if tag.attr.from == room.jid then
			local occupant = copy.attr.from;
			if delay_from == "occupant" or room:get_whois() ~= "anyone" then
				tag.attr.from = occupant;
			else
				tag.attr.from = real_jids[occupant] or occupant;
			end
		end
	end
	return copy;
end

module:wrap_event("muc-get-history", function (handlers, name, event)
	local result = handlers(name, event);
	local next_stanza = event.next_stanza;
	function event.next_stanza()
		local stanza = next_stanza();
		if not stanza then return nil; end
		if delay_from ~= "room" then stanza = stamp_history(stanza, event.room); end
		if stanza_id == "off" then stanza = without_room_id(st.clone(stanza), event.room); end
		return stanza;
	end
	return result;
end);

-- Ids of the room ------------------------------------------------------------
if stanza_id == "off" then
	-- After the archive has added its id (0), before the recorder (-1000) and the broadcast.
	module:hook("muc-broadcast-message", function (event)
		without_room_id(event.stanza, event.room);
	end, -500);
	module:hook("muc-disco#info", function (event) without_feature(event.reply, xmlns_sid); end, -1000);
elseif stanza_id == "on" then
	-- Ids also without an archive. Before history takes its copy (0): then forged ones are ours to remove. With an
	-- archive, which gives its own ids at 0, only what it did not keep gets one.
	local has_archive = module:get_option_set("modules_enabled", {}):contains("muc_mam");
	module:hook("muc-broadcast-message", function (event)
		if has_archive then
			for tag in event.stanza:childtags("stanza-id", xmlns_sid) do
				if is_room_id(tag, event.room) then return; end
			end
		else
			without_room_id(event.stanza, event.room);
		end
		event.stanza:tag("stanza-id", { xmlns = xmlns_sid, by = event.room.jid, id = uuid() }):up();
	end, has_archive and -0.5 or 0.5);
	module:hook("muc-disco#info", function (event)
		without_feature(event.reply, xmlns_sid);
		event.reply:tag("feature", { var = xmlns_sid }):up();
	end, -1000);
end

if stable_id == "off" then
	module:hook("muc-disco#info", function (event)
		without_feature(event.reply, "http://jabber.org/protocol/muc#stable_id");
	end, -1000);
end

-- Unknown children -----------------------------------------------------------
local known = {
	["http://jabber.org/protocol/chatstates"] = true;
	["http://jabber.org/protocol/muc#user"] = true;
	["urn:xmpp:chat-markers:0"] = true;
	["urn:xmpp:receipts"] = true;
	["urn:xmpp:occupant-id:0"] = true;
	["urn:xmpp:hints"] = true;
	["jabber:client"] = true;
	[xmlns_sid] = true;
	[xmlns_delay] = true;
};
local plain = { body = true, subject = true, thread = true, error = true };

if strip then
	module:hook("muc-broadcast-message", function (event)
		event.stanza:maptags(function (tag)
			local xmlns = tag.attr.xmlns;
			if xmlns and known[xmlns] or not xmlns and plain[tag.name] then return tag; end
		end);
	end, 1000);
end

-- History of messages without a body -----------------------------------------
if bodyless == "off" then
	module:hook("muc-message-is-historic", function (event)
		if not (event.stanza:get_child("body") or event.stanza:get_child("subject")) then
			return false, "no body";
		end
	end, 1000);
end

module:hook("muc-room-destroyed", function (event)
	for occupant in pairs(real_jids) do
		if jid.bare(occupant) == event.room.jid then real_jids[occupant] = nil; end
	end
end);
