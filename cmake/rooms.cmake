# hp_room(NAME [DEPS targets...]): the sources of the current folder as the static library hp_NAME.
# DEPS are the rooms and libraries it may use: a room that is not named there does not link.
function(hp_room name)
  cmake_parse_arguments(ROOM "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  add_library(hp_${name} STATIC ${sources})
  target_include_directories(hp_${name} PUBLIC ${PROJECT_SOURCE_DIR}/server)
  target_link_libraries(hp_${name} PUBLIC ${ROOM_DEPS} PRIVATE hp_flags)
endfunction()
