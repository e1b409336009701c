// XMPP, for clients and between servers. RFC 6120, 4 and 5.
#include <algorithm>
#include <random>

#include "starttls/dialects.hpp"
#include "starttls/xml_tags.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

constexpr std::string_view tls_namespace = "urn:ietf:params:xml:ns:xmpp-tls";
constexpr std::string_view stream_namespace = "http://etherx.jabber.org/streams";

std::string content_namespace(Protocol protocol) {
  return protocol == Protocol::xmpp_server ? "jabber:server" : "jabber:client";
}

bool is_of_tls(const XmlTag& tag, std::string_view name) {
  return tag.name == name && tag.attribute("xmlns") == tls_namespace;
}

class XmlDialogue : public Dialogue {
 protected:
  using Dialogue::Dialogue;
  virtual Result<void> on_tag(const XmlTag& tag) = 0;
  void pass_over_text(bool pass) { reader_.pass_over_text(pass); }

 private:
  Result<std::size_t> take(View in) final {
    std::size_t used = 0;
    while (used < in.size() && is_talking()) {
      const auto taken = reader_.take(in.subspan(used));
      if (!taken) return taken;
      used += *taken;
      if (!reader_.has_tag()) break;
      if (auto counted = count_message(); !counted) return std::unexpected(counted.error());
      const auto tag = reader_.next();
      if (!tag) return std::unexpected(tag.error());
      const bool owed_nothing = output().empty();
      if (auto read = on_tag(*tag); !read) return std::unexpected(read.error());
      const bool asked_now = owed_nothing && !output().empty();
      if (role() == Role::client && asked_now && !is_blank(in.subspan(used))) return injected();
    }
    return used;
  }

  /// RFC 6120, 4.6.1 and 5.3.3: whitespace may stand between elements, but for those of the negotiation itself.
  static bool is_blank(View octets) {
    return std::ranges::all_of(octets,
                               [](std::uint8_t octet) { return xml_blanks.contains(static_cast<char>(octet)); });
  }

  XmlTagReader reader_;
};

class XmppClient final : public XmlDialogue {
 public:
  XmppClient(Protocol protocol, std::string_view domain)
      : XmlDialogue(protocol, Role::client, "waiting for the stream's beginning") {
    send("<?xml version='1.0'?><stream:stream to='" + std::string(domain) + "' version='1.0' xmlns='" +
         content_namespace(protocol) + "' xmlns:stream='" + std::string(stream_namespace) + "'>");
  }

 private:
  enum class Step : std::uint8_t { header, features, in_features, consent, proceeding, in_error };

  Result<void> on_tag(const XmlTag& tag) override {
    const bool opens = tag.kind == XmlTag::Kind::start || tag.kind == XmlTag::Kind::empty;
    if (step_ == Step::in_error) {
      refuse("stream error: " + tag.name);
      return {};
    }
    if (opens && tag.name == "stream:error") {
      step_ = Step::in_error;
      return {};
    }
    switch (step_) {
      case Step::header: return on_header(tag);
      case Step::features: return on_features(tag, opens);
      case Step::in_features: return on_feature(tag, opens);
      case Step::consent: return on_consent(tag, opens);
      default: break;
    }
    if (tag.kind != XmlTag::Kind::end || tag.name != "proceed") return malformed('<' + tag.name + '>');
    upgrade();
    return {};
  }

  Result<void> on_header(const XmlTag& tag) {
    if (tag.kind == XmlTag::Kind::declaration) return {};
    if (tag.kind != XmlTag::Kind::start || tag.name != "stream:stream") return wrong_greeting('<' + tag.name + '>');
    step_ = Step::features;
    wait_for("waiting for the features");
    return {};
  }

  Result<void> on_features(const XmlTag& tag, bool opens) {
    if (!opens || tag.name != "stream:features") return malformed('<' + tag.name + '>');
    if (tag.kind == XmlTag::Kind::empty) return fail(Code::starttls_not_offered);
    step_ = Step::in_features;
    pass_over_text(true);  // names of mechanisms
    return {};
  }

  Result<void> on_feature(const XmlTag& tag, bool opens) {
    if (opens && is_of_tls(tag, "starttls")) offered_ = true;
    if (tag.kind != XmlTag::Kind::end || tag.name != "stream:features") return {};
    pass_over_text(false);
    if (!offered_) return fail(Code::starttls_not_offered);
    step_ = Step::consent;
    wait_for("waiting for the answer to starttls");
    send("<starttls xmlns='" + std::string(tls_namespace) + "'/>");
    return {};
  }

  Result<void> on_consent(const XmlTag& tag, bool opens) {
    if (opens && is_of_tls(tag, "proceed")) {
      step_ = Step::proceeding;
      if (tag.kind == XmlTag::Kind::empty) upgrade();
      return {};
    }
    if (!opens || !is_of_tls(tag, "failure")) return malformed('<' + tag.name + '>');
    refuse("failure");
    return {};
  }

  Step step_ = Step::header;
  bool offered_ = false;
};

class XmppServer final : public XmlDialogue {
 public:
  XmppServer(Protocol protocol, const ServerOptions& options)
      : XmlDialogue(protocol, Role::server, "waiting for the stream's beginning"), name_(options.name) {}

 private:
  enum class Step : std::uint8_t { header, request, requesting };

  Result<void> on_tag(const XmlTag& tag) override {
    if (tag.kind == XmlTag::Kind::declaration) return {};
    if (step_ == Step::header) return on_header(tag);
    if (tag.kind == XmlTag::Kind::end && tag.name == "stream:stream") {
      send("</stream:stream>");
      refuse("the client ended the stream");
      return {};
    }
    if (step_ == Step::requesting) {
      if (tag.kind != XmlTag::Kind::end || tag.name != "starttls") return malformed('<' + tag.name + '>');
      return consent();
    }
    if (tag.kind == XmlTag::Kind::empty && is_of_tls(tag, "starttls")) return consent();
    if (tag.kind == XmlTag::Kind::start && is_of_tls(tag, "starttls")) {
      step_ = Step::requesting;
      return {};
    }
    // RFC 6120, 4.9.3.14: the client goes against a policy of ours.
    send(
        "<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    refuse("the client went on without starttls: <" + tag.name + ">");
    return {};
  }

  Result<void> on_header(const XmlTag& tag) {
    if (tag.kind != XmlTag::Kind::start || tag.name != "stream:stream") return malformed('<' + tag.name + '>');
    const auto domain = tag.attribute("to").empty() ? name_ : safe_name(tag.attribute("to"));
    step_ = Step::request;
    wait_for("waiting for starttls");
    send("<?xml version='1.0'?><stream:stream id='" + stream_id() + "' from='" + domain + "' version='1.0' xmlns='" +
         content_namespace(protocol()) + "' xmlns:stream='" + std::string(stream_namespace) +
         "'><stream:features><starttls xmlns='" + std::string(tls_namespace) +
         "'><required/></starttls></stream:features>");
    return {};
  }

  Result<void> consent() {
    send("<proceed xmlns='" + std::string(tls_namespace) + "'/>");
    upgrade();
    return {};
  }

  /// RFC 6120, 4.7.3: unique and unpredictable; this stream ends with the plaintext.
  static std::string stream_id() {
    std::random_device random;
    std::string id;
    for (int i = 0; i < 4; ++i) id += std::to_string(random()) + (i < 3 ? "-" : "");
    return id;
  }

  std::string name_;
  Step step_ = Step::header;
};

/// Takes <starttls/> out of the features, as long as a login is among them.
class XmppScreen final : public Screen::Impl {
 public:
  void from_client(View in, Buffer& out) override { out.append(as_public(in)); }

  void from_server(View in, Buffer& out) override {
    held_ += as_text(in);
    while (!finished() && !held_.empty()) {
      const auto begin = held_.find(features_begin);
      release(out, begin == std::string::npos ? held_.size() - partial_match() : begin);
      if (begin == std::string::npos) return;
      const auto end = held_.find(features_end);
      if (end == std::string::npos && held_.size() < most_held) return;
      if (end == std::string::npos) break;
      auto features = held_.substr(0, end + features_end.size());
      held_.erase(0, features.size());
      if (!features.contains("<mechanisms")) finish();
      out.append(sotto::as_bytes(without_offer(std::move(features))));
    }
    if (!held_.empty() && (finished() || held_.size() >= most_held)) {
      finish();
      release(out, held_.size());
    }
  }

  void server_ended(Buffer& out) override { release(out, held_.size()); }

  [[nodiscard]] bool done() const override { return finished() && held_.empty(); }

 private:
  static constexpr std::string_view features_begin = "<stream:features>";
  static constexpr std::string_view features_end = "</stream:features>";
  static constexpr std::size_t most_held = 64 * 1024;

  void release(Buffer& out, std::size_t octets) {
    out.append(sotto::as_bytes(std::string_view(held_).substr(0, octets)));
    held_.erase(0, octets);
  }

  /// Returns how many octets at the end may be the beginning of the features.
  [[nodiscard]] std::size_t partial_match() const {
    for (auto length = std::min(held_.size(), features_begin.size() - 1); length > 0; --length)
      if (held_.ends_with(features_begin.substr(0, length))) return length;
    return 0;
  }

  static std::string without_offer(std::string features) {
    const auto begin = features.find("<starttls");
    if (begin == std::string::npos) return features;
    const auto tag_end = features.find('>', begin);
    if (tag_end == std::string::npos) return features;
    auto end = tag_end + 1;
    if (features[tag_end - 1] != '/') {
      constexpr std::string_view closing = "</starttls>";
      const auto close = features.find(closing, tag_end);
      if (close == std::string::npos) return features;
      end = close + closing.size();
    }
    return features.erase(begin, end - begin);
  }

  std::string held_;
};

}  // namespace

std::unique_ptr<Dialogue> xmpp_client(Protocol protocol, std::string_view name) {
  return std::make_unique<XmppClient>(protocol, name);
}
std::unique_ptr<Dialogue> xmpp_server(Protocol protocol, const ServerOptions& options) {
  return std::make_unique<XmppServer>(protocol, options);
}
std::unique_ptr<Screen::Impl> xmpp_screen(Screen::Tls tls) {
  return tls != Screen::Tls::with_server ? std::make_unique<XmppScreen>() : nullptr;
}

}  // namespace sotto::inline v0::starttls::detail
