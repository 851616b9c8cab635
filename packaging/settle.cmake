# Run by cpack before it makes the packages: what it staged gets modes and one time, SOURCE_DATE_EPOCH or that of the changelog,
# so that the same sources give the same bytes.
if(DEFINED ENV{SOURCE_DATE_EPOCH})
    set(when $ENV{SOURCE_DATE_EPOCH})
else()
    file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/debian/changelog line REGEX "^ -- " LIMIT_COUNT 1)
    string(REGEX REPLACE "^ -- .*  " "" date "${line}")
    execute_process(COMMAND date -d "${date}" +%s OUTPUT_VARIABLE when OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    set(ENV{SOURCE_DATE_EPOCH} ${when})
endif()
# Whatever the umask of whoever builds: nothing in the packages is anybody's secret.
execute_process(COMMAND chmod -R u=rwX,go=rX ${CPACK_TEMPORARY_DIRECTORY} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND find ${CPACK_TEMPORARY_DIRECTORY} -exec touch -h -d @${when} {} + COMMAND_ERROR_IS_FATAL ANY)
