# Language level, warnings, sanitizers, hardening. Every target of the project gets these through hp_flags.
option(HP_WERROR "Warnings are errors" OFF)
option(HP_HARDEN "PIE, RELRO, stack protector, FORTIFY" OFF)
option(HP_COVERAGE "gcov counters" OFF)
option(HP_FUZZ "Build the libFuzzer harnesses; needs clang" OFF)
set(HP_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(hp_flags INTERFACE)
target_compile_definitions(hp_flags INTERFACE _GNU_SOURCE HP_VERSION="${PROJECT_VERSION}")
target_compile_options(hp_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Wformat=2
  -Wswitch-enum -Werror=format-security -fno-omit-frame-pointer)
if(HP_WERROR)
  target_compile_options(hp_flags INTERFACE -Werror)
endif()
if(HP_SANITIZE)
  target_compile_options(hp_flags INTERFACE -fsanitize=${HP_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(hp_flags INTERFACE -fsanitize=${HP_SANITIZE})
endif()
if(HP_FUZZ) # the rooms report which edges ran; without that libFuzzer is blind to them
  target_compile_options(hp_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(HP_COVERAGE)
  target_compile_options(hp_flags INTERFACE --coverage)
  target_link_options(hp_flags INTERFACE --coverage)
endif()
if(HP_HARDEN)
  target_compile_options(hp_flags INTERFACE -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE
    -D_FORTIFY_SOURCE=3)
  target_link_options(hp_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
