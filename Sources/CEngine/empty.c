// SwiftPM wants one C source in a C target; this one has the compiler read the header as C.
#include "avprep_engine.h"
