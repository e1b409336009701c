# Settings that every target of the project shares.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(sotto_settings INTERFACE)
target_compile_options(sotto_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(SOTTO_WERROR)
  target_compile_options(sotto_settings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives from inlined std::vector and std::variant code.
  target_compile_options(sotto_settings INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
                                                  -Wno-restrict -Wno-dangling-pointer)
endif()
if(SOTTO_SANITIZE)
  target_compile_options(sotto_settings INTERFACE -fsanitize=${SOTTO_SANITIZE} -fno-sanitize-recover=all
                                                  -fno-omit-frame-pointer)
  target_link_options(sotto_settings INTERFACE -fsanitize=${SOTTO_SANITIZE})
else()
  # Fail closed: a broken bound, or a value read from a Result that holds an error, ends the program.
  target_compile_definitions(sotto_settings INTERFACE _GLIBCXX_ASSERTIONS $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
  target_compile_options(sotto_settings INTERFACE -fstack-protector-strong)
  target_link_options(sotto_settings INTERFACE -Wl,-z,relro,-z,now)
endif()
