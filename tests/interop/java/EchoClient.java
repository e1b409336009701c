import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Connects twice with one SSLContext, sends a line, waits for the same line to come back, and says what was agreed. */
public class EchoClient {
  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    SSLContext context = context(arguments[1], arguments[2]);
    long created = 0;
    for (int i = 0; i < 2; i++) {
      try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName("server.test")));
        parameters.setApplicationProtocols(new String[] {"echo"});
        parameters.setProtocols(new String[] {System.getProperty("protocol")});
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.setSoTimeout(15000);
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        socket.getOutputStream().write("a line from Java\n".getBytes(StandardCharsets.UTF_8));
        String line = in.readLine();
        SSLSession session = socket.getSession();
        // A resumed session keeps the time of its first handshake.
        boolean resumed = session.getCreationTime() == created;
        created = session.getCreationTime();
        System.out.printf("%s %s %s %s [%s]%n", session.getProtocol(), session.getCipherSuite(),
            socket.getApplicationProtocol(), resumed ? "resumed" : "new", line);
        socket.shutdownOutput();
        System.out.println("then " + in.readLine());
      }
    }
  }

  static SSLContext context(String roots, String keys) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    int number = 0;
    for (Certificate root : CertificateFactory.getInstance("X.509").generateCertificates(new FileInputStream(roots))) {
      trusted.setCertificateEntry("root" + number++, root);
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);

    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(new FileInputStream(keys), "secret".toCharArray());
    KeyManagerFactory key = KeyManagerFactory.getInstance("PKIX");
    key.init(own, "secret".toCharArray());

    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(key.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
