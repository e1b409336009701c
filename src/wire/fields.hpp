/// \file
/// The visitors of field lists. A message or extension states its fields once, as `fields(self, visit)`; reading,
/// writing and printing are three visitors of that one list.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "wire/codes.hpp"
#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace sotto::wire {

template <std::size_t Octets>
struct Exactly {};
template <std::size_t Octets>
inline constexpr Exactly<Octets> exactly{};

template <class T>
concept Number = std::is_enum_v<T> || std::unsigned_integral<T>;

template <class T>
concept HasFields = requires(T& self, int& visitor) { T::template fields<T, int>; };

/// Reads a field list.
class FieldReader {
 public:
  explicit FieldReader(Reader& reader) : reader_(reader) {}

  template <Number T>
  void operator()(std::string_view, T& value) {
    value = static_cast<T>(reader_.number(sizeof(T)));
  }
  template <std::size_t Octets>
  void operator()(std::string_view, View& value, Exactly<Octets>) {
    value = reader_.bytes(Octets);
  }
  /// A number of fewer octets than its type has.
  template <std::size_t Octets>
  void operator()(std::string_view, std::uint32_t& value, Exactly<Octets>) {
    value = static_cast<std::uint32_t>(reader_.number(Octets));
  }
  void operator()(std::string_view, View& value, Bounds bounds) { value = reader_.vector(bounds); }
  template <class C>
  void operator()(std::string_view, Codes<C>& value, Bounds bounds) {
    const auto encoded = reader_.vector(bounds);
    if (encoded.size() % sizeof(C) != 0) reader_.fail(Code::malformed_message);
    value = Codes<C>(encoded);
  }
  template <class Item>
  void operator()(std::string_view, std::vector<Item>& value, Bounds bounds) {
    Reader list(reader_.vector(bounds));
    value.clear();
    while (!list.at_end()) {
      FieldReader visit(list);
      Item::fields(value.emplace_back(), visit);
    }
    if (list.failed()) reader_.fail(list.code());
  }
  /// Reads all that is left as one field without a length of its own (Finished.verify_data).
  void remaining(std::string_view, View& value) { value = reader_.rest(); }
  template <class Block>
  void extensions(Block& block) {
    block.read(reader_);
  }

 private:
  Reader& reader_;
};

/// Writes a field list.
class FieldWriter {
 public:
  explicit FieldWriter(Writer& writer) : writer_(writer) {}

  template <Number T>
  void operator()(std::string_view, const T& value) {
    writer_.number(static_cast<std::uint64_t>(value), sizeof(T));
  }
  template <std::size_t Octets>
  void operator()(std::string_view, const View& value, Exactly<Octets>) {
    writer_.bytes(value);
  }
  template <std::size_t Octets>
  void operator()(std::string_view, const std::uint32_t& value, Exactly<Octets>) {
    writer_.number(value, Octets);
  }
  void operator()(std::string_view, const View& value, Bounds bounds) { writer_.vector(bounds, value); }
  template <class C>
  void operator()(std::string_view, const Codes<C>& value, Bounds bounds) {
    writer_.vector(bounds, value.encoded());
  }
  template <class Item>
  void operator()(std::string_view, const std::vector<Item>& value, Bounds bounds) {
    writer_.vector(bounds, [&value](Writer& writer) {
      FieldWriter visit(writer);
      for (const auto& item : value) Item::fields(item, visit);
    });
  }
  void remaining(std::string_view, const View& value) { writer_.bytes(value); }
  template <class Block>
  void extensions(const Block& block) {
    block.write(writer_);
  }

 private:
  Writer& writer_;
};

/// Reads a `T` that fills all of `bytes`. Views in the result borrow from `bytes`.
template <class T>
[[nodiscard]] Result<T> parse(View bytes) {
  Reader reader(bytes);
  T value;
  FieldReader visit(reader);
  T::fields(value, visit);
  if (!reader.failed() && !reader.at_end()) reader.fail(Code::malformed_message);
  if (reader.failed()) return fail(reader.code());
  return value;
}

}  // namespace sotto::wire
