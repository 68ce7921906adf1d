// OpenSSL's libcrypto: SHA-256 with the processor's own instructions where it has them.
#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
