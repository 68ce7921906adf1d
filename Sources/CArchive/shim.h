#pragma once
// What Swift needs of libarchive and cannot see: constants behind casts.
#include <archive.h>
#include <archive_entry.h>

// AE_IFREG is a cast of an octal literal.
static const unsigned int avprep_ae_ifreg = AE_IFREG;
