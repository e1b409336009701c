// Servers that TLSA records authenticate. RFC 6698, RFC 7671, RFC 7672.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <sotto/verifier.hpp>

#include "base/bytes.hpp"
#include "base/contain.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"
#include "pki/names.hpp"
#include "pki/refusal.hpp"
#include "pki/trust_store_impl.hpp"
#include "wire/certificate_view.hpp"

namespace sotto::inline v0 {
namespace {

using Usage = TlsaRecord::Usage;
using Selector = TlsaRecord::Selector;
using Matching = TlsaRecord::Matching;

std::unexpected<Error> wrong(std::string_view why) {
  return fail(Code::invalid_configuration, "TLSA record: " + std::string(why));
}

/// Takes the next word off `text`; empty at its end.
std::string_view next_word(std::string_view& text) {
  constexpr std::string_view blanks = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  const auto word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

std::optional<unsigned> next_number(std::string_view& text) {
  const auto word = next_word(text);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (word.empty() || error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::optional<std::vector<std::byte>> parse_hex(std::string_view digits) {
  std::vector<std::byte> bytes;
  if (digits.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned octet = 0;
    const auto [end, error] = std::from_chars(digits.data() + i, digits.data() + i + 2, octet, 16);
    if (error != std::errc() || end != digits.data() + i + 2) return std::nullopt;
    bytes.push_back(static_cast<std::byte>(octet));
  }
  return bytes;
}

Result<void> check(const TlsaRecord& record) {
  const auto size = record.data.size();
  if (record.matching == Matching::sha256 && size != 32) return wrong("a SHA-256 has 32 octets");
  if (record.matching == Matching::sha512 && size != 64) return wrong("a SHA-512 has 64 octets");
  if (size == 0) return wrong("there is no data in it");
  return {};
}

/// An authority that the record holds whole is used as it stands there: what is none must not wait for a handshake.
Result<void> check_authority(const TlsaRecord& record) {
  const bool is_whole = record.selector == Selector::certificate && record.matching == Matching::full;
  if (record.usage != Usage::dane_ta || !is_whole) return {};
  if (!TrustStore::from_pem(Certificate(record.data).pem()))
    return wrong("its data is not the certificate of an authority");
  return {};
}

std::string numbers_of(const TlsaRecord& record) {
  return std::to_string(static_cast<int>(record.usage)) + " " + std::to_string(static_cast<int>(record.selector)) +
         " " + std::to_string(static_cast<int>(record.matching));
}

/// Says whether `certificate` is the one that `record` names. RFC 6698, 2.1.2 and 2.1.3.
Result<bool> matches(const TlsaRecord& record, View certificate) {
  auto selected = certificate;
  if (record.selector == Selector::public_key) {
    const auto parsed = wire::parse_certificate(certificate);
    if (!parsed) return std::unexpected(parsed.error());
    selected = parsed->subject_public_key_info;
  }
  if (record.matching == Matching::full) return same(selected, as_view(record.data));
  const auto algorithm =
      record.matching == Matching::sha256 ? crypto::HashAlgorithm::sha256 : crypto::HashAlgorithm::sha512;
  const auto digest = crypto::digest(algorithm, selected);
  if (!digest) return std::unexpected(digest.error());
  return same(digest->view(), as_view(record.data));
}

class DaneVerifier final : public Verifier {
 public:
  explicit DaneVerifier(std::vector<TlsaRecord> records) : records_(std::move(records)) {}

 private:
  Result<Judgement> judge(const VerifyRequest& request) const override {
    const auto leaf = as_view(request.chain.front().der());
    for (const auto& record : records_) {
      if (record.usage != Usage::dane_ee) continue;
      const auto match = matches(record, leaf);
      if (!match) return std::unexpected(match.error());
      // RFC 7671, 5.1: names, dates and issuers count for nothing; DNSSEC vouches for the key.
      if (*match) return Judgement{{request.chain.front()}, "by the TLSA record " + numbers_of(record), true};
    }
    return judge_by_authorities(request);
  }

  /// RFC 7671, 5.2: a path to one of the named authorities, and the name, as under any other root.
  Result<Judgement> judge_by_authorities(const VerifyRequest& request) const {
    std::optional<Error> last;
    for (const auto& record : records_) {
      if (record.usage != Usage::dane_ta) continue;
      const auto authority = find_authority(record, request.chain);
      if (!authority) return std::unexpected(authority.error());
      if (!*authority) continue;
      const auto roots = TrustStore::from_pem((*authority)->pem());
      if (!roots) return std::unexpected(roots.error());
      const auto verified = make_verifier(*roots)->verify(request);
      if (verified)
        return Judgement{verified->path(), "by the authority of the TLSA record " + numbers_of(record), true};
      last = verified.error();
    }
    if (last) return std::unexpected(std::move(*last));
    return fail(Code::certificate_not_in_tlsa, pki::subject_of(as_view(request.chain.front().der())) +
                                                   " matches none of " + std::to_string(records_.size()) +
                                                   " TLSA records");
  }

  /// The named authority: from the chain, or from the record if that holds it whole. The leaf issues nothing.
  static Result<std::optional<Certificate>> find_authority(const TlsaRecord& record, const CertificateChain& chain) {
    for (std::size_t i = 1; i < chain.size(); ++i) {
      const auto match = matches(record, as_view(chain[i].der()));
      if (!match) return std::unexpected(match.error());
      if (*match) return chain[i];
    }
    if (record.selector == Selector::certificate && record.matching == Matching::full) return Certificate(record.data);
    return std::nullopt;
  }

  std::vector<TlsaRecord> records_;
};

}  // namespace

Result<TlsaRecord> TlsaRecord::parse(std::string_view text) {
  return contain([&]() -> Result<TlsaRecord> {
    const auto usage = next_number(text);
    const auto selector = next_number(text);
    const auto matching = next_number(text);
    if (!usage || !selector || !matching) return wrong("it must begin with three numbers, such as 3 1 1");
    if (*usage < 2)
      return wrong("the usages 0 (PKIX-TA) and 1 (PKIX-EE) are not supported; use 2 (DANE-TA) or 3 (DANE-EE)");
    if (*usage > 3) return wrong("the usage must be 2 (DANE-TA) or 3 (DANE-EE)");
    if (*selector > 1) return wrong("the selector must be 0 (whole certificate) or 1 (public key)");
    if (*matching > 2) return wrong("the matching type must be 0 (full), 1 (SHA-256) or 2 (SHA-512)");
    std::string digits;  // zone files may break them with blanks (RFC 6698, 2.2)
    for (auto word = next_word(text); !word.empty(); word = next_word(text)) digits += word;
    auto data = parse_hex(digits);
    if (!data) return wrong("its data must be hexadecimal digits, two for each octet");
    TlsaRecord record{static_cast<Usage>(*usage), static_cast<Selector>(*selector), static_cast<Matching>(*matching),
                      *std::move(data)};
    if (const auto fits = check(record); !fits) return std::unexpected(fits.error());
    return record;
  });
}

Result<std::shared_ptr<const Verifier>> make_dane_verifier(std::vector<TlsaRecord> records) {
  return contain([&]() -> Result<std::shared_ptr<const Verifier>> {
    if (records.empty()) return fail(Code::invalid_configuration, "there is no TLSA record to verify with");
    for (const auto& record : records) {
      if (const auto fits = check(record); !fits) return std::unexpected(fits.error());
      if (const auto usable = check_authority(record); !usable) return std::unexpected(usable.error());
    }
    return std::make_shared<DaneVerifier>(std::move(records));
  });
}

}  // namespace sotto::inline v0
