# One folder under src/halftone is one room: one static library, and one include root that holds that folder alone,
# so a room can include only what it links.
#
#   halftone_room(io SOURCES file.cpp ... ROOMS tensor base PACKAGES PkgConfig::XXHASH [TORCH])
#
# ROOMS lists every room whose headers the room's files include. tools/check_house.py reads the same lists.
add_library(halftone_warnings INTERFACE)
target_compile_options(halftone_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror
  # Loops of arithmetic vectorize only when rounding and sqrt need not set errno or trap.
  -fno-math-errno -fno-trapping-math)

# The precompiled header of everything that touches tensors.
add_library(halftone_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_precompile_headers(halftone_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
target_link_libraries(halftone_pch PRIVATE halftone::torch halftone_warnings fmt::fmt nlohmann_json::nlohmann_json)

function(halftone_room NAME)
  cmake_parse_arguments(ROOM "TORCH" "" "SOURCES;ROOMS;PACKAGES" ${ARGN})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/rooms/${NAME}/halftone)
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_BINARY_DIR}/rooms/${NAME}/halftone/${NAME} SYMBOLIC)
  if(ROOM_SOURCES)
    add_library(halftone_${NAME} STATIC ${ROOM_SOURCES})
    set(SCOPE PUBLIC)
    target_link_libraries(halftone_${NAME} PRIVATE halftone_warnings)
  else()
    add_library(halftone_${NAME} INTERFACE)
    set(SCOPE INTERFACE)
  endif()
  add_library(halftone::${NAME} ALIAS halftone_${NAME})
  target_include_directories(halftone_${NAME} ${SCOPE} ${CMAKE_BINARY_DIR}/rooms/${NAME})
  foreach(DEP IN LISTS ROOM_ROOMS)
    target_link_libraries(halftone_${NAME} ${SCOPE} halftone::${DEP})
  endforeach()
  target_link_libraries(halftone_${NAME} ${SCOPE} ${ROOM_PACKAGES})
  if(ROOM_TORCH)
    target_link_libraries(halftone_${NAME} ${SCOPE} halftone::torch)
    if(ROOM_SOURCES)
      target_precompile_headers(halftone_${NAME} REUSE_FROM halftone_pch)
    endif()
  endif()
endfunction()
