// Mapped files, and what happens where one of them loses the bytes that are being read.
#pragma once
#include <stddef.h>

/// Notes a mapping, for as long as it exists. With the first one the program begins to listen to SIGBUS: a read in a noted
/// mapping for which the system has no bytes (the file was cut, or its disk failed) ends the process with one line on
/// stderr that names the file, and the exit code 1. Any other SIGBUS goes its usual way.
///
/// @return what to give avprep_mapping_remove, or NULL when there is no memory.
void *avprep_mapping_add(const void *start, size_t length, const char *path);

/// Forgets a mapping; before it is unmapped.
void avprep_mapping_remove(void *mapping);
