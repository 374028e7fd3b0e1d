-- Test-only HTTP/JSON control API for a throw-away Prosody (0.12).
-- Loopback only, one bearer token. Never load this on a real server.
--
--   GET    /test-api/health
--   GET    /test-api/users                 POST /test-api/users {username,password}
--   DELETE /test-api/users/NAME
--   GET    /test-api/rooms                 POST /test-api/rooms {name, ...}
--   GET    /test-api/rooms/NAME            DELETE /test-api/rooms/NAME {reason}
--   POST   /test-api/rooms/NAME/messages   {nick, body, id, xml}
--   POST   /test-api/rooms/NAME/affiliations {jid, affiliation}
--   POST   /test-api/rooms/NAME/kick       {nick, reason}
--   POST   /test-api/rooms/NAME/roles      {nick, role, reason}
--   POST   /test-api/rooms/NAME/forget     everybody, silently: a restart of the room service
--   GET    /test-api/stanzas/ROOM          [{xml, at}]: every groupchat stanza the room broadcast
--   DELETE /test-api/stanzas/ROOM          forgets them
--   POST   /test-api/stanzas               {xml}
--   GET    /test-api/sessions
--   POST   /test-api/sessions/close        {jid|user|all, mode, condition, text}
--   POST   /test-api/sessions/raw          {jid|user|all, xml}: onto the stream of a session, past all routing
--   POST   /test-api/reset

local json = require "util.json";
local st = require "util.stanza";
local jid = require "util.jid";
local xml = require "util.xml";
local id = require "util.id";
local array = require "util.array"; -- encodes as [] when empty
local um = require "core.usermanager";
local sm = require "core.sessionmanager";

module:depends("http");

local token = module:get_option_string("test_api_token", "test-token");
local muc_host = module:get_option_string("test_api_muc", "conference."..module.host);
local bosh_sessions = module:shared("/*/bosh/sessions");
local recorded = module:shared("/"..muc_host.."/muc_recorder/rooms");

local function reply(event, status, data)
	event.response.status_code = status;
	event.response.headers.content_type = "application/json; charset=utf-8";
	return json.encode(data or { ok = status < 300 });
end

local function fail(event, status, message)
	return reply(event, status, { ok = false, error = message });
end

local function muc()
	local host = prosody.hosts[muc_host];
	return host and host.modules.muc;
end

local function room_jid(name)
	if name:find("@", 1, true) then return jid.prep(name); end
	return jid.prep(name.."@"..muc_host);
end

local function transport(session)
	if session.bosh_version or session.requests then return "bosh"; end
	if session.websocket_request then return "websocket"; end
	return "tcp";
end

local function describe(session)
	return {
		jid = session.full_jid, resource = session.resource, type = session.type;
		transport = transport(session), ip = session.ip, secure = session.secure and true or false;
		smacks = session.smacks and true or false, hibernating = session.hibernating and true or false;
		sid = session.sid, rid = session.rid;
		heldRequests = session.requests and #session.requests or nil;
	};
end

local function each_session(filter)
	local found = {};
	for host_name, host in pairs(prosody.hosts) do
		for username, user in pairs(host.sessions or {}) do
			for _, session in pairs(user.sessions or {}) do
				if not filter or filter(session, username, host_name) then
					table.insert(found, session);
				end
			end
		end
	end
	return found;
end

local function matches(data)
	return function (session, username)
		if data.jid and data.jid ~= jid.bare(data.jid) then return session.full_jid == data.jid; end
		if data.jid then return jid.bare(session.full_jid) == data.jid; end
		if data.user then return username == data.user; end
		return data.all == true;
	end
end

-- How a session can be ended:
--   error   a stream error (condition/text), the server closes the stream
--   drop    the TCP connection(s) die without a word; the session stays on the
--           server (BOSH: until inactivity; stream management: hibernates)
--   forget  the session is gone on the server and the client is not told:
--           BOSH clients get item-not-found on their next request
local function end_session(session, data)
	local mode = data.mode or "error";
	if mode == "error" then
		session:close({ condition = data.condition or "policy-violation", text = data.text });
	elseif mode == "drop" then
		if session.requests then
			local conns = {};
			for _, response in ipairs(session.requests) do table.insert(conns, response.conn); end
			for _, conn in ipairs(conns) do conn:close(); end
		elseif session.conn then
			session.conn:close();
		end
	elseif mode == "forget" then
		if session.requests then
			local conns = {};
			for _, response in ipairs(session.requests) do table.insert(conns, response.conn); end
			bosh_sessions[session.sid] = nil;
			sm.destroy_session(session, "forgotten by test API");
			for _, conn in ipairs(conns) do conn:close(); end
		else
			local conn = session.conn;
			session.resumption_token = nil;
			session.smacks = nil;
			sm.destroy_session(session, "forgotten by test API");
			if conn then conn:close(); end
		end
	else
		return nil, "unknown mode";
	end
	return true;
end

local function describe_room(room)
	local occupants, affiliations = array(), {};
	for _, occupant in room:each_occupant() do
		local jids = array();
		for real in occupant:each_session() do table.insert(jids, real); end
		table.insert(occupants, {
			nick = jid.resource(occupant.nick), role = occupant.role, jids = jids;
			affiliation = room:get_affiliation(occupant.bare_jid) or "none";
		});
	end
	for who, affiliation in room:each_affiliation() do affiliations[who] = affiliation; end
	return {
		jid = room.jid, name = room:get_name(), persistent = room:get_persistent() and true or false;
		membersOnly = room:get_members_only() and true or false;
		moderated = room:get_moderated() and true or false, whois = room:get_whois();
		subject = select(2, room:get_subject()), occupants = occupants, affiliations = affiliations;
	};
end

local function create_room(data)
	local name = assert(data.name, "name is required");
	local room, err = muc().create_room(room_jid(name));
	if not room then return nil, err; end
	if data.title then room:set_name(data.title); end
	if data.description then room:set_description(data.description); end
	if data.persistent ~= nil then room:set_persistent(data.persistent); end
	if data.membersOnly ~= nil then room:set_members_only(data.membersOnly); end
	if data.moderated ~= nil then room:set_moderated(data.moderated); end
	if data.presenceBroadcast then
		local roles = {};
		for _, role in ipairs(data.presenceBroadcast) do roles[role] = true; end
		room:set_presence_broadcast(roles);
	end
	if data.public ~= nil then room:set_public(data.public); end
	if data.password then room:set_password(data.password); end
	if data.whois then room:set_whois(data.whois); end           -- "anyone" | "moderators"
	if data.history then room:set_historylength(data.history); end
	if data.subject then room:set_subject(room.jid, data.subject); end
	for _, kind in ipairs { "owner"; "admin"; "member"; "outcast" } do
		for _, who in ipairs(data[kind.."s"] or {}) do
			room:set_affiliation(true, who, kind);
		end
	end
	room:save(true);
	return room;
end

local function inject(room, data)
	local stanza;
	if data.xml then
		stanza = assert(xml.parse(data.xml));
		stanza.attr.xmlns = nil;
	else
		stanza = st.message({ id = data.id or id.medium() }, data.body);
	end
	stanza.attr.type = "groupchat";
	stanza.attr.from = data.nick and (room.jid.."/"..data.nick) or room.jid;
	stanza.attr.to = room.jid;
	room:broadcast_message(stanza);
	return stanza.attr.id;
end

local handlers = {};

handlers["GET health"] = function (event)
	local bosh = 0;
	for _ in pairs(bosh_sessions) do bosh = bosh + 1; end
	return reply(event, 200, {
		ok = true, version = prosody.version, domain = module.host, muc = muc_host;
		upload = "upload."..module.host, guest = "guest."..module.host;
		sessions = #each_session(), boshSessions = bosh;
		memoryKiB = math.floor(collectgarbage("count")), uptime = os.time() - prosody.start_time;
	});
end

handlers["GET users"] = function (event)
	local list = array();
	for username in um.users(module.host) do table.insert(list, username); end
	return reply(event, 200, { users = list });
end

handlers["POST users"] = function (event, data)
	if not (data.username and data.password) then return fail(event, 400, "username and password are required"); end
	local existed = um.user_exists(data.username, module.host);
	local ok, err = um.create_user(data.username, data.password, module.host);
	if not ok then return fail(event, 400, err); end
	return reply(event, existed and 200 or 201, { ok = true, jid = data.username.."@"..module.host });
end

handlers["DELETE users"] = function (event, _, name)
	for _, session in ipairs(each_session(matches { user = name })) do
		session:close({ condition = "not-authorized", text = "Account deleted" });
	end
	local ok, err = um.delete_user(name, module.host);
	if not ok then return fail(event, 404, err); end
	return reply(event, 200);
end

handlers["GET rooms"] = function (event, _, name)
	if name then
		local room = muc().get_room_from_jid(room_jid(name));
		if not room then return fail(event, 404, "no such room"); end
		return reply(event, 200, describe_room(room));
	end
	local list = array();
	for room in muc().all_rooms() do table.insert(list, describe_room(room)); end
	return reply(event, 200, { rooms = list });
end

handlers["POST rooms"] = function (event, data, name, action)
	if not name then
		local room, err = create_room(data);
		if not room then return fail(event, err == "room-exists" and 409 or 400, err); end
		return reply(event, 201, describe_room(room));
	end
	local room = muc().get_room_from_jid(room_jid(name));
	if not room then return fail(event, 404, "no such room"); end
	if action == "messages" then
		return reply(event, 200, { ok = true, id = inject(room, data) });
	elseif action == "affiliations" then
		local ok, _, err = room:set_affiliation(true, data.jid, data.affiliation ~= "none" and data.affiliation or nil, data.reason);
		if not ok then return fail(event, 400, err); end
		return reply(event, 200);
	elseif action == "kick" then
		local ok, _, err = room:set_role(true, room.jid.."/"..data.nick, nil, data.reason);
		if not ok then return fail(event, 400, err); end
		return reply(event, 200);
	elseif action == "forget" then
		-- As after a crash of the room service that kept its rooms: nobody is in, and nobody is told.
		room._occupants, room._jid_nick = {}, {};
		return reply(event, 200);
	elseif action == "roles" then
		local ok, _, err = room:set_role(true, room.jid.."/"..data.nick, data.role ~= "none" and data.role or nil, data.reason);
		if not ok then return fail(event, 400, err); end
		return reply(event, 200);
	end
	return fail(event, 404, "unknown action");
end

handlers["DELETE rooms"] = function (event, data, name)
	local room = muc().get_room_from_jid(room_jid(name));
	if not room then return fail(event, 404, "no such room"); end
	room:destroy(nil, data.reason);
	return reply(event, 200);
end

handlers["POST stanzas"] = function (event, data)
	local stanza, err = xml.parse(data.xml or "");
	if not stanza then return fail(event, 400, err); end
	stanza.attr.xmlns = nil;
	if not (stanza.attr.to and stanza.attr.from) then return fail(event, 400, "from and to are required"); end
	module:send(stanza);
	return reply(event, 200);
end

handlers["GET stanzas"] = function (event, _, name)
	if not name then return fail(event, 400, "name a room"); end
	local list = array();
	for _, record in ipairs(recorded[room_jid(name)] or {}) do table.insert(list, record); end
	return reply(event, 200, { stanzas = list });
end

handlers["DELETE stanzas"] = function (event, _, name)
	if not name then return fail(event, 400, "name a room"); end
	recorded[room_jid(name)] = nil;
	return reply(event, 200);
end

handlers["GET sessions"] = function (event)
	local list = array();
	for _, session in ipairs(each_session()) do table.insert(list, describe(session)); end
	return reply(event, 200, { sessions = list });
end

handlers["POST sessions"] = function (event, data, action)
	local sessions = each_session(matches(data));
	if action == "raw" then
		local parsed, err = xml.parse(data.xml or "");
		if not parsed then return fail(event, 400, err); end
		for _, session in ipairs(sessions) do session.send(data.xml); end
		return reply(event, 200, { ok = true, sent = #sessions });
	end
	if action ~= "close" then return fail(event, 404, "unknown action"); end
	for _, session in ipairs(sessions) do
		local ok, err = end_session(session, data);
		if not ok then return fail(event, 400, err); end
	end
	return reply(event, 200, { ok = true, closed = #sessions });
end

handlers["POST reset"] = function (event)
	for _, session in ipairs(each_session()) do
		session:close({ condition = "reset", text = "Test reset" });
	end
	local rooms, users = {}, {};
	for room in muc().all_rooms() do table.insert(rooms, room); end
	for _, room in ipairs(rooms) do room:set_persistent(false); room:destroy(nil, "Test reset"); end
	for username in um.users(module.host) do table.insert(users, username); end
	for _, username in ipairs(users) do um.delete_user(username, module.host); end
	return reply(event, 200, { ok = true, rooms = #rooms, users = #users });
end

local function urldecode(s)
	return s and (s:gsub("%%(%x%x)", function (h) return string.char(tonumber(h, 16)); end));
end

local function handle(event, path)
	local request = event.request;
	if request.headers.authorization ~= "Bearer "..token then
		return fail(event, 401, "missing or wrong bearer token");
	end
	local data = {};
	if request.body and #request.body > 0 then
		data = json.decode(request.body);
		if type(data) ~= "table" then return fail(event, 400, "body must be a JSON object"); end
	end
	local resource, name, action = (path or ""):match("^/?([^/]+)/?([^/]*)/?([^/]*)$");
	local handler = resource and handlers[request.method.." "..resource];
	if not handler then return fail(event, 404, "unknown endpoint"); end
	name = name ~= "" and urldecode(name) or nil;
	action = action ~= "" and action or nil;
	local ok, result = pcall(handler, event, data, name, action);
	if not ok then
		module:log("error", "test API: %s", result);
		return fail(event, 500, tostring(result));
	end
	return result;
end

module:provides("http", {
	name = "test_api", default_path = "/test-api";
	cors = { enabled = true, headers = { ["Authorization"] = true, ["Content-Type"] = true } };
	route = {
		["GET /*"] = handle, ["POST /*"] = handle, ["DELETE /*"] = handle;
	};
});
