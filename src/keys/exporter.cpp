#include "keys/exporter.hpp"

namespace sotto::keys {

Result<void> export_from(const Exporter& exporter, std::string_view label, std::optional<View> context,
                         MutableView out) {
  if (const auto* newer = std::get_if<Exporter13>(&exporter))
    return export_keying_material(newer->suite->hash, newer->secret.view(), label, context.value_or(View()), out);
  if (const auto* older = std::get_if<Exporter12>(&exporter))
    return export_keying_material12(older->suite->hash, older->master, older->client_random, older->server_random,
                                    label, context, out);
  return fail(Code::wrong_state, "key material comes from a finished handshake with an extended master secret");
}

}  // namespace sotto::keys
