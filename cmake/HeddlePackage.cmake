# find_package(Heddle) for programs outside the tree, straight from the build directory:
# CMAKE_PREFIX_PATH=<tree>/build gives the target Heddle::client.

set_target_properties(heddle_api PROPERTIES EXPORT_NAME client)
target_include_directories(heddle_api INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/client/include)
target_compile_features(heddle_api INTERFACE cxx_std_20)
heddle_reach(package_targets heddle_api)
set(package ${CMAKE_BINARY_DIR}/lib/cmake/Heddle)
export(TARGETS ${package_targets} NAMESPACE Heddle:: FILE ${package}/HeddleTargets.cmake)
file(WRITE ${package}/HeddleConfig.cmake "# Written by the build: Heddle::client from its build directory.
include(CMakeFindDependencyMacro)
foreach(name Threads OpenSSL ZLIB BZip2 CURL Protobuf nlohmann_json pugixml spdlog fmt)
    find_dependency(\${name})
endforeach()
if(CMAKE_VERSION VERSION_LESS 3.25)
    message(FATAL_ERROR \"Heddle needs CMake 3.25\")
endif()
include(\${CMAKE_CURRENT_LIST_DIR}/HeddleTargets.cmake)
# For local-cluster, which starts bin/executor: see client/api/context.h.
get_filename_component(heddle_programs \${CMAKE_CURRENT_LIST_DIR}/../../../bin ABSOLUTE)
target_compile_definitions(Heddle::client INTERFACE HEDDLE_PROGRAMS=\"\${heddle_programs}\")
")
file(WRITE ${package}/HeddleConfigVersion.cmake "set(PACKAGE_VERSION ${PROJECT_VERSION})
if(PACKAGE_FIND_VERSION VERSION_LESS_EQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
")
