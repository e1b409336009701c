import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Serves many tests with one virtual machine: each line of standard input is an order, a role and then NAME=VALUE, and each
 * line of output begins with the order's number. Orders run beside one another, so one that hangs holds up no other.
 */
public class JssePeer {
  public static void main(String[] arguments) throws Exception {
    Security.setProperty("jdk.tls.disabledAlgorithms", ""); // RSA key exchange, which newer releases switch off
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    int number = 0;
    for (String line = orders.readLine(); line != null; line = orders.readLine()) {
      Order order = new Order(number++, line.split(" "));
      CountDownLatch ready = new CountDownLatch(1);
      Thread thread = new Thread(() -> order.run(ready));
      thread.setDaemon(true);
      thread.start();
      ready.await(); // the properties that a context is made from belong to the whole machine
    }
  }

  private static final class Order {
    private final int number;
    private final String role;
    private final Map<String, String> wishes;
    private long created = 0;

    Order(int number, String[] words) {
      this.number = number;
      role = words[0];
      wishes = Stream.of(words).skip(1).collect(Collectors.toMap(w -> w.split("=", 2)[0], w -> w.split("=", 2)[1]));
    }

    void run(CountDownLatch ready) {
      try {
        SSLContext context;
        try {
          context = makeContext();
        } finally {
          ready.countDown();
        }
        if (role.equals("serve")) {
          serve(context);
        } else {
          connect(context);
        }
        say("done");
      } catch (Exception problem) {
        say("failed " + problem);
      }
    }

    private SSLContext makeContext() throws Exception {
      String tickets = wishes.getOrDefault("tickets", "true");
      System.setProperty("jdk.tls.client.enableSessionTicketExtension", tickets);
      System.setProperty("jdk.tls.server.enableSessionTicketExtension", tickets);
      KeyManagerFactory key = KeyManagerFactory.getInstance("PKIX");
      key.init(keys(wishes.get("keys")), "secret".toCharArray());
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(roots(wishes.get("roots")));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(key.getKeyManagers(), trust.getTrustManagers(), null);
      context.getClientSessionContext(); // reads the properties
      context.getServerSessionContext();
      return context;
    }

    private void serve(SSLContext context) throws Exception {
      try (SSLServerSocket listener =
          (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
        listener.setSoTimeout(15000);
        say("listening on port " + listener.getLocalPort());
        for (int i = 0; i < connections(); i++) {
          try (SSLSocket socket = (SSLSocket) listener.accept()) {
            prepare(socket);
            ask(socket, wishes.getOrDefault("clients", "none"));
            converse(socket);
          }
        }
      }
    }

    private void connect(SSLContext context) throws Exception {
      int port = Integer.parseInt(wishes.get("port"));
      for (int i = 0; i < connections(); i++) {
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
          SSLParameters parameters = socket.getSSLParameters();
          parameters.setServerNames(List.of(new SNIHostName("server.test")));
          parameters.setEndpointIdentificationAlgorithm("HTTPS");
          socket.setSSLParameters(parameters);
          prepare(socket);
          converse(socket);
        }
      }
    }

    private int connections() {
      return Integer.parseInt(wishes.getOrDefault("connections", "1"));
    }

    private void prepare(SSLSocket socket) throws IOException {
      socket.setSoTimeout(15000);
      socket.setEnabledProtocols(new String[] {wishes.getOrDefault("protocol", "TLSv1.2")});
      socket.setEnabledCipherSuites(new String[] {wishes.get("suite")});
    }

    private static void ask(SSLSocket socket, String how) {
      socket.setWantClientAuth(how.equals("want"));
      if (how.equals("need")) {
        socket.setNeedClientAuth(true);
      }
    }

    private void converse(SSLSocket socket) throws Exception {
      socket.startHandshake();
      account(socket, "connected");
      Semaphore renegotiated = new Semaphore(0);
      socket.addHandshakeCompletedListener(event -> renegotiated.release());
      Talk talk = new Talk(socket.getInputStream());
      for (String step : wishes.get("then").split(",")) {
        String[] parts = step.split(":", 2);
        switch (parts[0]) {
          case "say" -> socket.getOutputStream().write((parts[1].replace('_', ' ') + "\n").getBytes(StandardCharsets.UTF_8));
          case "hear" -> say("heard [" + talk.line() + "]");
          case "send" -> Files.copy(Path.of(parts[1]), socket.getOutputStream());
          case "receive" -> talk.receive(Long.parseLong(parts[1]));
          case "want", "need" -> ask(socket, parts[0]);
          // The handshake itself happens while we read.
          case "handshake" -> socket.startHandshake();
          case "renegotiated" -> {
            renegotiated.acquire();
            account(socket, "renegotiated");
          }
          case "close" -> socket.shutdownOutput();
          case "drain" -> talk.receive(Long.MAX_VALUE);
          default -> throw new IllegalArgumentException(step);
        }
      }
      say("received " + talk.hash());
    }

    private void account(SSLSocket socket, String what) {
      SSLSession session = socket.getSession();
      // A resumed session keeps the time of its first handshake.
      boolean resumed = session.getCreationTime() == created;
      created = session.getCreationTime();
      String peer = "nobody";
      try {
        peer = session.getPeerPrincipal().getName();
      } catch (SSLPeerUnverifiedException expected) {
        // A client without a certificate.
      }
      String version = session.getProtocol().replace("TLSv", "TLS ");
      say(String.format("%s %s %s resumed=%s %s", what, version, session.getCipherSuite(), resumed, peer));
    }

    private void say(String line) {
      synchronized (System.out) {
        System.out.println(number + " " + line);
      }
    }
  }

  /** Reads, and keeps a hash of all that was read. */
  private static final class Talk {
    private final InputStream in;
    private final MessageDigest digest;
    private final byte[] buffer = new byte[65536];

    Talk(InputStream in) throws Exception {
      this.in = in;
      digest = MessageDigest.getInstance("SHA-256");
    }

    String line() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int octet = in.read(); octet >= 0; octet = in.read()) {
        digest.update((byte) octet);
        if (octet == '\n') {
          break;
        }
        line.append((char) octet);
      }
      return line.toString();
    }

    void receive(long wanted) throws IOException {
      while (wanted > 0) {
        int got = in.read(buffer, 0, (int) Math.min(buffer.length, wanted));
        if (got < 0) {
          return;
        }
        digest.update(buffer, 0, got);
        wanted -= got;
      }
    }

    String hash() {
      return HexFormat.of().formatHex(digest.digest());
    }
  }

  private static KeyStore keys(String file) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    if (file == null) {
      store.load(null, null);
      return store;
    }
    try (InputStream in = new FileInputStream(file)) {
      store.load(in, "secret".toCharArray());
    }
    return store;
  }

  private static KeyStore roots(String file) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream in = new FileInputStream(file)) {
      int number = 0;
      for (Certificate root : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("root" + number++, root);
      }
    }
    return store;
  }
}
