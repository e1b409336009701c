// Fetches each URL, one after the other, and prints what was agreed, the status and the SHA-256 of the body.
// Connections are kept alive within one agent; "new" among the URLs starts another agent with the last session.
const crypto = require("crypto");
const fs = require("fs");
const https = require("https");

const [roots, ...urls] = process.argv.slice(2);
const ca = fs.readFileSync(roots);
let session;

function makeAgent() {
  return new https.Agent({ ca, keepAlive: true, maxSockets: 1, session });
}

function fetchOnce(agent, url) {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { agent, timeout: 20000, servername: "localhost" }, (response) => {
      const hash = crypto.createHash("sha256");
      response.on("data", (chunk) => hash.update(chunk));
      response.on("end", () => {
        const socket = request.socket;
        console.log(socket.getProtocol(), socket.getCipher().name, socket.authorized ? "authorized" : "unauthorized",
          socket.isSessionReused() ? "resumed" : "new", request.reusedSocket ? "kept" : "opened",
          response.statusCode, hash.digest("hex"));
        resolve();
      });
    });
    request.on("socket", (socket) => socket.on("session", (latest) => { session = latest; }));
    request.on("timeout", () => request.destroy(new Error("timed out")));
    request.on("error", reject);
  });
}

async function run() {
  let agent = makeAgent();
  for (const url of urls) {
    if (url === "new") {
      agent.destroy();
      agent = makeAgent();
      continue;
    }
    await fetchOnce(agent, url);
  }
  agent.destroy();
}

run().catch((error) => {
  console.error(error);
  process.exit(1);
});
