// Prints messages in words: the third visitor of the field lists. No secret is in a message that is printed: shared
// keys, verify_data, binders and tickets are given by their length alone.
#include <algorithm>
#include <string>

#include "wire/hellos.hpp"
#include "wire/messages12.hpp"

namespace sotto::wire {
namespace {

std::string hexadecimal(View bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const auto octet : bytes) {
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

std::string printable(View bytes) {
  const bool text =
      std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t octet) { return octet >= 0x20 && octet < 0x7f; });
  return text ? "\"" + std::string(as_text(bytes)) + "\"" : hexadecimal(bytes);
}

template <class T>
std::string in_words(T code) {
  if constexpr (requires { to_string(code); }) {
    return std::string(to_string(code));
  } else if constexpr (std::same_as<T, PskKeyExchangeMode>) {
    return code == PskKeyExchangeMode::psk_dhe_ke ? "psk_dhe_ke"
           : code == PskKeyExchangeMode::psk_ke   ? "psk_ke"
                                                  : "unknown";
  } else if constexpr (std::same_as<T, KeyUpdateRequest>) {
    return code == KeyUpdateRequest::update_requested ? "update_requested" : "update_not_requested";
  } else {
    return std::to_string(static_cast<std::uint64_t>(code));
  }
}

/// Collects the values of a field list, joined, without names: for items and extensions.
class ValuePrinter {
 public:
  template <Number T>
  void operator()(std::string_view, const T& value) {
    join(in_words(value));
  }
  template <std::size_t Octets>
  void operator()(std::string_view, const View& value, Exactly<Octets>) {
    join(hexadecimal(value));
  }
  template <std::size_t Octets>
  void operator()(std::string_view, const std::uint32_t& value, Exactly<Octets>) {
    join(std::to_string(value));
  }
  void operator()(std::string_view name, const View& value, Bounds) {
    const bool readable = name == "host_name" || name == "name";
    join(readable ? printable(value) : std::to_string(value.size()) + " octets");
  }
  template <class C>
  void operator()(std::string_view, const Codes<C>& value, Bounds) {
    for (const auto code : value) join(in_words(code));
  }
  template <class Item>
  void operator()(std::string_view, const std::vector<Item>& value, Bounds) {
    for (const auto& item : value) {
      ValuePrinter printer;
      Item::fields(item, printer);
      join(printer.text());
    }
  }
  void remaining(std::string_view, const View& value) { join(std::to_string(value.size()) + " octets"); }
  template <class Block>
  void extensions(const Block&) {}

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void join(const std::string& value) { text_ += (text_.empty() ? "" : ", ") + value; }
  std::string text_;
};

/// Collects each field of a message with its name, extensions by their own.
class FieldPrinter {
 public:
  template <class... Arguments>
  void operator()(std::string_view name, Arguments&&... arguments) {
    ValuePrinter printer;
    printer(name, std::forward<Arguments>(arguments)...);
    fields_.emplace_back(name, printer.text());
  }
  void remaining(std::string_view name, const View& value) {
    fields_.emplace_back(name, std::to_string(value.size()) + " octets");
  }
  template <In Message>
  void extensions(const Extensions<Message>& block) {
    block.each([this](const RawExtension& extension) {
      std::string value = std::to_string(extension.data.size()) + " octets";
      AllRows::with(extension.type, Message, [&](auto row) {
        if (const auto parsed = parse<decltype(row)>(extension.data)) {
          ValuePrinter printer;
          decltype(row)::fields(*parsed, printer);
          value = printer.text();
        }
      });
      fields_.emplace_back(name_of(extension.type), value);
    });
  }
  [[nodiscard]] PrintedFields take() { return std::move(fields_); }

 private:
  PrintedFields fields_;
};

template <class... M>
struct Printers {
  /// Prints with the first of the messages of that type that can be read: the versions differ in some.
  static PrintedFields print(View raw) {
    PrintedFields fields;
    const bool read = ((M::matches(raw) && print_one<M>(raw, fields)) || ...);
    if (!read) fields = {{"unreadable", std::to_string(raw.size()) + " octets"}};
    return fields;
  }
  static std::string_view name(View raw) {
    std::string_view name = "unknown message";
    (void)((M::matches(raw) && (name = M::name, true)) || ...);
    return name;
  }
  template <class One>
  static bool print_one(View raw, PrintedFields& fields) {
    const auto message = parse_message<One>(raw);
    if (!message) return false;
    FieldPrinter printer;
    One::fields(*message, printer);
    fields = printer.take();
    return true;
  }
};
using AllMessages =
    Printers<ClientHello, ServerHello, HelloRetryRequest, EncryptedExtensions, EndOfEarlyData, CertificateRequest,
             CertificateRequest12, Certificate, CompressedCertificate, Certificate12, CertificateStatus,
             CertificateVerify, Finished, NewSessionTicket, NewSessionTicket12, KeyUpdate, HelloRequest,
             ServerKeyExchange, ServerKeyExchangeDhe, ServerHelloDone, ClientKeyExchange, ClientKeyExchangeClassic>;

}  // namespace

PrintedFields print_message(View raw) { return AllMessages::print(raw); }
std::string_view message_name(View raw) { return AllMessages::name(raw); }

}  // namespace sotto::wire
