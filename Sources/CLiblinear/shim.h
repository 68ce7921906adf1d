#pragma once
#if __has_include(<linear.h>)
#include <linear.h>
#else
#include <liblinear/linear.h>
#endif
