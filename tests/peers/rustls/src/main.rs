//! rustls as a client that connects twice, or as a server that echoes a line.
use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rustls::crypto::{ring, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, CommonState, HandshakeKind, RootCertStore, ServerConfig};
use rustls::{ServerConnection, StreamOwned, SupportedProtocolVersion};

type Outcome<T> = Result<T, Box<dyn Error>>;

const LINE: &str = "a line from the peer";

/// Reads "--name value" pairs.
struct Options(HashMap<String, String>);

impl Options {
    fn read() -> Options {
        let words: Vec<String> = std::env::args().skip(1).collect();
        Options(words.chunks(2).map(|pair| (pair[0].trim_start_matches('-').to_string(), pair[1].clone())).collect())
    }
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
    fn number(&self, name: &str) -> Outcome<usize> {
        Ok(self.get(name).unwrap_or("2").parse()?)
    }
    fn versions(&self) -> [&'static SupportedProtocolVersion; 1] {
        if self.get("version") == Some("1.2") { [&rustls::version::TLS12] } else { [&rustls::version::TLS13] }
    }
}

/// The name of a suite as the RFCs write it.
fn rfc_name(name: String) -> String {
    name.replace("TLS13_", "TLS_")
}

fn provider(options: &Options) -> Arc<CryptoProvider> {
    let mut made = ring::default_provider();
    if let Some(suite) = options.get("suite") {
        made.cipher_suites.retain(|known| rfc_name(format!("{:?}", known.suite())) == suite);
    }
    Arc::new(made)
}

fn roots(options: &Options) -> Outcome<Arc<RootCertStore>> {
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(options.get("roots").ok_or("no roots")?)? {
        store.add(root?)?;
    }
    Ok(Arc::new(store))
}

fn chain(options: &Options) -> Outcome<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let certificates = CertificateDer::pem_file_iter(options.get("cert").ok_or("no certificate")?)?;
    let key = PrivateKeyDer::from_pem_file(options.get("key").ok_or("no key")?)?;
    Ok((certificates.collect::<Result<_, _>>()?, key))
}

fn tell(connection: &CommonState) {
    let version = if connection.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3) { "1.3" } else { "1.2" };
    let suite = connection.negotiated_cipher_suite().map(|suite| rfc_name(format!("{:?}", suite.suite())));
    let resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
    let certificates = connection.peer_certificates().map_or(0, |chain| chain.len());
    println!("connected TLS {version} {} resumed={resumed} certificates={certificates}", suite.unwrap_or_default());
}

fn run_client(options: &Options) -> Outcome<()> {
    let builder = ClientConfig::builder_with_provider(provider(options)).with_protocol_versions(&options.versions())?;
    let builder = builder.with_root_certificates(roots(options)?);
    let config = Arc::new(match options.get("cert") {
        Some(_) => {
            let (certificates, key) = chain(options)?;
            builder.with_client_auth_cert(certificates, key)?
        }
        None => builder.with_no_client_auth(),
    });
    for _ in 0..options.number("connections")? {
        let connection = ClientConnection::new(config.clone(), ServerName::try_from("server.test")?)?;
        let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", options.number("port")? as u16))?);
        writeln!(stream, "{LINE}")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?; // an error, unless the server said close_notify
        tell(&stream.conn);
        println!("heard [{}]", answer.trim_end());
        stream.conn.send_close_notify();
        stream.flush()?;
    }
    Ok(())
}

fn run_server(options: &Options) -> Outcome<()> {
    let provider = provider(options);
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&options.versions())?;
    let (certificates, key) = chain(options)?;
    let builder = match options.get("roots") {
        Some(_) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(roots(options)?, provider).build()?,
        ),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(certificates, key)?;
    config.ticketer = ring::Ticketer::new()?;
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on port {}", listener.local_addr()?.port());
    for _ in 0..options.number("connections")? {
        let (socket, _) = listener.accept()?;
        let mut reader = BufReader::new(StreamOwned::new(ServerConnection::new(config.clone())?, socket));
        let mut heard = String::new();
        reader.read_line(&mut heard)?;
        tell(&reader.get_ref().conn);
        println!("heard [{}]", heard.trim_end());
        reader.get_mut().write_all(heard.as_bytes())?;
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest)?;
        let stream = reader.get_mut();
        stream.conn.send_close_notify();
        stream.flush()?;
    }
    Ok(())
}

fn main() -> Outcome<()> {
    let options = Options::read();
    if options.get("role") == Some("server") { run_server(&options) } else { run_client(&options) }
}
