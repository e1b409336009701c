// gopeer: Go's crypto/tls as a client that connects twice, or as a server that echoes a line.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
)

var (
	role        = flag.String("role", "client", "client or server")
	port        = flag.Int("port", 0, "the port of the server")
	roots       = flag.String("roots", "", "PEM file of what is trusted")
	cert        = flag.String("cert", "", "PEM chain")
	key         = flag.String("key", "", "PEM key")
	version     = flag.String("version", "1.3", "1.2 or 1.3")
	suite       = flag.String("suite", "", "the only suite, of TLS 1.2")
	demand      = flag.Bool("demand", false, "require a client certificate")
	connections = flag.Int("connections", 2, "how many connections")
)

const line = "a line from the peer"

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func config() *tls.Config {
	made := &tls.Config{ServerName: "server.test", ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	made.MinVersion = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[*version]
	made.MaxVersion = made.MinVersion
	for _, known := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if known.Name == *suite {
			made.CipherSuites = []uint16{known.ID}
		}
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
	subject := "nobody"
	if len(state.PeerCertificates) > 0 {
		subject = state.PeerCertificates[0].Subject.CommonName
	}
	fmt.Printf("connected %s %s resumed=%t peer=[%s]\n", tls.VersionName(state.Version),
		tls.CipherSuiteName(state.CipherSuite), state.DidResume, subject)
}

func runClient() {
	shared := config()
	for i := 0; i < *connections; i++ {
		connection, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", *port), shared)
		check(err)
		tell(connection)
		_, err = fmt.Fprintln(connection, line)
		check(err)
		answer, err := io.ReadAll(connection) // an error, unless the server said close_notify
		check(err)
		fmt.Printf("heard [%s]\n", string(answer[:len(answer)-1]))
		check(connection.Close())
	}
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
		reader := bufio.NewReader(connection)
		heard, err := reader.ReadString('\n')
		check(err)
		fmt.Printf("heard [%s]\n", heard[:len(heard)-1])
		_, err = connection.Write([]byte(heard))
		check(err)
		_, err = io.ReadAll(reader)
		check(err)
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
