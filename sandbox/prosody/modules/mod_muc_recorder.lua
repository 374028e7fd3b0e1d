-- Keeps every groupchat stanza that a room broadcasts, as the text the occupants
-- get (without "to"): messages, chat states, markers, receipts. Read through
-- mod_test_api, GET /test-api/stanzas/ROOM. Tests only.
local st = require "util.stanza";
local time_now = require "util.time".now;

local rooms = module:shared("rooms");
local limit = 20000;

-- After the archive (0) and the history (-1) have added their stanza-id.
module:hook("muc-broadcast-message", function (event)
	local list = rooms[event.room.jid];
	if not list then list = {}; rooms[event.room.jid] = list; end
	local copy = st.clone(event.stanza);
	copy.attr.to = nil;
	table.insert(list, { xml = tostring(copy), at = time_now() });
	if #list > limit then table.remove(list, 1); end
end, -1000);

module:hook("muc-room-destroyed", function (event)
	rooms[event.room.jid] = nil;
end);
