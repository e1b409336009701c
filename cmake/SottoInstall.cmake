# What `cmake --install` puts where: the library as a CMake package and for pkg-config, its headers, the program.

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/sotto")

install(TARGETS sotto sotto_asio EXPORT sottoTargets)
install(EXPORT sottoTargets NAMESPACE sotto:: DESTINATION "${package_dir}")
configure_package_config_file(cmake/sottoConfig.cmake.in sottoConfig.cmake INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(sottoConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sottoConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/sottoConfigVersion.cmake"
        DESTINATION "${package_dir}")

# The prefix is told relative to the file, so the installation can be moved, as the CMake package can.
file(RELATIVE_PATH SOTTO_PREFIX_FROM_PC "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file(cmake/sotto.pc.in sotto.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sotto.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

install(DIRECTORY include/sotto "${SOTTO_GENERATED_INCLUDE_DIR}/sotto" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp")

if(TARGET sotto_program)
  install(TARGETS sotto_program)
  install(DIRECTORY apps/sotto/man/ DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" FILES_MATCHING PATTERN "*.1")
  install(FILES apps/sotto/completions/sotto.bash DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
          RENAME sotto)
  install(FILES apps/sotto/completions/_sotto DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
  install(FILES apps/sotto/completions/sotto.fish DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
endif()
