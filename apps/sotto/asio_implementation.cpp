// Compiles Asio's own code once, for the whole program.
#include <asio/impl/src.hpp>
