-- internal_hashed for any SCRAM hash. Prosody 0.12 knows SHA-1 and SHA-256; this
-- registers SHA-512 from the same generator, then loads the packaged module.
--   password_hash = "SHA-1" | "SHA-256" | "SHA-512"   only that SCRAM mechanism (and PLAIN)
--   password_hash = "all"                             plain storage: every mechanism is offered
-- Tests only: it reads local functions of util.sasl.scram by their names.
local hashes = require "util.hashes";
local sasl = require "util.sasl";
local scram = require "util.sasl.scram";
local sxor = require "util.strbitop".sxor;
local pluginloader = require "util.pluginloader";

local function upvalue(f, wanted)
	for i = 1, 64 do
		local name, value = debug.getupvalue(f, i);
		if not name then break end
		if name == wanted then return value; end
	end
	error("util.sasl.scram has no "..wanted.."; this module is for Prosody 0.12");
end

-- RFC 8018 §5.2 for one block, which is all that SCRAM needs (dkLen = hLen).
local function pbkdf2_hmac_sha512(password, salt, iterations)
	local hmac = hashes.hmac_sha512;
	local u = hmac(password, salt.."\0\0\0\1");
	local result = u;
	for _ = 2, iterations do
		u = hmac(password, u);
		result = sxor(result, u);
	end
	return result;
end

if not scram.hashers["SHA-512"] then
	local hasher = upvalue(scram.init, "get_scram_hasher")(hashes.sha512, hashes.hmac_sha512, pbkdf2_hmac_sha512);
	scram.hashers["SHA-512"] = hasher;
	sasl.registerMechanism("SCRAM-SHA-512", { "plain"; "scram_sha_512" },
		upvalue(scram.init, "scram_gen")("sha-512", hashes.sha512, hashes.hmac_sha512, hasher));
end

local base = module:get_option_string("password_hash", "SHA-1") == "all" and "internal_plain" or "internal_hashed";
assert(pluginloader.load_code("auth_"..base, nil, _ENV))();
