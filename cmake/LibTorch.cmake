# The imported target halftone::torch, from a torch wheel's folder (HALFTONE_TORCH, e.g. .../site-packages/torch).
# Not find_package(Torch): the wheel's own config stops when the wheel is a CUDA build and no toolkit is installed.
set(HALFTONE_TORCH "" CACHE PATH "Folder of the torch Python package to link")
if(NOT HALFTONE_TORCH)
  execute_process(COMMAND python3 -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
                  OUTPUT_VARIABLE HALFTONE_TORCH OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT EXISTS ${HALFTONE_TORCH}/lib/libtorch_cpu.so)
  message(FATAL_ERROR "No torch wheel at '${HALFTONE_TORCH}'. Give -DHALFTONE_TORCH=PATH, or run 'make' which finds or fetches one.")
endif()
file(STRINGS ${HALFTONE_TORCH}/version.py HALFTONE_TORCH_VERSION REGEX "^__version__")
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+[^']*" HALFTONE_TORCH_VERSION "${HALFTONE_TORCH_VERSION}")
if(HALFTONE_TORCH_VERSION VERSION_LESS 2.7)
  message(FATAL_ERROR "torch ${HALFTONE_TORCH_VERSION} is too old: 2.7 is the first whose C++ ABI matches Debian's libraries.")
endif()
message(STATUS "torch ${HALFTONE_TORCH_VERSION} from ${HALFTONE_TORCH}")

add_library(halftone_torch INTERFACE)
target_compile_definitions(halftone_torch INTERFACE AT_PER_OPERATOR_HEADERS)
add_library(halftone::torch ALIAS halftone_torch)
# -idirafter: the wheel carries fmt 12 headers that would otherwise shadow Debian's fmt 9.
target_compile_options(halftone_torch INTERFACE "SHELL:-idirafter \"${HALFTONE_TORCH}/include\"" -fopenmp)
target_link_directories(halftone_torch INTERFACE ${HALFTONE_TORCH}/lib)
# A CUDA wheel's libtorch_cpu needs libcupti and libcudart, which pip puts beside it under nvidia/.
file(GLOB HALFTONE_TORCH_SIDE_LIBS ${HALFTONE_TORCH}/../nvidia/*/lib)
set(HALFTONE_RPATH "${HALFTONE_TORCH}/lib")
foreach(DIR IN LISTS HALFTONE_TORCH_SIDE_LIBS)
  list(APPEND HALFTONE_RPATH "${DIR}")
  target_link_options(halftone_torch INTERFACE "-Wl,-rpath-link,${DIR}")
endforeach()
# DT_RPATH, not DT_RUNPATH: libtorch_cpu finds the libraries beside it through the program's path.
target_link_options(halftone_torch INTERFACE "-Wl,--disable-new-dtags")
target_link_libraries(halftone_torch INTERFACE torch_cpu c10 -fopenmp)
if(HALFTONE_CUDA)
  # The CUDA kernels register themselves on load; nothing refers to the library by symbol.
  target_link_libraries(halftone_torch INTERFACE "-Wl,--no-as-needed" torch_cuda c10_cuda "-Wl,--as-needed")
endif()
set(CMAKE_BUILD_RPATH ${HALFTONE_RPATH})
set(CMAKE_INSTALL_RPATH ${HALFTONE_RPATH})
