# Which tests scripts/test runs from which build, by label (CONTRIBUTING.md says what each label is). Read by the tests'
# CMakeLists.txt, which builds only the programs of these for it (target `checks`), and by scripts/all-tests.cmake.
#
# Sanitizers look at the project's own code: there everything runs that runs this code. Beside them `release` has only what
# would say something else there: what looks at the program that ships, and what the sanitizers' runtime hides, which needs
# a wider sandbox, more memory and other timing. A test of the second kind has the label `shipped` beside its own.
set(PROXIMO_RUN_LABELS_asan-ubsan "^(unit|abi|integration|fuzz-seeds)$")
set(PROXIMO_RUN_LABELS_release "^(shipped|abi|oracle|contract|clients|house|bench|slow)$")

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
