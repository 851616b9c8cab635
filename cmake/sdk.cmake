# What a plane's author needs, installed: the headers, a pkg-config file and a CMake package. There is nothing to link.
include(CMakePackageConfigHelpers)

file(STRINGS ${PROJECT_SOURCE_DIR}/core/include/proximo/plane.h abi_lines REGEX "^#define PROXIMO_ABI_(MAJOR|MINOR) ")
foreach(line ${abi_lines})
    if(line MATCHES "^#define PROXIMO_ABI_(MAJOR|MINOR) +([0-9]+)$")
        set(PROXIMO_ABI_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
    endif()
endforeach()
if(NOT DEFINED PROXIMO_ABI_MAJOR OR NOT DEFINED PROXIMO_ABI_MINOR)
    message(FATAL_ERROR "plane.h does not say which ABI it is")
endif()

set(PROXIMO_SDK_DIR ${CMAKE_INSTALL_DATADIR}/cmake/proximo)
file(RELATIVE_PATH PROXIMO_PC_PREFIX ${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${PROJECT_SOURCE_DIR}/cmake/proximo-plane.pc.in ${PROJECT_BINARY_DIR}/sdk/proximo-plane.pc @ONLY)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/proximoConfig.cmake.in
    ${PROJECT_BINARY_DIR}/sdk/proximoConfig.cmake INSTALL_DESTINATION ${PROXIMO_SDK_DIR}
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR PROXIMO_PLANE_DIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/sdk/proximoConfigVersion.cmake
    VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)

install(FILES ${PROJECT_SOURCE_DIR}/core/include/proximo/plane.h ${PROJECT_SOURCE_DIR}/core/include/proximo/plane_test.h
    ${PROJECT_SOURCE_DIR}/core/include/proximo/plane_test_base.h
    ${PROJECT_SOURCE_DIR}/core/include/proximo/plane_test_client.h
    ${PROJECT_SOURCE_DIR}/core/include/proximo/plane_test_exec.h
    ${PROJECT_SOURCE_DIR}/core/include/proximo/plane_test_plan.h
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/proximo COMPONENT sdk)
install(FILES ${PROJECT_BINARY_DIR}/sdk/proximo-plane.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig COMPONENT sdk)
install(FILES ${PROJECT_BINARY_DIR}/sdk/proximoConfig.cmake ${PROJECT_BINARY_DIR}/sdk/proximoConfigVersion.cmake
    DESTINATION ${PROXIMO_SDK_DIR} COMPONENT sdk)
