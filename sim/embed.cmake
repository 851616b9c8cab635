# Turns the seeds named in SEEDS (NAME=FILE;...) into one C file, OUT: cmake -DSEEDS=... -DOUT=... -P embed.cmake
set(text "/* Made from the files in sim/seed/. */\n#include \"seed.h\"\n\n")
set(rows "")
foreach(seed IN LISTS SEEDS)
    get_filename_component(name ${seed} NAME_WE)
    file(READ ${seed} hex HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    string(APPEND text "static const unsigned char seed_${name}[] = {\n${hex}};\n\n")
    string(APPEND rows "    {\"${name}\", seed_${name}, sizeof seed_${name}},\n")
endforeach()
string(APPEND text "const struct sim_seed sim_seeds[] = {\n${rows}};\n"
    "const size_t sim_seed_count = sizeof sim_seeds / sizeof *sim_seeds;\n")
file(WRITE ${OUT} "${text}")
