import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ChatError } from "../../src/transport/errors.ts";

const run = promisify(execFile);

/** Files of a test CA and of one server certificate signed by it, valid for 30 days. */
export interface TestCertificates {
  /** What a client has to trust. */
  caPath: string;
  certPath: string;
  keyPath: string;
  /** Certificate, CA and key in one file. */
  bundlePath: string;
}

/**
 * Makes a P-256 CA and a server certificate for `domain`, its sub-domains, `localhost` and 127.0.0.1 with the openssl
 * command. Nothing is added to any trust store.
 * @throws ChatError `unsupported` when openssl is missing or fails.
 */
export async function createTestCertificates(folder: string, domain: string): Promise<TestCertificates> {
  mkdirSync(folder, { recursive: true });
  const path = (name: string): string => join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const names = `subjectAltName=DNS:${domain},DNS:*.${domain},DNS:localhost,IP:127.0.0.1`;
  writeFileSync(path("server.ext"), `${names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n`);
  const openssl = (...args: string[]): Promise<unknown> => run("openssl", args, { cwd: folder });
  try {
    await Promise.all([
      openssl(
        "req",
        "-x509",
        ...key,
        "-days",
        "30",
        "-subj",
        "/CN=Switchboard test CA",
        "-keyout",
        "ca.key",
        "-out",
        "ca.crt",
      ),
      openssl("req", ...key, "-subj", `/CN=${domain}`, "-keyout", "server.key", "-out", "server.csr"),
    ]);
    const sign =
      "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out server.crt -extfile server.ext";
    await openssl(...sign.split(" "));
  } catch (cause) {
    throw new ChatError("unsupported", "The openssl command could not make the test certificates.", {
      remedy: "Install it: apt-get install openssl",
      cause,
    });
  }
  const bundle = ["server.crt", "ca.crt", "server.key"].map((name) => readFileSync(path(name), "utf8")).join("");
  writeFileSync(path("server.pem"), bundle);
  return {
    caPath: path("ca.crt"),
    certPath: path("server.crt"),
    keyPath: path("server.key"),
    bundlePath: path("server.pem"),
  };
}
