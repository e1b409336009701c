#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "proxy/settings.hpp"

namespace program {
namespace {

namespace fs = std::filesystem;

class ConfigurationTest : public testing::Test {
 protected:
  ConfigurationTest() {
    std::string name = (fs::temp_directory_path() / "sotto-configuration-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~ConfigurationTest() override { fs::remove_all(folder_); }

  Outcome<ProxySettings> read(const std::string& content) {
    std::ofstream(folder_ / "sotto.toml") << content;
    return read_configuration(folder_ / "sotto.toml");
  }

  fs::path folder_;
};

TEST_F(ConfigurationTest, a_pkcs11_uri_is_relative_to_nothing) {
  const auto settings = read(R"(
[[service]]
from = "tls://:8443"
to = "tcp://127.0.0.1:8080"
certificates = [{ cert = "a.pem", key = "pkcs11:token=web;object=a" }]
)");
  ASSERT_TRUE(settings) << settings.error().sentence;
  EXPECT_EQ(settings->services[0].certificates[0].certificate, (folder_ / "a.pem").string());
  EXPECT_EQ(settings->services[0].certificates[0].key, "pkcs11:token=web;object=a");
}

TEST_F(ConfigurationTest, reads_all_settings_of_several_services) {
  const auto settings = read(R"(
workers = 3
max_connections = 500
drain_timeout = "5s"
log_format = "json"
log_level = "warning"

[[service]]
name = "web"
from = "tls://:8443"
to = "tls://10.0.0.1:9443"
certificates = [{ cert = "a.pem", key = "a.key" }, { cert = "/etc/b.pem", key = "/etc/b.key", passphrase_file = "b.txt" }]
alpn = ["h2", "http/1.1"]
client_auth = "optional"
client_ca = "clients.pem"
roots = "roots.pem"
servername = "inner.example"
verify_sessions_again = true
min_version = "tls1.3"
certificate_compression = false
handshake_timeout = "1500ms"
idle_timeout = 60

[[service]]
from = "tcp://127.0.0.1:5432"
to = "unix:/run/db.sock"
)");
  ASSERT_TRUE(settings) << settings.error().sentence;
  EXPECT_EQ(settings->workers, 3u);
  EXPECT_EQ(settings->max_connections, 500u);
  EXPECT_EQ(settings->drain_timeout, std::chrono::seconds(5));
  EXPECT_EQ(settings->log_format, LogFormat::json);
  ASSERT_EQ(settings->services.size(), 2u);
  const auto& web = settings->services[0];
  ASSERT_EQ(web.certificates.size(), 2u);
  EXPECT_EQ(web.certificates[0].certificate, folder_ / "a.pem") << "relative to the file";
  EXPECT_EQ(web.certificates[1].certificate, "/etc/b.pem");
  EXPECT_EQ(web.certificates[1].passphrase_file, folder_ / "b.txt");
  EXPECT_EQ(web.alpn, (std::vector<std::string>{"h2", "http/1.1"}));
  EXPECT_EQ(web.client_auth, sotto::ClientAuth::optional);
  EXPECT_EQ(web.server_name, "inner.example");
  EXPECT_TRUE(web.verify_sessions_again);
  EXPECT_EQ(web.versions.min, "tls1.3");
  EXPECT_EQ(web.versions.max, "tls1.3");
  EXPECT_EQ(web.timeouts.handshake, std::chrono::milliseconds(1500));
  EXPECT_EQ(web.timeouts.idle, std::chrono::seconds(60));
  EXPECT_EQ(settings->services[1].name, "tcp://127.0.0.1:5432");
  EXPECT_FALSE(settings->services[1].verify_sessions_again);
}

TEST_F(ConfigurationTest, names_the_line_of_what_is_wrong) {
  const std::string head = "[[service]]\nfrom = \"tcp://127.0.0.1:1\"\nto = \"tcp://127.0.0.1:2\"\n";
  const std::string tls = "[[service]]\nfrom = \"tcp://127.0.0.1:1\"\nto = \"tls://a:2\"\n";
  struct Row {
    std::string content;
    std::string line;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"workers = \n", "line 1", ""},
      {"wrokers = 2\n" + head, "line 1", "no setting 'wrokers'"},
      {"workers = 0\n" + head, "line 1", "whole number"},
      {"workers = \"2\"\n" + head, "line 1", "whole number"},
      {head + "idle_timeout = \"5 minutes\"\n", "line 4", "not a duration"},
      {head + "idle_timeout = 0\n", "line 4", "idle_timeout must be more than 0"},
      {tls + "roots = \"\"\n", "line 4", "'roots' has no value"},
      {head + "name = \"\"\n", "line 4", "'name' has no value"},
      {head + "policy = \"nonsense\"\n", "line 1", "policy: "},
      {tls + "backend_policy = \"nonsense\"\n", "line 1", "backend_policy: "},
      {tls + "servername = \"a b\"\n", "line 1", "servername: "},
      {tls + "tlsa = [\"3 1 1\"]\n", "line 1", "tlsa: "},
      {tls + "roots = \"a.pem\"\ninsecure_backend = true\n", "line 1", "contradict each other"},
      {head + "colour = \"red\"\n", "line 4", "no setting 'colour'"},
      {head + "alpn = \"h2\"\n", "line 4", "array of strings"},
      {head + "insecure_backend = 1\n", "line 4", "true or false"},
      {"[[service]]\nfrom = \"tcp://127.0.0.1\"\n", "line 2", "needs a port"},
      {"[[service]]\nfrom = \"tcp://127.0.0.1:1\"\n", "line 1", "no 'to'"},
      {"[[service]]\nfrom = \"tls://127.0.0.1:1\"\nto = \"tcp://127.0.0.1:2\"\n", "line 1", "needs a certificate"},
      {"[[service]]\nfrom = \"tls://:1\"\nto = \"tcp://127.0.0.1:2\"\ncertificates = [{ cert = \"a\" }]\n", "line 4",
       "both"},
      {head + "servername = \"a\"\n", "line 1", "is plain"},
      {head + "verify_sessions_again = true\n", "line 1", "verify_sessions_again has no use"},
      {head + "min_version = \"tls1.1\"\n", "line 1", "min_version: 'tls1.1' is no version"},
  };
  for (const auto& row : rows) {
    const auto settings = read(row.content);
    ASSERT_FALSE(settings) << row.content;
    EXPECT_EQ(settings.error().code, ExitCode::configuration);
    EXPECT_NE(settings.error().sentence.find("sotto.toml, " + row.line + ":"), std::string::npos)
        << settings.error().sentence;
    EXPECT_NE(settings.error().sentence.find(row.why), std::string::npos) << settings.error().sentence;
  }
}

TEST_F(ConfigurationTest, wants_at_least_one_service_and_different_names) {
  EXPECT_FALSE(read("workers = 2\n"));
  const std::string service = "[[service]]\nname = \"a\"\nfrom = \"tcp://127.0.0.1:1\"\nto = \"tcp://127.0.0.1:2\"\n";
  EXPECT_TRUE(read(service));
  EXPECT_FALSE(read(service + service));
}

TEST_F(ConfigurationTest, names_a_file_that_is_not_there) {
  const auto settings = read_configuration(folder_ / "absent.toml");
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, ExitCode::configuration);
  EXPECT_NE(settings.error().sentence.find("absent.toml"), std::string::npos);
}

}  // namespace
}  // namespace program
