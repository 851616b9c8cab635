# Run by cpack before it makes the packages: what it staged gets modes and one time, SOURCE_DATE_EPOCH or that of the changelog,
# so that the same sources give the same bytes.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
    set(ENV{SOURCE_DATE_EPOCH} ${CPACK_PROXIMO_EPOCH})
endif()
# Whatever the umask of whoever builds: nothing in the packages is anybody's secret.
execute_process(COMMAND chmod -R u=rwX,go=rX ${CPACK_TEMPORARY_DIRECTORY} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND find ${CPACK_TEMPORARY_DIRECTORY} -exec touch -h -d @$ENV{SOURCE_DATE_EPOCH} {} + COMMAND_ERROR_IS_FATAL ANY)
