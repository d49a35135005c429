# The Debian package (scripts/package): what cmake --install installs, with the libraries that packages.txt lists under "run".
file(STRINGS ${PROJECT_SOURCE_DIR}/scripts/packages.txt run_lines REGEX "^run ")
list(TRANSFORM run_lines REPLACE "^run " "")
list(JOIN run_lines ", " CPACK_DEBIAN_PACKAGE_DEPENDS)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scripts/packages.txt)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME homeport)
set(CPACK_PACKAGE_CONTACT "Homeport <homeport@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Parse-compatible backend server with an embedded store")
set(CPACK_PACKAGE_DESCRIPTION "Serves apps built with the Parse SDKs from one small program with an embedded SQLite
store. Comes with payment templates: schema, permissions and transfer rules included.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS gcc) # homeport cloud build
include(CPack)
