# Libraries of WebAssembly modules in CMake projects: a sandboxed guest as a target to link with.
#
#   find_package(wasmc REQUIRED)
#   wasmc_add_library(guest guest.wasm)
#   target_link_libraries(host PRIVATE guest)      # and #include "guest.h"
#
# wasmc_add_library(TARGET MODULE [NAME name] [SHARED] [OPTIONS option...])
#
# makes the library and its header when the module, or wasmc, is newer. NAME is what names of the header begin with, or
# else it is TARGET. With SHARED, it is a shared library. OPTIONS are those of the command: `--preinit=init`, `-O0`.
#
# WASMC_EXECUTABLE names another command than the one that this file was installed with.

find_program(WASMC_EXECUTABLE wasmc
  HINTS "${CMAKE_CURRENT_LIST_DIR}/../../../bin" "${CMAKE_CURRENT_LIST_DIR}/../../.."
  DOC "The compiler from WebAssembly to native code")
if(NOT WASMC_EXECUTABLE)
  set(wasmc_FOUND FALSE)
  set(wasmc_NOT_FOUND_MESSAGE "there is no command wasmc: name it by -DWASMC_EXECUTABLE=PATH")
  return()
endif()

# What wasmc calls the machine that is built for; nothing for the one that builds.
function(_wasmc_target result)
  set(target "")
  if(CMAKE_CROSSCOMPILING)
    string(TOLOWER "${CMAKE_SYSTEM_NAME}" system)
    string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" processor)
    if(processor STREQUAL "amd64")
      set(processor "x86_64")
    elseif(processor STREQUAL "arm64")
      set(processor "aarch64")
    endif()
    set(target "--target=${processor}-${system}")
  endif()
  set(${result} "${target}" PARENT_SCOPE)
endfunction()

function(wasmc_add_library target module)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "SHARED" "NAME" "OPTIONS")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "wasmc_add_library: unknown arguments: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_NAME)
    set(ARG_NAME "${target}")
  endif()
  get_filename_component(module "${module}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}.wasmc")
  set(header "${folder}/${ARG_NAME}.h")
  if(ARG_SHARED)
    set(kind sharedlib)
    set(type SHARED)
    set(library "${folder}/lib${ARG_NAME}.so")
  else()
    set(kind staticlib)
    set(type STATIC)
    set(library "${folder}/lib${ARG_NAME}.a")
  endif()
  _wasmc_target(machine)
  file(MAKE_DIRECTORY "${folder}")
  foreach(output IN ITEMS "header;${header}" "${kind};${library}")
    list(GET output 0 emit)
    list(GET output 1 path)
    add_custom_command(
      OUTPUT "${path}"
      COMMAND "${WASMC_EXECUTABLE}" "${module}" --emit ${emit} --name "${ARG_NAME}" -o "${path}" ${machine} ${ARG_OPTIONS}
      DEPENDS "${module}" "${WASMC_EXECUTABLE}"
      COMMENT "Compiling ${module} (${emit})"
      VERBATIM)
  endforeach()
  add_custom_target(${target}_made DEPENDS "${header}" "${library}")
  add_library(${target} ${type} IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${library}"
    INTERFACE_INCLUDE_DIRECTORIES "${folder}")
  add_dependencies(${target} ${target}_made)
endfunction()
