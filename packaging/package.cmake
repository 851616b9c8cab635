# The Debian packages: `cpack -G DEB` in a build folder made with CMAKE_BUILD_TYPE=RelWithDebInfo or Release (docs/packages.md).
# Each is one install component; what goes beside the programs stands in debian/.
set(PROXIMO_PACKAGE_MAINTAINER "Proximo maintainers <maintainers@proximo.example>" CACHE STRING
    "Who answers for the packages: NAME <ADDRESS>; whoever distributes them sets it")
set(PROXIMO_PACKAGE_RELEASE 1 CACHE STRING "Debian revision of the packages")

set(debian ${CMAKE_CURRENT_SOURCE_DIR}/debian)
set(made ${CMAKE_CURRENT_BINARY_DIR}/debian)
find_program(GZIP gzip REQUIRED)

# The changelog dates the packages: all files in them are of that time, so that the same sources give the same bytes.
configure_file(${debian}/changelog ${made}/changelog @ONLY)
file(STRINGS ${made}/changelog date REGEX "^ -- .*>  " LIMIT_COUNT 1)
if(NOT date)
    message(FATAL_ERROR "packaging/debian/changelog has no line of who and when")
endif()
string(REGEX REPLACE "^ -- .*>  " "" date "${date}")
foreach(format %s %Y-%m-%dT%H:%M:%SZ)
    execute_process(COMMAND date -u -d "${date}" +${format} OUTPUT_VARIABLE dated OUTPUT_STRIP_TRAILING_WHITESPACE
        COMMAND_ERROR_IS_FATAL ANY)
    list(APPEND dates ${dated})
endforeach()
list(GET dates 0 CPACK_PROXIMO_EPOCH) # for settle.cmake
list(GET dates 1 date)
execute_process(COMMAND ${GZIP} -9nc ${made}/changelog OUTPUT_FILE ${made}/changelog.Debian.gz COMMAND_ERROR_IS_FATAL ANY)
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/proximo-a2a.1.in ${made}/proximo-a2a.1 @ONLY)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME proximo)
set(CPACK_PACKAGE_VENDOR "Proximo")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each has its own; this one would stand before them
set(CPACK_PACKAGE_CONTACT ${PROXIMO_PACKAGE_MAINTAINER})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE ${PROXIMO_PACKAGE_RELEASE})
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_COMPONENTS_ALL "")
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/settle.cmake)

# proximo_package(COMPONENT NAME SECTION DEPENDS SUMMARY TEXT): one package of one component.
function(proximo_package component name section depends summary text)
    string(TOUPPER ${component} upper)
    set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name} PARENT_SCOPE)
    set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section} PARENT_SCOPE)
    set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "${depends}" PARENT_SCOPE)
    set(CPACK_DEBIAN_${upper}_DESCRIPTION "${summary}\n${text}" PARENT_SCOPE)
    set(CPACK_COMPONENTS_ALL ${CPACK_COMPONENTS_ALL} ${component} PARENT_SCOPE)
    install(FILES ${debian}/copyright ${made}/changelog.Debian.gz DESTINATION share/doc/${name} COMPONENT ${component})
    file(CONFIGURE OUTPUT ${made}/${name}.overrides @ONLY CONTENT
        "# These packages are not uploaded to Debian: there is no bug of an intended one to close.\n${name}: initial-upload-closes-no-bugs *\n")
    install(FILES ${made}/${name}.overrides DESTINATION share/lintian/overrides RENAME ${name} COMPONENT ${component})
endfunction()

set(same "proximo (= ${PROJECT_VERSION}-${PROXIMO_PACKAGE_RELEASE})")
proximo_package(proximo proximo admin "" "MCP server that can be handed the keys of a Proxmox cluster"
    "Answers an AI agent over stdio. Every dangerous move is planned from live\nstate and shown with whom it hurts; a person consents; exactly the plan\nruns; a tamper-evident ledger keeps the receipt, and the way back is known.\n.\nIndependent of Proxmox Server Solutions GmbH.")
proximo_package(a2a proximo-a2a admin "${same}" "Agent2Agent face of proximo"
    "Serves sixteen skills of proximo to other agents over A2A 1.0 (JSON-RPC), on\nthe loopback address unless it is told otherwise. Only the signature of an\napprover lets a change run.")
proximo_package(sim proximo-sim admin "" "simulated Proxmox VE cluster and Backup Server"
    "Answers the API of Proxmox VE and Proxmox Backup Server as they do: status\ncodes, tasks that take time and fail, digests, locks, privileges. For tests\nand for trying proximo without a cluster.")
proximo_package(sdk proximo-plane-dev libdevel "" "headers for planes of proximo"
    "What the author of a plane needs: the header of the plane interface, a fake\nhost for tests, a pkg-config file and a CMake package.")
set(CPACK_DEBIAN_SDK_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_SDK_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_SIM_PACKAGE_SUGGESTS proximo)
set(CPACK_DEBIAN_PROXIMO_PACKAGE_SUGGESTS "proximo-sim, proximo-a2a")

# What is in them: made from the programs themselves, when they are there.
get_property(planes GLOBAL PROPERTY PROXIMO_SHIPPED_PLANES)
set(bill proximo proximo-a2a proximo-sim proximo-http proximo-crypto ${planes})
list(TRANSFORM bill REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE bill_files)
add_custom_command(OUTPUT ${made}/proximo.spdx.json
    COMMAND ${PERL} ${CMAKE_CURRENT_SOURCE_DIR}/sbom.pl ${PROJECT_VERSION} ${date} ${bill_files} > ${made}/proximo.spdx.json
    DEPENDS ${bill} ${CMAKE_CURRENT_SOURCE_DIR}/sbom.pl VERBATIM)
add_custom_target(sbom ALL DEPENDS ${made}/proximo.spdx.json)
add_dependencies(product sbom)
install(FILES ${made}/proximo.spdx.json DESTINATION share/doc/proximo COMPONENT proximo)

install(FILES ${debian}/proximo.yaml DESTINATION share/doc/proximo/examples COMPONENT proximo)
execute_process(COMMAND ${GZIP} -9nc ${made}/proximo-a2a.1 OUTPUT_FILE ${made}/proximo-a2a.1.gz COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${made}/proximo-a2a.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT a2a)
include(CPack)
