# One library per box of the architecture, with explicit links, and one way to declare a test.

add_library(heddle_options INTERFACE)
target_compile_options(heddle_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
    -Wnull-dereference -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports false positives of these in optimised standard library code.
    target_compile_options(heddle_options INTERFACE
        -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
        -Wno-stringop-overread -Wno-null-dereference -Wno-dangling-pointer -Wno-error=tsan)
endif()
target_include_directories(heddle_options INTERFACE ${CMAKE_SOURCE_DIR})
if(HEDDLE_SANITIZE)
    target_compile_options(heddle_options INTERFACE -fsanitize=${HEDDLE_SANITIZE}
        -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(heddle_options INTERFACE -fsanitize=${HEDDLE_SANITIZE})
    if(HEDDLE_SANITIZE MATCHES "undefined")
        # It opens a pipe to see whether memory can be read, and so accuses good objects wherever a
        # test runs out of descriptors on purpose.
        target_compile_options(heddle_options INTERFACE -fno-sanitize=vptr)
    endif()
endif()

find_program(HEDDLE_CCACHE ccache)
if(HEDDLE_CCACHE)
    # Relative paths in the cache's keys, so that a second checkout finds what the first compiled.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1
        CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${HEDDLE_CCACHE})
endif()
find_program(HEDDLE_LLD ld.lld)
if(HEDDLE_LLD)
    add_link_options(-fuse-ld=lld)
endif()

# heddle_library(NAME SOURCES a.cpp ... LINKS other boxes PRIVATE_LINKS third-party libraries)
# LINKS are the arrows of docs/architecture.md; tests/lint compares them with the includes.
function(heddle_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
    if(ARG_SOURCES)
        add_library(${name} STATIC ${ARG_SOURCES})
        target_link_libraries(${name} PUBLIC ${ARG_LINKS} PRIVATE heddle_options ${ARG_PRIVATE_LINKS})
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE ${ARG_LINKS})
    endif()
endfunction()

# heddle_program(NAME SOURCES main.cpp LINKS boxes PRIVATE_LINKS third-party libraries): build/bin/NAME
function(heddle_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE heddle_options ${ARG_LINKS} ${ARG_PRIVATE_LINKS})
endfunction()

# heddle_reach(OUT TARGET...): the targets of this build that the given ones link, themselves included.
function(heddle_reach out)
    set(found)
    set(open ${ARGN})
    while(open)
        list(POP_FRONT open target)
        if(NOT TARGET ${target})
            continue()
        endif()
        get_target_property(alias ${target} ALIASED_TARGET)
        if(alias)
            set(target ${alias})
        endif()
        get_target_property(imported ${target} IMPORTED)
        if(imported OR target IN_LIST found)
            continue()
        endif()
        list(APPEND found ${target})
        foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
            get_target_property(links ${target} ${property})
            if(links)
                string(REGEX REPLACE "\\$<LINK_ONLY:([^>]*)>" "\\1" links "${links}")
                list(APPEND open ${links})
            endif()
        endforeach()
    endwhile()
    set(${out} ${found} PARENT_SCOPE)
endfunction()

# What the sanitizers for memory build, and what the one for races does: tests that start no processes, and
# those of them that have threads. The cores have none.
add_custom_target(processless_tests)
add_custom_target(threaded_tests)

# heddle_test(NAME SOURCES a_test.cpp ... LINKS boxes LABELS fast [TIMEOUT seconds] [ARGS ...])
# A GoogleTest program, one ctest entry per program. Labels: fast (no processes, milliseconds),
# simulation, integration, browser, lint, bench. One that links a box with threads gets the label threads too.
function(heddle_test name)
    cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINKS;LABELS;ARGS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(${name} PRIVATE heddle_options ${ARG_LINKS} GTest::gtest_main)
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 60)
    endif()
    if(HEDDLE_SANITIZE)  # sanitizers take several times as long
        math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 5")
    endif()
    if("fast" IN_LIST ARG_LABELS OR "simulation" IN_LIST ARG_LABELS)
        add_dependencies(processless_tests ${name})
        heddle_reach(reached ${name})
        foreach(box ${reached})
            get_target_property(links ${box} LINK_LIBRARIES)
            if("Threads::Threads" IN_LIST links OR "$<LINK_ONLY:Threads::Threads>" IN_LIST links)
                list(APPEND ARG_LABELS threads)
                add_dependencies(threaded_tests ${name})
                break()
            endif()
        endforeach()
    endif()
    add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
