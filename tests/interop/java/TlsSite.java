import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.FileInputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;

/** An HTTPS server that serves one file with one protocol version, and names its side of the session in headers. */
public class TlsSite {
  public static void main(String[] arguments) throws Exception {
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(new FileInputStream(arguments[0]), "secret".toCharArray());
    KeyManagerFactory key = KeyManagerFactory.getInstance("PKIX");
    key.init(own, "secret".toCharArray());
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(key.getKeyManagers(), null, null);
    byte[] body = Files.readAllBytes(Path.of(arguments[1]));

    HttpsServer server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context) {
      @Override
      public void configure(HttpsParameters parameters) {
        SSLParameters wanted = context.getDefaultSSLParameters();
        wanted.setProtocols(new String[] {System.getProperty("protocol")});
        parameters.setSSLParameters(wanted);
      }
    });
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", exchange -> {
      SSLSession session = ((HttpsExchange) exchange).getSSLSession();
      exchange.getResponseHeaders().set("X-Tls", session.getProtocol() + " " + session.getCipherSuite());
      exchange.sendResponseHeaders(200, body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    });
    server.start();
    System.out.println("listening on port " + server.getAddress().getPort());
  }
}
