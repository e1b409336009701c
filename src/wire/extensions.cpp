#include "wire/extensions.hpp"

#include <memory>

namespace sotto::wire {

void check_extensions(Reader& reader, View encoded, In message) {
  Reader list(encoded);
  std::bitset<0x10000> seen;
  while (!list.at_end()) {
    RawExtension extension;
    FieldReader fields(list);
    RawExtension::fields(extension, fields);
    if (list.failed()) return reader.fail(Code::malformed_message);

    // RFC 8446, 4.2: "There MUST NOT be more than one extension of the same type in a given extension block."
    const auto number = static_cast<std::uint16_t>(extension.type);
    if (seen.test(number)) return reader.fail(Code::duplicate_extension);
    seen.set(number);

    bool readable = true;
    const bool known = AllRows::with(extension.type, message,
                                     [&](auto row) { readable = parse<decltype(row)>(extension.data).has_value(); });
    if (!readable) return reader.fail(Code::malformed_extension);
    // RFC 8446, 4.2: an extension that is recognized but not specified for this message is illegal_parameter.
    if (known && !AllRows::allows(extension.type, message)) return reader.fail(Code::extension_not_allowed);
  }
}

}  // namespace sotto::wire
