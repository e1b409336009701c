#include "diagnosis/advice.hpp"

namespace sotto::diagnosis {

const Advice& advice_for(Code code) {
  const auto parts = std::array{advice_on_messages(), advice_on_negotiation(), advice_on_authentication(),
                                advice_on_starttls(), advice_on_connections()};
  for (const auto part : parts)
    for (const auto& row : part)
      if (row.code == code) return row;
  return advice_on_connections().back();
}

}  // namespace sotto::diagnosis
