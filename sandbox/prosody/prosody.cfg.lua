-- Self-contained Prosody 0.12 configuration for the sandbox and the tests.
--
-- Everything that changes between runs comes from environment variables
-- (the config loader resolves ENV_NAME to the process variable NAME), so this
-- file needs no templating. start-prosody.ts sets all of them.
--
-- Values assigned to a configuration global cannot be read back in the same
-- file: tables are built in local variables first.
--
-- Loopback only, no federation, no daemonising. Never expose it.

local env = function (value, default) if value == nil or value == "" then return default end return value end
local flag = function (value, default) return env(value, default) == "1" end

local domain    = env(ENV_XMPP_DOMAIN, "localhost")
local listen    = env(ENV_XMPP_LISTEN, "127.0.0.1")
local c2s_port  = tonumber(env(ENV_XMPP_C2S_PORT, "15222"))
local http_port = tonumber(env(ENV_XMPP_HTTP_PORT, "15280"))
local tls_port  = tonumber(env(ENV_XMPP_HTTPS_PORT, "15281"))
local data      = env(ENV_XMPP_DATA_DIR, "/tmp/prosody-test")
local base_url  = env(ENV_XMPP_PUBLIC_URL, "http://"..listen..":"..http_port)

-- process ------------------------------------------------------------------
run_as_root = true            -- CI containers are root; ignored for other users
pidfile     = data.."/prosody.pid"
data_path   = data.."/data"
admin_socket = data.."/prosody.sock"
plugin_paths = { env(ENV_XMPP_MODULES_DIR, "modules") }
log = {
	{ levels = { min = env(ENV_XMPP_LOG_LEVEL, "info") }, to = "file", filename = data.."/prosody.log" };
}
certificates = data.."/certs"

-- network ------------------------------------------------------------------
interfaces           = { listen }
c2s_interfaces       = { listen }
http_interfaces      = { listen }
https_interfaces     = { listen }
c2s_ports            = { c2s_port }
c2s_direct_tls_ports = { }
s2s_ports            = { }
http_ports           = { http_port }
https_ports          = { tls_port }
https_ssl = { certificate = data.."/certs/server.crt"; key = data.."/certs/server.key" }
c2s_ssl   = { certificate = data.."/certs/server.crt"; key = data.."/certs/server.key" }
http_default_host = domain    -- so that http://127.0.0.1:PORT/ also reaches the host
http_external_url = base_url.."/"
trusted_proxies   = { "127.0.0.1" }
-- Nagle is on by default in 0.12; with delayed ACKs it adds up to 40 ms a message.
network_settings  = { nagle = false }

-- Plain http on loopback counts as secure, so SASL PLAIN is offered too.
consider_bosh_secure      = true
consider_websocket_secure = true
c2s_require_encryption    = false
allow_unencrypted_plain_auth = true

-- BOSH and WebSocket knobs (all of them are worth overriding in fault tests)
bosh_max_inactivity = tonumber(env(ENV_XMPP_BOSH_INACTIVITY, "60"))
bosh_max_wait       = tonumber(env(ENV_XMPP_BOSH_WAIT, "60"))
bosh_max_polling    = 5
c2s_stanza_size_limit = 262144
smacks_hibernation_time = tonumber(env(ENV_XMPP_SM_TIMEOUT, "120"))
smacks_max_queue_size   = 10000   -- default 500 breaks resumption in load tests

-- accounts and storage -------------------------------------------------------
storage            = env(ENV_XMPP_STORAGE, "memory")   -- memory | internal | sql
sql                = { driver = "SQLite3", database = data.."/data/prosody.sqlite" }
-- modules/mod_auth_sandbox.lua: internal_hashed with any SCRAM hash, or plain storage for all of them at once
authentication     = "sandbox"
password_hash      = env(ENV_XMPP_SASL_HASH, "SHA-1")   -- SHA-1 | SHA-256 | SHA-512 | all
default_iteration_count = tonumber(env(ENV_XMPP_SCRAM_ITERATIONS, "10000"))
local disabled_mechanisms = { "DIGEST-MD5" }
if flag(ENV_XMPP_DISABLE_PLAIN, "0") then table.insert(disabled_mechanisms, "PLAIN") end
if flag(ENV_XMPP_DISABLE_SCRAM, "0") then
	for _, hash in ipairs { "SHA-1"; "SHA-256"; "SHA-512" } do
		table.insert(disabled_mechanisms, "SCRAM-"..hash)
	end
end
disable_sasl_mechanisms = disabled_mechanisms
allow_registration = flag(ENV_XMPP_ALLOW_IBR, "1")
archive_expires_after      = "1w"
storage_archive_item_limit = tonumber(env(ENV_XMPP_ARCHIVE_LIMIT, "20000"))  -- Prosody: 1000 per archive (internal, memory)
max_archive_query_results  = 250
limits = {}                         -- no rate limits in tests

local modules = {
	"posix"; "disco"; "roster"; "saslauth"; "register";
	"bosh"; "websocket"; "smacks"; "mam"; "carbons"; "csi"; "csi_simple";
	"ping"; "time"; "version"; "uptime"; "blocklist"; "bookmarks"; "pep";
	"private"; "vcard4"; "vcard_legacy";
	"admin_shell"; "http_openmetrics";
	"test_api"; "host_meta_test";
}
-- Other vendors' ways on the wire (modules/mod_http_dialect.lua); without it, not in the way of anything
dialect_bosh_maxpause  = tonumber(env(ENV_XMPP_BOSH_MAXPAUSE, ""))
dialect_upload_headers = env(ENV_XMPP_UPLOAD_HEADERS, "on")
dialect_put_status     = tonumber(env(ENV_XMPP_PUT_STATUS, ""))
local speaks_dialect = env(ENV_XMPP_BOSH_MAXPAUSE) or env(ENV_XMPP_PUT_STATUS) or env(ENV_XMPP_UPLOAD_HEADERS)
if speaks_dialect then table.insert(modules, "http_dialect") end
-- Without STARTTLS on the TCP port a client that cannot be given a CA can log in there
if flag(ENV_XMPP_STARTTLS, "1") then table.insert(modules, "tls") end
-- SASL2, Bind2, FAST: off by default; the packaged modules need modules/mod_bosh_sasl2_compat.lua
if flag(ENV_XMPP_SASL2, "0") then
	for _, m in ipairs { "sasl2"; "sasl2_bind2"; "sasl2_fast"; "bosh_sasl2_compat" } do
		table.insert(modules, m)
	end
end
modules_enabled = modules
modules_disabled = { "s2s" }
statistics = "internal"
openmetrics_allow_ips = { "127.0.0.1" }

-- control API for tests (modules/mod_test_api.lua) ---------------------------
test_api_token = env(ENV_XMPP_TEST_TOKEN, "test-token")
test_api_muc   = "conference."..domain
-- XEP-0156 (modules/mod_host_meta_test.lua)
host_meta_base_url     = base_url
host_meta_base_url_tls = env(ENV_XMPP_PUBLIC_TLS_URL, "https://"..listen..":"..tls_port)

VirtualHost (domain)

-- Throw-away identities without an account (SASL ANONYMOUS).
-- http_host: so that BOSH and WebSocket of this host answer on the same URL.
VirtualHost ("guest."..domain)
	authentication = "anonymous"
	allow_registration = false
	modules_disabled = { "test_api"; "host_meta_test"; "sasl2"; "sasl2_bind2"; "sasl2_fast"; "register" }

local muc_modules = { "vcard_muc"; "muc_recorder"; "muc_dialect" }
if flag(ENV_XMPP_MAM, "1") then table.insert(muc_modules, "muc_mam") end

Component ("conference."..domain) "muc"
	name = "Rooms"
	modules_enabled = muc_modules
	muc_occupant_id = flag(ENV_XMPP_OCCUPANT_ID, "1")
	dialect_history_delay_from = env(ENV_XMPP_HISTORY_DELAY_FROM, "room")
	dialect_stanza_id = env(ENV_XMPP_STANZA_ID, "default")
	dialect_stable_id = env(ENV_XMPP_STABLE_ID, "on")
	dialect_strip_extensions = flag(ENV_XMPP_STRIP_EXTENSIONS, "0")
	dialect_bodyless_history = env(ENV_XMPP_BODYLESS_HISTORY, "default")
	restrict_room_creation = false
	muc_room_locking = false                 -- a new room is usable at once
	muc_room_default_public = false
	muc_room_default_persistent = false
	muc_room_default_public_jids = true      -- real JIDs visible (from_real_jid)
	muc_room_default_history_length = 50
	max_history_messages = 500
	muc_room_cache_size = 1000
	muc_tombstones = false                   -- same room name may be reused at once
	muc_log_by_default = true
	muc_log_expires_after = "1w"

Component ("upload."..domain) "http_file_share"
	http_host = domain
	http_file_share_size_limit = tonumber(env(ENV_XMPP_UPLOAD_LIMIT, "10485760"))
	http_file_share_expires_after = tonumber(env(ENV_XMPP_UPLOAD_EXPIRY, "3600"))
	http_file_share_daily_quota = 1024*1024*1024
	http_file_share_global_quota = 2*1024*1024*1024
	http_file_share_access = { domain, "guest."..domain }
