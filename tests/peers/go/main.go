// gopeer: Go's crypto/tls as a client that connects so many times, or as a server that says again what it hears.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

var (
	role        = flag.String("role", "client", "client or server")
	port        = flag.Int("port", 0, "the port of the server")
	name        = flag.String("name", "server.test", "what the server must prove")
	roots       = flag.String("roots", "", "PEM file of what is trusted")
	cert        = flag.String("cert", "", "PEM chain")
	key         = flag.String("key", "", "PEM key")
	version     = flag.String("version", "1.3", "1.2 or 1.3")
	suite       = flag.String("suite", "", "the only suite, of TLS 1.2")
	group       = flag.String("group", "", "the only group")
	alpn        = flag.String("alpn", "", "application protocols, with commas between")
	demand      = flag.Bool("demand", false, "require a client certificate")
	send        = flag.String("send", "", "file that a client says instead of a line")
	received    = flag.String("received", "", "file for what a client heard")
	connections = flag.Int("connections", 2, "how many connections")
)

const line = "a line from the peer"

var groups = map[string]tls.CurveID{
	"x25519": tls.X25519, "secp256r1": tls.CurveP256, "secp384r1": tls.CurveP384, "secp521r1": tls.CurveP521,
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func config() *tls.Config {
	made := &tls.Config{ServerName: *name, ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	made.MinVersion = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[*version]
	made.MaxVersion = made.MinVersion
	for _, known := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if known.Name == *suite {
			made.CipherSuites = []uint16{known.ID}
		}
	}
	if *group != "" {
		made.CurvePreferences = []tls.CurveID{groups[*group]}
	}
	if *alpn != "" {
		made.NextProtos = strings.Split(*alpn, ",")
	}
	if *roots != "" {
		pem, err := os.ReadFile(*roots)
		check(err)
		made.RootCAs = x509.NewCertPool()
		made.RootCAs.AppendCertsFromPEM(pem)
		made.ClientCAs = made.RootCAs
	}
	if *cert != "" {
		own, err := tls.LoadX509KeyPair(*cert, *key)
		check(err)
		made.Certificates = []tls.Certificate{own}
	}
	if *demand {
		made.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return made
}

func tell(connection *tls.Conn) {
	state := connection.ConnectionState()
	fmt.Printf("connected %s %s resumed=%t certificates=%d alpn=%s\n", tls.VersionName(state.Version),
		tls.CipherSuiteName(state.CipherSuite), state.DidResume, len(state.PeerCertificates), state.NegotiatedProtocol)
}

func firstLine(heard []byte) []byte {
	first, _, _ := bytes.Cut(heard, []byte("\n"))
	return first
}

func runClient() {
	shared := config()
	said := []byte(line + "\n")
	if *send != "" {
		var err error
		said, err = os.ReadFile(*send)
		check(err)
	}
	for i := 0; i < *connections; i++ {
		connection, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", *port), shared)
		check(err)
		tell(connection)
		_, err = connection.Write(said)
		check(err)
		answer, err := io.ReadAll(connection) // an error, unless the server said close_notify
		check(err)
		fmt.Printf("heard [%s]\n", firstLine(answer))
		if *received != "" {
			check(os.WriteFile(*received, answer, 0o600))
		}
		check(connection.Close())
	}
}

// answer says again what it hears until close_notify, and tells the first line.
func answer(connection *tls.Conn) {
	var heard []byte
	chunk := make([]byte, 16384)
	for {
		size, err := connection.Read(chunk)
		_, failed := connection.Write(chunk[:size])
		check(failed)
		if len(heard) < len(line) {
			heard = append(heard, chunk[:size]...)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		check(err)
	}
	fmt.Printf("heard [%s]\n", firstLine(heard))
}

func runServer() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Printf("listening on port %d\n", listener.Addr().(*net.TCPAddr).Port)
	shared := config()
	for i := 0; i < *connections; i++ {
		plain, err := listener.Accept()
		check(err)
		connection := tls.Server(plain, shared)
		check(connection.Handshake())
		tell(connection)
		answer(connection)
		check(connection.Close())
	}
}

func main() {
	flag.Parse()
	if *role == "server" {
		runServer()
	} else {
		runClient()
	}
}
