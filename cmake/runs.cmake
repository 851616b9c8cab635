# Which tests scripts/test runs from which build, by label (CONTRIBUTING.md says what each label is). Read by the tests'
# CMakeLists.txt, which builds only the programs of these for it (target `checks`), and by scripts/all-tests.cmake.
#
# Sanitizers look at the project's own code: there everything runs that runs this code. Beside them `release` has only what
# would say something else there: what looks at the program that ships, and what the sanitizers' runtime hides, which needs
# a wider sandbox, more memory and other timing. A test of the second kind has the label `shipped` beside its own.
set(PROXIMO_RUN_LABELS_asan-ubsan "^(unit|abi|integration|fuzz-seeds)$")
set(PROXIMO_RUN_LABELS_release "^(shipped|abi|oracle|contract|clients|house|bench|slow)$")

# Set for the tests of this build when both run: release runs all rows of every tool, asan-ubsan the first of each (planned,
# applied, undone, refused). A sanitizer makes a row five times as expensive; TEST_BUILDS=asan-ubsan runs them all.
set(PROXIMO_RUN_ENVIRONMENT_asan-ubsan "TOOLS_BRIEF=set:1")

# The longest first, so that none of them runs on alone at the end; after the static checks, which keep two processors busy,
# those that mostly wait.
set(PROXIMO_LONGEST_TESTS house-tidy road-kill road-slow road-tasks road-bulk tools-sdn-apply clients-inspector-legacy
    clients-inspector-modern exec-backends-openssh exec-libssh2-run exec-backends-libssh2 tools-guests-provision
    road-secret_ways road-undo_point road-outcomes abi-call unit-ledger-segments road-exec anchor-receivers
    tools-storage-config abi-exec-ends unit-command-export tools-guests-bulk unit-ledger-inject tools-guests-power
    exec-backends-local)

# ctest counts in half processors (scripts/test): a test takes two of them, or twice its PROCESSORS, but those which mostly
# wait for the simulator's tasks, one.
set(PROXIMO_WAITING_TESTS "^release/tools-")

# proximo_cost(RET TEST): what ctest's property COST is for it; 0 if it is none of those.
function(proximo_cost ret test)
    list(FIND PROXIMO_LONGEST_TESTS ${test} place)
    set(${ret} 0 PARENT_SCOPE)
    if(place GREATER_EQUAL 0)
        math(EXPR cost "1000 - ${place}")
        set(${ret} ${cost} PARENT_SCOPE)
    endif()
endfunction()

# proximo_runs(RET BUILD LABELS...): whether a test with these labels is one of those. A build without a row runs all.
function(proximo_runs ret build)
    set(${ret} TRUE PARENT_SCOPE)
    if(DEFINED PROXIMO_RUN_LABELS_${build})
        set(matching ${ARGN})
        list(FILTER matching INCLUDE REGEX "${PROXIMO_RUN_LABELS_${build}}")
        if(NOT matching)
            set(${ret} FALSE PARENT_SCOPE)
        endif()
    endif()
endfunction()
