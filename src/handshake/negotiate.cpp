#include "handshake/negotiate.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "handshake/compressed_certificates.hpp"

namespace sotto::handshake {
namespace {

using namespace wire;

template <class Range>
std::string list_in_words(const Range& codes) {
  std::string text;
  for (const auto code : codes) text += (text.empty() ? "" : ", ") + to_string(code);
  return text.empty() ? "nothing" : text;
}

template <class T>
bool contains(const std::vector<T>& list, T item) {
  return std::ranges::find(list, item) != list.end();
}

/// Chooses the newest version that both have. RFC 8446, 4.2.1; RFC 5246, E.1.
Result<ProtocolVersion> choose_version(const ClientHello& hello, const std::vector<ProtocolVersion>& ours) {
  // RFC 8446, D.5: a hello "set to 0x0300 MUST abort the handshake with a "protocol_version" alert", whatever else it
  // says.
  if (hello.legacy_version <= ProtocolVersion::ssl3)
    return fail(Code::obsolete_version, "the client says " + to_string(hello.legacy_version));
  if (const auto versions = hello.extensions.find<SupportedVersionsOffer>()) {
    for (const auto version : {ProtocolVersion::tls13, ProtocolVersion::tls12})
      if (contains(ours, version) && versions->versions.contains(version)) return version;
    return fail(Code::unsupported_version, "the client offers " + list_in_words(versions->versions));
  }
  if (hello.legacy_version >= ProtocolVersion::tls12 && contains(ours, ProtocolVersion::tls12))
    return ProtocolVersion::tls12;
  const bool obsolete = hello.legacy_version < ProtocolVersion::tls12;
  return fail(obsolete ? Code::obsolete_version : Code::unsupported_version,
              "the client offers at most " + to_string(hello.legacy_version));
}

/// RFC 7507, 3: a client that fell back says so; a server that speaks something newer than it offers refuses, even if
/// it has no version in common with what is offered now.
Result<void> check_fallback(const ClientHello& hello, const Result<ProtocolVersion>& chosen,
                            const std::vector<ProtocolVersion>& ours) {
  constexpr auto fallback_scsv = static_cast<CipherSuite>(0x5600);
  if (!hello.cipher_suites.contains(fallback_scsv)) return {};
  const bool newer = std::ranges::any_of(ours, [&](ProtocolVersion each) { return !chosen || each > *chosen; });
  const bool beyond_ours = !chosen && chosen.error().code != Code::obsolete_version;
  return newer && !beyond_ours ? fail(Code::inappropriate_fallback) : Result<void>();
}

/// Returns the host name of server_name in lower case, or nothing usable as an error. RFC 6066, 3.
Result<std::string> read_server_name(const ClientHello& hello) {
  const auto names = hello.extensions.find<ServerNameOffer>();
  if (!names) return std::string();
  std::string name;
  for (const auto& item : names->server_name_list) {
    if (item.name_type != 0) continue;
    // "The ServerNameList MUST NOT contain more than one name of the same name_type."
    if (!name.empty()) return fail(Code::malformed_extension, "server_name with two host names");
    name = as_text(item.host_name);
  }
  const bool usable = name.size() <= 255 && std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!usable) return fail(Code::malformed_extension, "server_name");
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

/// Checks the key shares against the groups. RFC 8446, 4.2.8.
Result<void> check_key_shares(const ClientOffer& offer) {
  for (std::size_t i = 0; i < offer.key_shares.size(); ++i) {
    const auto group = offer.key_shares[i].group;
    if (!offer.groups.contains(group))
      return fail(Code::duplicate_key_share, to_string(group) + " is not in supported_groups");
    for (std::size_t j = 0; j < i; ++j)
      if (offer.key_shares[j].group == group) return fail(Code::duplicate_key_share, to_string(group) + " twice");
  }
  return {};
}

/// Checks pre_shared_key. RFC 8446, 4.2.9 and 4.2.11.
Result<void> check_pre_shared_keys(const ClientHello& hello, const ClientOffer& offer) {
  if (!offer.pre_shared_keys) return {};
  ExtensionType last{};
  hello.extensions.each([&](const RawExtension& extension) { last = extension.type; });
  if (last != ExtensionType::pre_shared_key) return fail(Code::psk_not_last);
  if (!hello.extensions.has(ExtensionType::psk_key_exchange_modes))
    return fail(Code::missing_extension, "psk_key_exchange_modes, which goes with pre_shared_key");
  const auto& psk = *offer.pre_shared_keys;
  if (psk.identities.size() != psk.binders.size())
    return fail(Code::binder_count_mismatch, std::to_string(psk.identities.size()) + " identities, " +
                                                 std::to_string(psk.binders.size()) + " binders");
  return {};
}

/// Checks that all is there that a full handshake needs. RFC 8446, 9.2.
Result<void> check_mandatory(const ClientHello& hello, const ClientOffer& offer) {
  const bool groups = hello.extensions.has(ExtensionType::supported_groups);
  const bool shares = hello.extensions.has(ExtensionType::key_share);
  if (!groups || !shares) return fail(Code::missing_extension, groups ? "key_share" : "supported_groups");
  if (!offer.pre_shared_keys && !hello.extensions.has(ExtensionType::signature_algorithms))
    return fail(Code::missing_extension, "signature_algorithms");
  return {};
}

/// RFC 8422, 4: a client without supported_groups takes whatever the server chooses.
std::optional<NamedGroup> choose_group12(const ClientOffer& offer, const Policy& policy) {
  if (offer.groups.empty() && contains(policy.groups, NamedGroup::secp256r1)) return NamedGroup::secp256r1;
  for (const auto group : policy.groups)
    if (offer.groups.empty() || offer.groups.contains(group)) return group;
  return std::nullopt;
}

Result<std::string> choose_protocol(const ClientOffer& offer, const std::vector<std::string>& alpn) {
  if (alpn.empty() || offer.application_protocols.empty()) return std::string();
  for (const auto& protocol : alpn)
    if (std::ranges::find(offer.application_protocols, protocol) != offer.application_protocols.end()) return protocol;
  std::string offered;
  for (const auto& protocol : offer.application_protocols)
    offered += (offered.empty() ? "\"" : ", \"") + protocol + "\"";
  return fail(Code::no_common_application_protocol, "the client offers " + offered);
}

bool is_chacha(CipherSuite suite) {
  const auto* row = keys::find_suite(suite);
  return row != nullptr && !row->cbc && row->aead == crypto::AeadAlgorithm::chacha20_poly1305;
}

}  // namespace

Result<ClientOffer> read_offer(const ClientHello& hello, const std::vector<ProtocolVersion>& ours) {
  const auto version = choose_version(hello, ours);
  if (auto checked = check_fallback(hello, version, ours); !checked) return std::unexpected(checked.error());
  if (!version) return std::unexpected(version.error());
  // RFC 8446, 4.1.2: legacy_compression_methods "MUST contain exactly one byte, set to zero"; RFC 5246, 7.4.1.2: it
  // "MUST contain ... CompressionMethod.null".
  const bool alone = *version == ProtocolVersion::tls12 || hello.legacy_compression_methods.size() == 1;
  if (!alone || !hello.legacy_compression_methods.contains(CompressionMethod::null))
    return fail(Code::wrong_compression_method, "legacy_compression_methods must be null alone");
  ClientOffer offer;
  offer.version = *version;
  offer.cipher_suites = hello.cipher_suites;
  auto name = read_server_name(hello);
  if (!name) return std::unexpected(name.error());
  offer.server_name = std::move(*name);
  if (const auto groups = hello.extensions.find<SupportedGroups>()) offer.groups = groups->named_group_list;
  if (auto shares = hello.extensions.find<KeyShareOffer>()) offer.key_shares = std::move(shares->client_shares);
  if (const auto schemes = hello.extensions.find<SignatureAlgorithms>())
    offer.signature_schemes.assign(schemes->supported_signature_algorithms.begin(),
                                   schemes->supported_signature_algorithms.end());
  if (const auto protocols = hello.extensions.find<ApplicationProtocols>())
    for (const auto& protocol : protocols->protocol_name_list)
      offer.application_protocols.emplace_back(as_text(protocol.name));
  if (const auto modes = hello.extensions.find<PskKeyExchangeModes>())
    offer.takes_tickets = modes->ke_modes.contains(PskKeyExchangeMode::psk_dhe_ke);
  if (offer.version == ProtocolVersion::tls12) return offer;
  offer.pre_shared_keys = hello.extensions.find<PreSharedKeyOffer>();
  const auto compression = hello.extensions.find<CompressCertificate>();
  if (auto checked = check_compression(compression); !checked) return std::unexpected(checked.error());
  if (compression) offer.compression.assign(compression->algorithms.begin(), compression->algorithms.end());

  if (auto checked = check_mandatory(hello, offer); !checked) return std::unexpected(checked.error());
  if (auto checked = check_key_shares(offer); !checked) return std::unexpected(checked.error());
  if (auto checked = check_pre_shared_keys(hello, offer); !checked) return std::unexpected(checked.error());
  return offer;
}

std::vector<CipherSuite> suites_in_order(const ClientOffer& offer, const Policy& policy) {
  auto suites = policy.cipher_suites;
  const auto known = [](CipherSuite suite) { return keys::find_suite(suite) != nullptr; };
  const auto first = std::ranges::find_if(offer.cipher_suites, known);
  if (first == offer.cipher_suites.end() || !is_chacha(*first)) return suites;
  // std::stable_partition would do, but libstdc++ 12 makes it of something that clang calls deprecated.
  std::vector<CipherSuite> reordered;
  std::ranges::copy_if(suites, std::back_inserter(reordered), is_chacha);
  std::ranges::copy_if(suites, std::back_inserter(reordered), [](CipherSuite suite) { return !is_chacha(suite); });
  return reordered;
}

Result<Negotiated> negotiate(const ClientOffer& offer, const Policy& policy, const std::vector<std::string>& alpn) {
  Negotiated agreed;
  agreed.version = offer.version;
  for (const auto suite : suites_in_order(offer, policy)) {
    const auto* row = keys::find_suite(suite);
    if (row->version != offer.version || !offer.cipher_suites.contains(suite)) continue;
    agreed.suite = row;
    break;
  }
  if (agreed.suite == nullptr)
    return fail(Code::no_common_cipher_suite, "the client offers " + list_in_words(offer.cipher_suites));

  auto protocol = choose_protocol(offer, alpn);
  if (!protocol) return std::unexpected(protocol.error());
  agreed.application_protocol = std::move(*protocol);
  if (offer.version == ProtocolVersion::tls12) {
    agreed.group = choose_group12(offer, policy);
    return agreed;
  }

  // A group that needs no second ClientHello goes before one that is preferred but would.
  bool common = false;
  for (const auto group : policy.groups) {
    if (!offer.groups.contains(group)) continue;
    if (!common) agreed.group = group;
    common = true;
    const auto share = std::ranges::find(offer.key_shares, group, &KeyShareEntry::group);
    if (share == offer.key_shares.end()) continue;
    agreed.group = group;
    agreed.peer_share = share->key_exchange;
    break;
  }
  if (!common) return fail(Code::no_common_group, "the client offers " + list_in_words(offer.groups));

  return agreed;
}

bool is_same_hello_after_retry(const ClientHello& first, const ClientHello& second) {
  if (first.legacy_version != second.legacy_version || !same(first.random, second.random) ||
      !same(first.legacy_session_id, second.legacy_session_id) ||
      !same(first.cipher_suites.encoded(), second.cipher_suites.encoded()) ||
      !same(first.legacy_compression_methods.encoded(), second.legacy_compression_methods.encoded()))
    return false;
  // RFC 8446, 4.1.2: key_share is replaced, early_data removed, pre_shared_key updated "if present", padding changed; a
  // cookie comes back to servers that give one, and ours do not.
  const auto adds = [&](ExtensionType type) { return second.extensions.has(type) && !first.extensions.has(type); };
  if (adds(ExtensionType::cookie) || adds(ExtensionType::pre_shared_key)) return false;
  constexpr auto padding = static_cast<ExtensionType>(21);
  const auto fixed = [](const ClientHello& hello) {
    std::vector<RawExtension> kept;
    hello.extensions.each([&](const RawExtension& extension) {
      const bool may_change = extension.type == ExtensionType::key_share ||
                              extension.type == ExtensionType::early_data || extension.type == ExtensionType::cookie ||
                              extension.type == ExtensionType::pre_shared_key || extension.type == padding;
      if (!may_change) kept.push_back(extension);
    });
    // RFC 8446, 4.2: the order of extensions has no meaning, and wolfSSL's second hello has another one than its first.
    std::ranges::sort(kept, {}, &RawExtension::type);
    return kept;
  };
  return std::ranges::equal(fixed(first), fixed(second), [](const RawExtension& left, const RawExtension& right) {
    return left.type == right.type && same(left.data, right.data);
  });
}

}  // namespace sotto::handshake
