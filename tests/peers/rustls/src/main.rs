//! rustls as a client that connects so many times, or as a server that says again what it hears.
use std::collections::HashMap;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rustls::crypto::{ring, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, ClientConnection, CommonState, HandshakeKind, RootCertStore, ServerConfig};
use rustls::{ServerConnection, SupportedProtocolVersion};

type Outcome<T> = Result<T, Box<dyn Error>>;

const LINE: &str = "a line from the peer\n";
const FLAGS: [&str; 3] = ["demand", "update", "no-tickets"];

/// Reads "--name value" pairs, and flags without a value.
struct Options(HashMap<String, String>);

impl Options {
    fn read() -> Outcome<Options> {
        let mut read = HashMap::new();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let name = word.trim_start_matches('-').to_string();
            let value = if FLAGS.contains(&name.as_str()) { String::new() } else { words.next().ok_or("no value")? };
            read.insert(name, value);
        }
        Ok(Options(read))
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
    fn protocols(&self) -> Vec<Vec<u8>> {
        self.get("alpn").map_or(vec![], |names| names.split(',').map(|name| name.as_bytes().to_vec()).collect())
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
    if let Some(group) = options.get("group") {
        made.kx_groups.retain(|known| format!("{:?}", known.name()).to_lowercase() == group);
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
    let protocol = String::from_utf8_lossy(connection.alpn_protocol().unwrap_or_default()).to_string();
    println!(
        "connected TLS {version} {} resumed={resumed} certificates={certificates} alpn={protocol}",
        suite.unwrap_or_default()
    );
}

fn tell_first_line(heard: &[u8]) {
    let first = heard.split(|&octet| octet == b'\n').next().unwrap_or_default();
    println!("heard [{}]", String::from_utf8_lossy(first));
}

fn client_config(options: &Options) -> Outcome<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(provider(options)).with_protocol_versions(&options.versions())?;
    let builder = builder.with_root_certificates(roots(options)?);
    let mut config = match options.get("cert") {
        Some(_) => {
            let (certificates, key) = chain(options)?;
            builder.with_client_auth_cert(certificates, key)?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = options.protocols();
    config.enable_early_data = options.get("early").is_some();
    Ok(config)
}

fn run_client(options: &Options) -> Outcome<()> {
    let config = Arc::new(client_config(options)?);
    let name = ServerName::try_from(options.get("name").unwrap_or("server.test").to_string())?;
    let said = options.get("send").map_or(Ok(LINE.as_bytes().to_vec()), std::fs::read)?;
    for _ in 0..options.number("connections")? {
        let mut connection = ClientConnection::new(config.clone(), name.clone())?;
        let mut socket = TcpStream::connect(("127.0.0.1", options.number("port")? as u16))?;
        if let (Some(early), Some(mut writer)) = (options.get("early"), connection.early_data()) {
            writer.write_all(early.as_bytes())?;
        }
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        tell(&connection);
        println!("early data accepted={}", connection.is_early_data_accepted());
        if options.get("update").is_some() {
            connection.refresh_traffic_keys()?;
        }
        let mut stream = rustls::Stream::new(&mut connection, &mut socket);
        stream.write_all(&said)?;
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard)?; // an error, unless the server said close_notify
        tell_first_line(&heard);
        if let Some(file) = options.get("received") {
            std::fs::write(file, &heard)?;
        }
        connection.send_close_notify();
        connection.complete_io(&mut socket)?;
    }
    Ok(())
}

fn server_config(options: &Options) -> Outcome<ServerConfig> {
    let provider = provider(options);
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&options.versions())?;
    let (certificates, key) = chain(options)?;
    let builder = match options.get("demand") {
        Some(_) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(roots(options)?, provider).build()?,
        ),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(certificates, key)?;
    config.alpn_protocols = options.protocols();
    if options.get("early").is_some() {
        config.max_early_data_size = 1000; // which rustls allows only with sessions that it keeps itself
    } else if options.get("no-tickets").is_none() {
        config.ticketer = ring::Ticketer::new()?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
    }
    Ok(config)
}

/// Says again what it hears until close_notify.
fn answer(connection: &mut ServerConnection, socket: &mut TcpStream) -> Outcome<()> {
    let mut stream = rustls::Stream::new(connection, socket);
    let mut heard = Vec::new();
    let mut chunk = [0; 16384];
    loop {
        let size = stream.read(&mut chunk)?;
        if size == 0 {
            break;
        }
        stream.write_all(&chunk[..size])?;
        if heard.len() < LINE.len() {
            heard.extend_from_slice(&chunk[..size]);
        }
    }
    tell_first_line(&heard);
    Ok(())
}

fn run_server(options: &Options) -> Outcome<()> {
    let config = Arc::new(server_config(options)?);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on port {}", listener.local_addr()?.port());
    for _ in 0..options.number("connections")? {
        let (mut socket, _) = listener.accept()?;
        let mut connection = ServerConnection::new(config.clone())?;
        let mut early = String::new();
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
            if let Some(mut reader) = connection.early_data() {
                reader.read_to_string(&mut early)?;
            }
        }
        tell(&connection);
        println!("early data [{early}]");
        if options.get("update").is_some() {
            connection.refresh_traffic_keys()?;
        }
        answer(&mut connection, &mut socket)?;
        connection.send_close_notify();
        connection.complete_io(&mut socket)?;
    }
    Ok(())
}

fn main() {
    let run = |options: Options| {
        if options.get("role") == Some("server") { run_server(&options) } else { run_client(&options) }
    };
    if let Err(error) = Options::read().and_then(run) {
        println!("failed: {error}");
        std::process::exit(1);
    }
}
