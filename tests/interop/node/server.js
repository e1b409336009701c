// An HTTPS server for TLS 1.3 that serves one file and says in a header what it thinks of the connection.
const fs = require("fs");
const https = require("https");

const [cert, key, roots, file] = process.argv.slice(2);
const body = fs.readFileSync(file);
const options = {
  cert: fs.readFileSync(cert),
  key: fs.readFileSync(key),
  ca: fs.readFileSync(roots),
  minVersion: "TLSv1.3",
};

const server = https.createServer(options, (request, response) => {
  const socket = request.socket;
  const facts = [socket.getProtocol(), socket.getCipher().name, socket.servername, socket.isSessionReused() ? "resumed" : "new"];
  response.writeHead(200, { "Content-Length": body.length, "X-Tls": facts.join(" ") });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => console.log("listening on port", server.address().port));
