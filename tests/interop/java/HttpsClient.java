import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.HexFormat;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManagerFactory;

/** Fetches each URL and prints the protocol, the cipher suite, the status and the SHA-256 of the body. */
public class HttpsClient {
  public static void main(String[] arguments) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    int number = 0;
    for (Certificate root :
        CertificateFactory.getInstance("X.509").generateCertificates(new FileInputStream(arguments[0]))) {
      trusted.setCertificateEntry("root" + number++, root);
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    HttpClient client = HttpClient.newBuilder().sslContext(context).version(HttpClient.Version.HTTP_1_1).build();

    for (int i = 1; i < arguments.length; i++) {
      HttpRequest request = HttpRequest.newBuilder(URI.create(arguments[i])).timeout(Duration.ofSeconds(20)).build();
      HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      SSLSession session = response.sslSession().orElseThrow();
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(response.body());
      System.out.printf("%s %s %d %s%n", session.getProtocol(), session.getCipherSuite(), response.statusCode(),
          HexFormat.of().formatHex(digest));
    }
  }
}
