-- Makes Prosody's BOSH and uploads look like another vendor's on the wire. Tests only.
--   dialect_bosh_maxpause  = 300     announces pausing (XEP-0124 §10) and honours it
--   dialect_upload_headers = "off"   slots carry no Authorization header, the PUT needs none
--   dialect_put_status     = 200     status of a PUT; 400 and above: nothing is stored
module:set_global();

local server = require "net.http.server";
local filters = require "util.filters";
local st = require "util.stanza";

local maxpause = module:get_option_number("dialect_bosh_maxpause");
local upload_headers = module:get_option_string("dialect_upload_headers", "on");
local put_status = module:get_option_number("dialect_put_status");
local bosh_sessions = module:shared("/*/bosh/sessions");

local xmlns_upload = "urn:xmpp:http:upload:0";
local authorizations = {}; -- path of a PUT -> the header its slot would have carried

-- Clients and the HTTP parser differ in what they escape.
local function plain_path(path)
	return (path:gsub("%%(%x%x)", function (h) return string.char(tonumber(h, 16)); end));
end

-- Slots without headers --------------------------------------------------------
local function strip_slot(stanza)
	if not stanza.attr or stanza.name ~= "iq" then return stanza; end
	local slot = stanza:get_child("slot", xmlns_upload);
	if not slot then return stanza; end
	stanza = st.clone(stanza);
	local put = stanza:get_child("slot", xmlns_upload):get_child("put");
	put:maptags(function (header)
		if header.attr.name == "Authorization" then
			authorizations[plain_path(put.attr.url:match("^%w+://[^/]+(/.*)$"))] = header:get_text();
		end
	end);
	return stanza;
end

if upload_headers == "off" then
	filters.add_filter_hook(function (session)
		if session.type == "c2s_unauthed" or session.type == "c2s" then
			filters.add_filter(session, "stanzas/out", strip_slot, 100);
		end
	end);
end

-- Requests -----------------------------------------------------------------------
local function put(handlers, event_name, event)
	local request, response = event.request, event.response;
	if put_status and put_status >= 400 then
		response.headers.access_control_allow_origin = request.headers.origin or "*";
		response.status_code = put_status;
		response:send("");
		return true;
	end
	request.headers.authorization = request.headers.authorization or authorizations[plain_path(request.path)];
	if put_status then
		local send = response.send;
		function response:send(body)
			if self.status_code == 201 then self.status_code = put_status; end
			return send(self, body);
		end
	end
	return handlers(event_name, event);
end

local function bosh(handlers, event_name, event)
	local request, response = event.request, event.response;
	local send = response.send;
	function response:send(body)
		if type(body) == "string" and body:find("^<body[^>]- authid=") then
			body = body:gsub("^<body", "<body maxpause='"..maxpause.."'", 1);
		end
		return send(self, body);
	end
	local head = (request.body or ""):match("^%s*(<body[^>]*>)") or "";
	local pause = tonumber(head:match("%spause=['\"](%d+)"));
	local session = pause and bosh_sessions[head:match("%ssid=['\"]([^'\"]+)")];
	if session then session.bosh_max_inactive = math.min(pause, maxpause); end
	local result = handlers(event_name, event);
	-- What is held is answered at once, the pause request included.
	if session then
		while #session.requests > 0 do
			local before = #session.requests;
			session.send("");
			if #session.requests == before then break; end
		end
	end
	return result;
end

module:wrap_object_event(server._events, false, function (handlers, event_name, event)
	local request = event and event.request;
	if type(event_name) == "string" and request and request.path then
		if request.method == "PUT" and request.path:find("^/file_share/") and event_name:find("^PUT ") then
			return put(handlers, event_name, event);
		elseif maxpause and request.method == "POST" and request.path:find("^/http%-bind") and event_name:find("^POST ") then
			return bosh(handlers, event_name, event);
		end
	end
	return handlers(event_name, event);
end);
