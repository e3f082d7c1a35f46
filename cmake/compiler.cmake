# Which compilers the core can be built with, for which levels of the instruction set, and how they take their options.

# Ends with one line where the compiler cannot build the core: its vectors are an extension of GCC and Clang.
function(wann_check_compiler)
  set(found "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} (${CMAKE_CXX_COMPILER})")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "MSVC")
    message(FATAL_ERROR "wann: ${found} has no vector types; on Windows, build with its Clang: set CXX=clang-cl")
  endif()
  set(oldest_GNU 12)
  set(oldest_Clang 16)
  set(oldest_AppleClang 15)
  if(NOT DEFINED oldest_${CMAKE_CXX_COMPILER_ID})
    message(FATAL_ERROR "wann: ${found} is not known to build the core; set CXX to GCC 12 or Clang 16, or later ones")
  endif()
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS oldest_${CMAKE_CXX_COMPILER_ID})
    message(FATAL_ERROR "wann: ${found} is too old; set CXX to GCC 12, Clang 16 or Xcode 15, or later ones")
  endif()
endfunction()

wann_check_compiler()

# The levels that are built where none are asked for.
function(wann_levels result)
  # On macOS the compiler may make code for another processor than that of this machine.
  set(processor "${CMAKE_SYSTEM_PROCESSOR}")
  if(CMAKE_OSX_ARCHITECTURES)
    set(processor "${CMAKE_OSX_ARCHITECTURES}")
  endif()
  if(processor MATCHES ";")
    message(FATAL_ERROR "wann: one processor at a time, not ${processor}; set ARCHFLAGS to '-arch arm64' or '-arch x86_64'")
  endif()
  if(NOT processor MATCHES "x86_64|AMD64|aarch64|arm64|ARM64")
    message(FATAL_ERROR "wann: the core is for x86-64 and 64-bit ARM processors, not ${processor}")
  endif()
  if(NOT processor MATCHES "x86_64|AMD64")
    set(levels generic)
  elseif(WIN32 AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC for Windows puts vectors of more than 16 bytes at addresses that their instructions refuse.
    set(levels v2)
  else()
    set(levels v2 v3 v4)
  endif()
  set(${result} "${levels}" PARENT_SCOPE)
endfunction()

# Options as GCC and Clang know them, also where Clang takes those of MSVC.
function(wann_compile_options target)
  set(options ${ARGN})
  if(CMAKE_CXX_COMPILER_FRONTEND_VARIANT STREQUAL "MSVC")
    list(TRANSFORM options PREPEND "/clang:")
  endif()
  target_compile_options(${target} PRIVATE ${options})
endfunction()
