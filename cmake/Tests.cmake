# Tests compile without optimization, with a precompiled header of their own: what they wait for is in the library, and
# the compiler's time is most of a test run's.
add_library(halftone_test_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_precompile_headers(halftone_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h <gtest/gtest.h> <gmock/gmock.h>)
target_link_libraries(halftone_test_pch PRIVATE halftone::torch halftone_warnings fmt::fmt
                      nlohmann_json::nlohmann_json GTest::gtest GTest::gmock)
target_compile_options(halftone_test_pch PRIVATE -O0)

# halftone_tests(io SOURCES file_test.cpp ... ROOMS io [TORCH]) makes the program io_tests and the ctest unit.io.
# One program a room: a program that links torch takes half a second to start, so one per file would cost minutes.
function(halftone_tests NAME)
  cmake_parse_arguments(T "TORCH" "LABEL" "SOURCES;ROOMS;PACKAGES" ${ARGN})
  if(NOT T_LABEL)
    set(T_LABEL unit)
  endif()
  add_executable(${NAME}_tests ${T_SOURCES})
  target_link_libraries(${NAME}_tests PRIVATE halftone_warnings GTest::gtest_main GTest::gmock ${T_PACKAGES})
  foreach(ROOM IN LISTS T_ROOMS)
    target_link_libraries(${NAME}_tests PRIVATE halftone::${ROOM})
  endforeach()
  target_compile_options(${NAME}_tests PRIVATE -O0)
  target_include_directories(${NAME}_tests PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(${NAME}_tests PRIVATE
    HALFTONE_GOLDENS="${CMAKE_SOURCE_DIR}/tests/goldens" HALFTONE_EXAMPLES="${CMAKE_SOURCE_DIR}/examples")
  if(T_TORCH)
    # The precompiled header is -fPIC; a program would be compiled -fPIE, which may not share it.
    set_target_properties(${NAME}_tests PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${NAME}_tests PRIVATE -fPIC)
    target_precompile_headers(${NAME}_tests REUSE_FROM halftone_test_pch)
  endif()
  add_test(NAME ${T_LABEL}.${NAME}
           COMMAND ${NAME}_tests --gtest_output=xml:${CMAKE_BINARY_DIR}/test-results/${T_LABEL}.${NAME}.xml)
  # One thread each: the models are tiny and ctest runs two programs at once.
  set_tests_properties(${T_LABEL}.${NAME} PROPERTIES LABELS ${T_LABEL} ENVIRONMENT OMP_NUM_THREADS=1)
endfunction()
