# One INTERFACE target carries warnings and hardening; every target of the project links it PRIVATE.
# Nothing here touches CMAKE_C_FLAGS, so that a package builder's own flags stay in force.
add_library(proximo_flags INTERFACE)

target_compile_options(proximo_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wcast-qual -Wcast-align -Wformat=2 -Wstrict-prototypes
    -Wmissing-prototypes -Wmissing-declarations -Wvla -Wundef -Wpointer-arith -Wwrite-strings
    -Wimplicit-fallthrough -Wdouble-promotion -Wconversion
    -fstack-protector-strong -fno-strict-aliasing)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(proximo_flags INTERFACE
        -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wnull-dereference -Walloc-zero -Wtrampolines
        -Wformat-signedness)
endif()
# No file says in which folder it was built: the same sources give the same bytes anywhere.
target_compile_options(proximo_flags INTERFACE
    $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=>)
if(PROXIMO_WERROR)
    target_compile_options(proximo_flags INTERFACE -Werror)
endif()

target_compile_definitions(proximo_flags INTERFACE _GNU_SOURCE)
target_link_options(proximo_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)

if(PROXIMO_SANITIZE)
    # PROXIMO_LOOSE_SANDBOX lets a sanitizer runtime live in a plane host: no memory limit, a wider seccomp list.
    # A release build cannot contain it: see the check in core/plane/sandbox.c.
    target_compile_options(proximo_flags INTERFACE -fsanitize=${PROXIMO_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    target_link_options(proximo_flags INTERFACE -fsanitize=${PROXIMO_SANITIZE})
    target_compile_definitions(proximo_flags INTERFACE PROXIMO_LOOSE_SANDBOX=1)
else()
    target_compile_options(proximo_flags INTERFACE -fstack-clash-protection)
    target_compile_definitions(proximo_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:_FORTIFY_SOURCE=2>)
endif()
if(PROXIMO_COVERAGE)
    target_compile_options(proximo_flags INTERFACE --coverage)
    target_link_options(proximo_flags INTERFACE --coverage)
endif()

# proximo_lib(NAME sources...): a static library of the core, position independent because modules link it too.
function(proximo_lib name)
    add_library(${name} STATIC ${ARGN})
    target_link_libraries(${name} PRIVATE proximo_flags)
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/core ${PROJECT_SOURCE_DIR}/core/include)
endfunction()

# Options of an INTERFACE target come after the target's own, so what loosens them must be one too, named later.
add_library(proximo_test_flags INTERFACE)
target_compile_options(proximo_test_flags INTERFACE -Wno-conversion -Wno-cast-qual -Wno-null-dereference)

# What scripts/test builds of this build: the product and the programs of the tests that it runs from it (runs.cmake).
add_custom_target(checks)
add_dependencies(checks product)
get_filename_component(PROXIMO_BUILD_NAME ${PROJECT_BINARY_DIR} NAME)

# proximo_check_needs(LABELS l.. TARGETS t..): tests with these labels need these programs.
function(proximo_check_needs)
    cmake_parse_arguments(C "" "" "LABELS;TARGETS" ${ARGN})
    proximo_runs(wanted ${PROXIMO_BUILD_NAME} ${C_LABELS})
    if(wanted)
        add_dependencies(checks ${C_TARGETS})
    endif()
endfunction()

# proximo_rig(NAME SOURCES s.. [LIBS x..]): what several test programs share, compiled once. It is linked whole, as if its
# files were the tests' own: stand-ins that take a function's place at link time need that.
function(proximo_rig name)
    cmake_parse_arguments(R "" "" "SOURCES;LIBS" ${ARGN})
    add_library(${name} OBJECT ${R_SOURCES})
    target_link_libraries(${name} PRIVATE proximo_flags proximo_test_flags PkgConfig::CMOCKA PUBLIC ${R_LIBS})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} PUBLIC ${PROJECT_SOURCE_DIR}/core
        ${PROJECT_SOURCE_DIR}/core/include)
endfunction()

# proximo_test(NAME LABELS l.. SOURCES s.. LIBS x.. [ARGS a..] [TIMEOUT s]): one cmocka program, run by ctest.
# Test code is held to the same warnings but for the casts of cmocka's own macros.
function(proximo_test name)
    cmake_parse_arguments(T "" "TIMEOUT" "LABELS;SOURCES;LIBS;ARGS" ${ARGN})
    add_executable(test-${name} ${T_SOURCES})
    target_link_libraries(test-${name} PRIVATE proximo_flags proximo_test_flags ${T_LIBS} PkgConfig::CMOCKA)
    target_include_directories(test-${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/core
        ${PROJECT_SOURCE_DIR}/core/include)
    set_target_properties(test-${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/bin)
    proximo_check_needs(LABELS ${T_LABELS} TARGETS test-${name})
    add_test(NAME ${name} COMMAND test-${name} ${T_ARGS})
    if(NOT T_TIMEOUT)
        set(T_TIMEOUT 60)
    endif()
    set_tests_properties(${name} PROPERTIES LABELS "${T_LABELS}" TIMEOUT ${T_TIMEOUT}
        ENVIRONMENT "PROXIMO_TEST_BUILD_DIR=${PROJECT_BINARY_DIR};PROXIMO_TEST_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()
