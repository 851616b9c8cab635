# proximo_add_plane(NAME SOURCES a.c ... [LIBS x ...] [NOINSTALL] [OUTPUT_DIRECTORY dir]): a built-in plane <build>/planes/NAME.so. -z defs: a plane leans on no symbol
# of the program; hidden visibility: only the entry that PROXIMO_PLANE() marks is exported.
function(proximo_add_plane name)
    cmake_parse_arguments(P "NOINSTALL" "OUTPUT_DIRECTORY" "SOURCES;LIBS" ${ARGN})
    if(NOT P_OUTPUT_DIRECTORY)
        set(P_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/planes)
    endif()
    add_library(plane-${name} MODULE ${P_SOURCES})
    target_link_libraries(plane-${name} PRIVATE proximo_flags ${P_LIBS})
    target_include_directories(plane-${name} PRIVATE ${PROJECT_SOURCE_DIR}/core/include)
    # A sanitizer's symbols come from the program, not from the object: -z defs is for the builds that ship.
    if(NOT PROXIMO_SANITIZE)
        target_link_options(plane-${name} PRIVATE -Wl,-z,defs)
    endif()
    set_target_properties(plane-${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name} C_VISIBILITY_PRESET hidden
        LIBRARY_OUTPUT_DIRECTORY ${P_OUTPUT_DIRECTORY})
    if(NOT P_NOINSTALL)
        add_dependencies(product plane-${name})
        set_property(GLOBAL APPEND PROPERTY PROXIMO_SHIPPED_PLANES plane-${name})
        install(TARGETS plane-${name} LIBRARY DESTINATION ${PROXIMO_PLANE_DIR})
    endif()
endfunction()
